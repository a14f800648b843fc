"""How far each ledger is acknowledged: what the daemon's cursor says, moved on by newer answers."""

from __future__ import annotations

from collections.abc import Callable

from sync.source import LedgerSource
from sync.stretch import Stretch, stretches


class Positions:
    """The acknowledged seq of each ledger, and which ledger is the next to deliver."""

    def __init__(self, source: LedgerSource, clock: Callable[[], float]) -> None:
        self._source = source
        self._clock = clock
        self._aside: dict[str, float] = {}
        self._acked: dict[str, int] = {}
        self._lost_cursor: dict[str, int] = {}

    def acked(self, ledger_id: str) -> int:
        """The last acknowledged seq; the cursor may also have been moved by a courier's receipt."""
        cursor = self._source.cursor(ledger_id)
        known = self._acked.get(ledger_id)
        if known is None or (cursor > known and cursor != self._lost_cursor.get(ledger_id)):
            self._acked[ledger_id] = cursor
            return cursor
        return known

    def advance(self, ledger_id: str, upto: int) -> None:
        """The centre has everything up to `upto`."""
        self._acked[ledger_id] = upto

    def rewind(self, ledger_id: str, upto: int) -> None:
        """The centre lost what came after `upto`: pass over the cursor as it stands now."""
        self._lost_cursor[ledger_id] = self._source.cursor(ledger_id)
        self._acked[ledger_id] = upto

    def set_aside(self, ledger_id: str, until: float) -> None:
        """Pass over a ledger the centre does not take, until `until` on the clock."""
        self._aside[ledger_id] = until

    def is_current(self, ledger_id: str) -> bool:
        """Whether this is the ledger being written."""
        heads = self._source.ledgers()
        return bool(heads) and heads[-1].ledger_id == ledger_id

    def active(self) -> Stretch | None:
        """The oldest ledger with something to deliver, else the current one; `None` before genesis."""
        every = stretches(self._source.ledgers())
        now = self._clock()
        waiting = (
            stretch
            for stretch in every
            if self.acked(stretch.ledger_id) < stretch.end and self._aside.get(stretch.ledger_id, now) <= now
        )
        return next(waiting, every[-1] if every else None)
