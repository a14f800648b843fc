"""The journal: the one way a record gets into the ledger, and who hears of it after the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from kiosk.core.payload import Payload
from kiosk.core.record import TimeBlock
from kiosk.core.zone import ZoneName
from kiosk.daemon.clock import Clock
from kiosk.daemon.open_times import OpenTimes
from kiosk.daemon.store import Appended, Store

Committed = Callable[[str, int], None]
"""Told the ledger's id and the newest seq after each commit; must not block."""
Watch = Callable[[Payload], None]
"""Told every payload after its commit, on the engine's thread; must not write."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to write: what, when, and its private part."""

    payload: Payload
    at: TimeBlock
    private: msgspec.Struct | None = None


class Journal:
    """Writes entries in one transaction each; used on the engine's thread only."""

    def __init__(self, store: Store, clock: Clock, zone: ZoneName, committed: Committed) -> None:
        self._store = store
        self._clock = clock
        self._zone = zone
        self._committed = committed
        self.watch: Watch | None = None
        self._open = OpenTimes(clock.now().boot_id, clock.floor_ms)
        self._open.load(store)
        clock.seen(self._open.lower_ms)
        if self._open.known is not None:
            clock.resume(self._open.known)

    def write(self, *entries: Entry) -> tuple[Appended, ...]:
        """Commit all entries together; they are on the disk when this returns. Raises `StoreError`."""
        with self.batch() as append:
            return tuple(append(entry) for entry in entries)

    @contextmanager
    def batch(self) -> Iterator[Callable[[Entry], Appended]]:
        """Append one by one in one transaction; each sees what follows from those before.

        All are on the disk when the block ends. Raises `StoreError`.
        """
        # By the clock, not by the entries: a terminal's rows may be of any day.
        self._store.seal_if_due(self._clock.now(), self._zone)
        written: list[tuple[int, Entry]] = []
        with self._store.transaction() as transaction:

            def append(entry: Entry) -> Appended:
                appended = transaction.append(entry.payload, entry.at, entry.private)
                written.append((appended.seq, entry))
                return appended

            yield append
        for seq, entry in written:
            self._open.written(seq, entry.at)
            if self.watch:
                self.watch(entry.payload)
        self._committed(self._store.head.ledger_id, self._store.head.seq)

    def now(self) -> TimeBlock:
        """This moment."""
        return self._clock.now()

    def note(self, *payloads: Payload) -> tuple[Appended, ...]:
        """Commit payloads as of this moment."""
        at = self._clock.now()
        return self.write(*(Entry(payload, at) for payload in payloads))

    def clock_learned(self) -> None:
        """Correct what is still open, if the clock is trustworthy."""
        self.settle()

    def settle(self, *payloads: Payload) -> None:
        """Commit `payloads` as of this moment together with the corrections that are due.

        In one transaction: a boot whose time is known has corrected what was open before it.
        """
        known = self._clock.known
        corrections = self._open.due(known)
        if payloads or corrections:
            self.note(*payloads, *corrections)
        if known is not None and (payloads or corrections):
            self._open.written_down(known)

    def new_ledger(self) -> None:
        """The store opened another ledger: its sequence starts again."""
        self._open.forget()
        self._committed(self._store.head.ledger_id, self._store.head.seq)
