"""Something kioskd asked for and waits for, done a step at each frame."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator

from drivers.base.camera import Frame
from kiosk.core.facing import Enrolled, EnrolStep, JobFailed, Photo

Told = Photo | EnrolStep | Enrolled | JobFailed
Ended = Photo | Enrolled | JobFailed


class Job(ABC):
    """`step` is called again and again until `ended`."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.ended = False
        self._begun_s = time.monotonic()

    @property
    def wants_frames(self) -> bool:
        """Whether every frame counts."""
        return True

    @property
    def age_s(self) -> float:
        """Since it was asked for."""
        return time.monotonic() - self._begun_s

    def step(self, frame: Frame | None) -> Iterator[Told]:
        """Go on; `frame` is the newest there is. Raises `DeviceError` when the network has died."""
        for line in self._go_on(frame):
            self.ended = self.ended or isinstance(line, Ended)
            yield line

    def fail(self, reason: str) -> JobFailed:
        """Give up."""
        self.ended = True
        return JobFailed(job=self.number, reason=reason)

    @abstractmethod
    def _go_on(self, frame: Frame | None) -> Iterator[Told]:
        """What there is to tell now; an answer ends the job."""

    @abstractmethod
    def network_lost(self) -> None:
        """Whatever was sent to the network will not come back: send it again, or do without."""
