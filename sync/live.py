"""The live lane: a fresh record that must wait behind a backlog is also sent on its own.

It is visible at the centre at once as provisional and moves no cursor; what is lost here comes
again with the backlog.
"""

from __future__ import annotations

from collections.abc import Callable

from sync.batching import Packer
from sync.source import LedgerSource

MOST_WAITING = 200
MOST_UNTAKEN = 8
LIVE_BATCH_BYTES = 16_384


class LiveLane:
    """Remembers which records are fresh; sends those the window has not taken."""

    def __init__(self, source: LedgerSource, packer: Packer, send: Callable[[bytes], int | None]) -> None:
        self._source = source
        self._packer = packer
        self._send = send
        self._ledger_id = ""
        self._first = 0
        self._last = 0
        self._untaken: set[int] = set()

    def fresh(self, ledger_id: str, seq: int) -> None:
        """A record was committed just now."""
        if ledger_id != self._ledger_id or self._first > self._last:
            self._ledger_id, self._first = ledger_id, seq
        self._last = max(self._last, seq) if ledger_id == self._ledger_id else seq
        self._first = max(self._first, self._last - MOST_WAITING + 1)

    def forget(self) -> None:
        """The link is down: by the time it is back, nothing waiting here is fresh."""
        self._first, self._last = 1, 0
        self._untaken.clear()

    def taken(self, mid: int) -> None:
        """The broker took packet `mid`."""
        self._untaken.discard(mid)

    def flush(self, sent_upto: int) -> None:
        """Send what is fresh and beyond `sent_upto`, the last record the window has sent."""
        self._first = max(self._first, sent_upto + 1)
        while self._first <= self._last and len(self._untaken) < MOST_UNTAKEN:
            after = self._first - 1
            rows = self._source.records(self._ledger_id, after, LIVE_BATCH_BYTES, self._last - after)
            if not rows:
                return
            prev = (after, self._source.hash_at(self._ledger_id, after))
            packed = self._packer.pack(self._ledger_id, prev, rows, self._last, LIVE_BATCH_BYTES)
            mid = self._send(packed.payload)
            if mid is None:
                return
            self._untaken.add(mid)
            self._first = packed.span.upto + 1

    @property
    def ledger_id(self) -> str:
        """The ledger the fresh records belong to."""
        return self._ledger_id
