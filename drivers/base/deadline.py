"""Deadlines on the monotonic clock: no device call waits for ever."""

from __future__ import annotations

import time
from dataclasses import dataclass

from drivers.base.errors import Timeout


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on `time.monotonic()` that a call must not outlive."""

    at_s: float

    @classmethod
    def after(cls, timeout_s: float) -> Deadline:
        """The moment `timeout_s` seconds from now."""
        return cls(time.monotonic() + timeout_s)

    @property
    def left_s(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at_s - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self.at_s

    def check(self, doing: str) -> None:
        """Raise `Timeout` naming what was being done when the deadline has passed."""
        if self.passed:
            raise Timeout(f"{doing}: no answer in time")
