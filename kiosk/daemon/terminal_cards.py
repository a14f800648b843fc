"""Verdict cards for terminals: shown for a row of this moment, after its commit."""

from __future__ import annotations

import msgspec

from kiosk.core.record import TimeBlock
from kiosk.core.rules import Verdict
from kiosk.core.view import Card, CardKind
from kiosk.core.zone import ZoneName
from kiosk.daemon.clock import Clock
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.store import PersonState, Store

MOST = 4
KINDS: dict[str, CardKind] = {"take": "taken", "repeat": "repeat", "refuse": "refused"}


class TerminalCards:
    """Collects cards while rows are written and shows the last few; used on the engine's thread only."""

    def __init__(self, store: Store, clock: Clock, hub: ViewHub, zone: ZoneName, show_ms: int) -> None:
        self._store, self._clock, self._hub, self._zone = store, clock, hub, zone
        self._show_ms = show_ms
        self._next: Card | None = None
        self._ready: list[Card] = []

    def begin(self) -> None:
        """Rows are about to be written."""
        self._ready, self._next = [], None

    def judged(self, device: str, person: PersonState, verdict: Verdict, at: TimeBlock) -> None:
        """The verdict on a row of this moment, about to be written."""
        self._next = Card(
            number=0, kind=KINDS[verdict.outcome], code=verdict.code, show_ms=self._show_ms, name=person.name,
            at_ms=at.wall_ms, trusted=at.trusted, direction=verdict.direction, session=verdict.session,
            late_s=verdict.late_s, early_s=verdict.early_s, seq=verdict.of_seq, device=device,
        )  # fmt: skip

    def unknown(self, device: str, at: TimeBlock) -> None:
        """A row of this moment, of a user nobody knows, was written."""
        self._ready.append(Card(
            number=0, kind="refused", code="unknown_user", show_ms=self._show_ms, at_ms=at.wall_ms,
            trusted=at.trusted, device=device,
        ))  # fmt: skip

    def written(self, seq: int) -> None:
        """The row last judged went into record `seq`."""
        if self._next is not None:
            self._ready.append(msgspec.structs.replace(self._next, seq=self._next.seq or seq))
            self._next = None

    def committed(self) -> None:
        """What was written is on the disk."""
        ready = self._ready[-MOST:]
        self.begin()
        self.count_today()
        for card in ready:
            self._hub.show(card)

    def count_today(self) -> None:
        """Tell the screen how many punches today has now."""
        self._hub.change(today=self._store.punches_today(self._clock.now(), self._zone))
