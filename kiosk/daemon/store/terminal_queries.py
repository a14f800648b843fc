"""Questions about terminals: which rows are known already, and whose a terminal's user is."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kiosk.core.payload import TerminalRow, TerminalRowPrivate, from_data
from kiosk.core.record import BadRecordError, decode_body
from kiosk.daemon.store.errors import translated
from kiosk.daemon.store.schema import KEY_MASK, KEY_SHIFT
from kiosk.daemon.store.types import KeptRow, TerminalUserState

_private = msgspec.json.Decoder(TerminalRowPrivate)


class TerminalQueries:
    """Part of `Queries`. Raises `StoreError`."""

    _db: sqlite3.Connection
    _path: Path

    def sources_seen(self, keys: Sequence[bytes]) -> set[bytes]:
        """Which of these rows are in a ledger already."""
        marks = ",".join("?" * len(keys))
        with translated(self._path):
            found = self._db.execute(f"SELECT source_key FROM sources WHERE source_key IN ({marks})", keys)
            return {bytes(row[0]) for row in found}

    def person_id_by_terminal_user(self, serial: str, user_key: bytes) -> str | None:
        """Whose this user of the terminal is, where that was said."""
        with translated(self._path):
            found = self._db.execute(
                "SELECT p.person_id FROM terminal_users u JOIN people p ON p.n = u.person "
                "WHERE u.serial = ? AND u.user_key = ?",
                (serial, user_key),
            ).fetchone()
        return None if found is None else str(found[0])

    def terminal_users(self) -> list[TerminalUserState]:
        """Every user of a terminal that was mapped; an erased one has no user id."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT u.serial, u.user_id, p.person_id FROM terminal_users u "
                "JOIN people p ON p.n = u.person ORDER BY u.serial, u.source_key"
            ).fetchall()
        return [TerminalUserState(*row) for row in rows]

    def waiting_count(self) -> int:
        """How many rows wait for their user to be known."""
        with translated(self._path):
            found = self._db.execute("SELECT COUNT(*) FROM sources WHERE user_key IS NOT NULL").fetchone()
        return int(found[0])

    def people_mark(self) -> tuple[int, int]:
        """Something that changes whenever somebody is entered, changed, or mapped to a terminal's user."""
        with translated(self._path):
            found = self._db.execute(
                "SELECT (SELECT COALESCE(MAX(source_key), 0) FROM people), "
                "(SELECT COALESCE(MAX(source_key), 0) FROM terminal_users)"
            ).fetchone()
        return int(found[0]), int(found[1])

    def waiting_rows(self, after: int = 0, limit: int = 64) -> list[KeptRow]:
        """Rows that wait for their user to be known, in the order of their records, from `after` on."""
        return self._rows("s.user_key IS NOT NULL AND s.key > ? ORDER BY s.key LIMIT ?", after, limit)

    def kept_rows(self, limit: int = 100) -> list[KeptRow]:
        """Rows that became no punch, newest first."""
        return self._rows("1 ORDER BY s.key DESC LIMIT ?", limit)

    def _rows(self, where: str, *values: int) -> list[KeptRow]:
        with translated(self._path):
            rows = self._db.execute(
                "SELECT s.source_key, s.key, v.text FROM sources s "
                f"JOIN private v ON v.ledger = s.holder >> {KEY_SHIFT} AND v.seq = s.holder & {KEY_MASK} "
                f"WHERE {where}", values
            ).fetchall()  # fmt: skip
        return [row for found in rows if (row := self._row(*found)) is not None]

    def _row(self, source_key: bytes, key: int, text: str) -> KeptRow | None:
        body = self.body_of(key)
        try:
            record = decode_body(body) if body is not None else None
            kept = from_data(record.type, record.data) if record is not None else None
        except (BadRecordError, msgspec.ValidationError):
            return None
        if record is None or not isinstance(kept, TerminalRow):
            return None
        return KeptRow(
            bytes(source_key), key, kept.device, kept.serial, kept.why, kept.simulated, _private.decode(text),
            record.at,
        )  # fmt: skip

    def body_of(self, key: int) -> bytes | None:
        """The stored bytes of the record with this key."""
        raise NotImplementedError
