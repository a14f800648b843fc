"""The names under which rows and users of terminals stand in the ledger.

Keyed: a user id is often a NIP, which nobody shall read out of the ledger by trying them all.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterable, Iterator

from drivers.base.terminal import BadRow, LogRow

NAME_BYTES = 16


class TerminalKeys:
    """Names made with this kiosk's own secret, `keys/terminal.key`."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def user(self, user_id: str) -> bytes:
        """The name of a user id, the same on every terminal."""
        return self._name("user", user_id)

    def rows(self, serial: str, rows: Iterable[LogRow]) -> Iterator[tuple[bytes, LogRow]]:
        """Each row with its name: serial number, user, the terminal's time, punch state, ordinal."""
        for row in rows:
            yield self._name("row", serial, row.user_id, row.wall, str(row.state), str(row.ordinal)), row

    def bad(self, serial: str, rows: Iterable[BadRow]) -> Iterator[tuple[bytes, BadRow]]:
        """The same for rows that name no punch: their bytes, and which of several alike.

        Only a reading of the whole log can tell which of several alike.
        """
        alike: Counter[bytes] = Counter()
        for row in rows:
            yield self._name("bad", serial, row.raw.hex(), str(alike[row.raw])), row
            alike[row.raw] += 1

    def _name(self, *fields: str) -> bytes:
        return hmac.digest(self._secret, "\0".join(fields).encode(), "sha256")[:NAME_BYTES]
