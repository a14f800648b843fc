"""The time that a GPS receiver tells, for a kiosk without NTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.daemon.timekeeping import Timekeeper

LATE_MS = 1_500
"""How long after the moment it states a report may arrive: a cycle of the receiver, and the serial line."""


@dataclass(frozen=True, slots=True)
class Moment:
    """It was `utc_ms`, give or take `error_ms`, shortly before the monotonic moment `at_s`."""

    utc_ms: int
    error_ms: int
    at_s: float


class GpsTime:
    """Used on the engine's thread only."""

    def __init__(
        self, told: Callable[[], Moment | None], keeper: Timekeeper,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._told, self._keeper, self._now_s = told, keeper, now_s
        self._last_s = 0.0

    def tick(self) -> None:
        """Learn from the newest report, once. Raises `StoreError`."""
        told = self._told()
        if told is None or told.at_s == self._last_s:
            return
        self._last_s = told.at_s
        received_boot_ms = self._keeper.clock.now().boot_ms - round((self._now_s() - told.at_s) * 1000)
        half_ms = LATE_MS // 2
        self._keeper.learn("gps", told.utc_ms + half_ms, received_boot_ms, half_ms + told.error_ms)
