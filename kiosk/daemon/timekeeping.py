"""What keeps the kiosk's time: the kernel looked at each second, the RTC, corrections of what was open."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.payload import Start
from kiosk.core.record import TimeSource
from kiosk.daemon.clock import Clock
from kiosk.daemon.journal import Journal
from kiosk.daemon.rtc import RtcKeeper


@dataclass(frozen=True, slots=True)
class Timekeeper:
    """Used on the engine's thread only. Its methods raise `StoreError`."""

    clock: Clock
    journal: Journal
    rtc: RtcKeeper

    def begin(self, start: Start) -> None:
        """Ask the RTC and write the start record, with the corrections that are due already."""
        self.rtc.at_start(self.clock)
        self.journal.settle(start)

    def tick(self) -> None:
        """About once a second."""
        change = self.clock.poll()
        if change:
            self.journal.settle(change)
        self.journal.clock_learned()
        self.rtc.compare(self.clock)

    def learn(self, source: TimeSource, wall_ms: int, boot_ms: int, uncertainty_ms: int) -> bool:
        """A source told the time (see `Clock.learn`); whether that is a change on record."""
        change = self.clock.learn(source, wall_ms, boot_ms, uncertainty_ms)
        if change:
            self.journal.settle(change)
        self.journal.clock_learned()
        return change is not None
