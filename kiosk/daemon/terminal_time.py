"""When a row of a terminal's log happened: its own clock, put right by how far it is from ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kiosk.core.payload import Correction
from kiosk.core.record import TimeBlock
from kiosk.core.zone import ZONES, ZoneName, wall_ms
from kiosk.daemon.history import TERMINAL_BOOT

READING_MS = 1_500  # the clock shows whole seconds, and the answer was under way
DAY_MS = 86_400_000
FRESH_MS = 60_000


@dataclass(frozen=True, slots=True)
class ClockWatch:
    """What is known of a terminal's clock.

    `offset_ms` is it minus ours, `None` when either cannot be believed. Since `since_ms` (UTC) it has been
    watched: it did not jump, so rows of that time are known to `READING_MS`. `apart_ms` is the same offset,
    also when our own clock is not to be believed. `changes` counts how often it was seen to be changed.
    """

    offset_ms: int | None
    since_ms: int
    apart_ms: int | None
    changes: int = 0

    def is_fresh(self, row: TimeBlock, now: TimeBlock) -> bool:
        """Whether somebody punched just now."""
        return self.apart_ms is not None and abs(now.wall_ms + self.apart_ms - row.boot_ms) < FRESH_MS


def time_of(serial: str, wall: str, zone: ZoneName, watch: ClockWatch) -> TimeBlock:
    """The time block of a row with the terminal's local time `wall`.

    Before the clock was watched its offset may have arisen at any moment: then all of it is uncertainty,
    and a clock that is days off says nothing. `boot_id` names the terminal, `boot_ms` its own clock.
    """
    theirs_ms = wall_ms(datetime.fromisoformat(wall).replace(tzinfo=ZONES[zone]))
    boot_id = TERMINAL_BOOT + serial
    if watch.offset_ms is not None:
        true_ms = theirs_ms - watch.offset_ms
        if true_ms >= watch.since_ms - READING_MS:
            return TimeBlock(true_ms, "terminal", READING_MS, boot_id, theirs_ms)
        if abs(watch.offset_ms) < DAY_MS:
            return TimeBlock(true_ms, "terminal", READING_MS + abs(watch.offset_ms), boot_id, theirs_ms)
    return TimeBlock(theirs_ms, "none", None, boot_id, theirs_ms)


def correction(serial: str, stretch: tuple[int, int], watch: ClockWatch) -> Correction | None:
    """What puts right the untimed records of `serial` between these two (first and last seq), if it can."""
    if watch.offset_ms is None or abs(watch.offset_ms) >= DAY_MS:
        return None
    return Correction(
        boot_id=TERMINAL_BOOT + serial,
        from_seq=stretch[0],
        upto_seq=stretch[1],
        offset_ms=-watch.offset_ms,
        source="terminal",
        uncertainty_ms=READING_MS + abs(watch.offset_ms),
    )
