"""Rows of terminals written while no clock was to be believed: which they are, and what puts them right.

A correction says how far the terminal's clock was off *when the rows were written*. So it holds only as long
as nobody has changed that clock since; rows from before a change keep their uncertain time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.core.payload import Correction
from kiosk.core.record import TimeBlock
from kiosk.daemon.history import TERMINAL_BOOT
from kiosk.daemon.store import Store
from kiosk.daemon.terminal_time import ClockWatch, correction


@dataclass(slots=True)
class _Waiting:
    """Stretches of one terminal's records (first and last seq), none of them with a believed time in it."""

    ledger_id: str
    changes: int
    stretches: list[tuple[int, int]] = field(default_factory=list)
    grows: bool = False


class Untimed:
    """Used on the engine's thread only. Raises `StoreError`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, _Waiting] = {}

    def wrote(self, serial: str, watch: ClockWatch, seq: int, at: TimeBlock) -> None:
        """A row of this terminal went into the record `seq`."""
        waiting = self._of(serial, watch)
        if at.trusted:
            waiting.grows = False
        elif waiting.grows:
            waiting.stretches[-1] = waiting.stretches[-1][0], seq
        else:
            waiting.stretches.append((seq, seq))
            waiting.grows = True

    def due(self, serial: str, watch: ClockWatch) -> list[Correction]:
        """What can be put right now that the terminal's clock is known."""
        waiting = self._of(serial, watch)
        found = [correction(serial, stretch, watch) for stretch in waiting.stretches]
        due = [made for made in found if made is not None]
        if due:
            waiting.stretches, waiting.grows = [], False
        return due

    def _of(self, serial: str, watch: ClockWatch) -> _Waiting:
        ledger_id, waiting = self._store.head.ledger_id, self._waiting.get(serial)
        if waiting is None:  # since kioskd started
            stretches = self._store.untimed(TERMINAL_BOOT + serial, serial)
            waiting = _Waiting(ledger_id, watch.changes, stretches)
        elif (waiting.ledger_id, waiting.changes) != (ledger_id, watch.changes):
            waiting = _Waiting(ledger_id, watch.changes)
        self._waiting[serial] = waiting
        return waiting
