"""The real-time clock, where one is fitted: believed as far as it was right when the time was last known.

The kernel sets it every 11 minutes while NTP runs. On a kiosk whose time comes from the centre nobody does;
then the difference found is taken into account.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from kiosk.core.timeline import strong
from kiosk.daemon.clock import Clock
from kiosk.daemon.durable import write_durably

log = logging.getLogger(__name__)
NAME = "rtc.json"
SINCE_EPOCH = Path("/sys/class/rtc/rtc0/since_epoch")
COMPARE_MS = 600_000
READING_MS = 600  # it shows whole seconds, and reading it takes a moment
LIMIT_MS = 300_000  # an RTC that may be further off says nothing about lateness
ReadRtc = Callable[[], int | None]


class Compared(msgspec.Struct, frozen=True):
    """At UTC `true_ms`, known to `uncertainty_ms`, the RTC was `ahead_ms` ahead; `set_by_kernel`: NTP ran."""

    true_ms: int
    uncertainty_ms: int
    ahead_ms: int
    set_by_kernel: bool


def read_rtc() -> int | None:
    """What the RTC shows (UTC ms, the middle of its second); None without one, or when it has stopped."""
    try:
        return int(SINCE_EPOCH.read_text(encoding="ascii")) * 1000 + 500
    except (OSError, ValueError):
        return None


class RtcKeeper:
    """Compares the RTC with the time while it is known, and asks it when the kiosk starts."""

    def __init__(self, state_dir: Path, ppm: int, read: ReadRtc = read_rtc) -> None:
        self._path = state_dir / NAME
        self._ppm = ppm
        self._read = read
        self._next_ms = 0

    def at_start(self, clock: Clock) -> None:
        """Let the clock learn from the RTC, if it can be believed."""
        shown, before = (self._read() if self._ppm else None), self._compared()
        if shown is None or before is None or clock.known is not None:
            return
        now_ms, uncertainty_ms = self._told(shown, before)
        if now_ms + uncertainty_ms < before.true_ms:
            log.warning("the RTC shows a time that has passed: its battery is empty, or it was set back")
        elif uncertainty_ms > LIMIT_MS:
            log.warning("the RTC may be %d s off by now: not believed", uncertainty_ms // 1000)
        else:
            clock.learn("rtc", now_ms, clock.now().boot_ms, uncertainty_ms)

    def compare(self, clock: Clock) -> None:
        """While the time is known from elsewhere, note now and then how the RTC stands."""
        now = clock.now()
        if not self._ppm or not strong(now.source) or now.boot_ms < self._next_ms:
            return
        self._next_ms = now.boot_ms + COMPARE_MS
        shown = self._read()
        if shown is None or now.uncertainty_ms is None:
            return
        found = Compared(now.wall_ms, now.uncertainty_ms, shown - now.wall_ms, now.source == "ntp")
        with contextlib.suppress(OSError):  # a full disk: the RTC is believed less, nothing else
            write_durably(self._path, msgspec.json.encode(found))

    def _told(self, shown: int, before: Compared) -> tuple[int, int]:
        """True time by the RTC, and its uncertainty."""
        now_ms = shown - before.ahead_ms
        elapsed_ms = abs(now_ms - before.true_ms)
        uncertainty_ms = 2 * READING_MS + before.uncertainty_ms + elapsed_ms * self._ppm // 1_000_000 + 1
        if before.set_by_kernel:  # it may have been put right since: then nothing must be taken off
            uncertainty_ms += abs(before.ahead_ms)
        return now_ms, uncertainty_ms

    def _compared(self) -> Compared | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Compared)
        except (OSError, msgspec.DecodeError):
            return None
