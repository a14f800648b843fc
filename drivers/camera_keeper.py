"""Keeps a camera open: reopens it after an error, ever more patiently, and says once what is wrong."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from drivers.base.camera import Camera, Follower, Frame
from drivers.base.errors import DeviceError

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 3.0


class CameraKeeper:
    """`make` gives a fresh `Camera` for each opening, so a thread that hangs keeps its dead object."""

    def __init__(self, make: Callable[[], Camera]) -> None:
        self._make = make
        self._camera: Camera | None = None
        self._wait_s = FIRST_WAIT_S
        self._retry_at_s = 0.0
        self._lost_s: float | None = None
        self._shift = 0
        self._last = 0
        self._follower: Follower | None = None
        self.error: DeviceError | None = None
        """What is wrong now; None while frames come."""

    def latest(self) -> Frame | None:
        """The next frame, numbered on over every reopening; None while there is no camera."""
        if self._camera is None and (left_s := self._retry_at_s - time.monotonic()) > 0:
            time.sleep(min(left_s, FIRST_WAIT_S))
            return None
        try:
            frame = self._opened().latest(after=self._last - self._shift)
        except DeviceError as error:
            self._lose(error)
            return None
        self._recover()
        self._last = frame.number + self._shift
        return Frame(self._last, frame.at_s, frame.pixels, frame.small)

    def follow(self, follower: Follower | None) -> None:
        """Give every frame to `follower` on the camera's own thread, over every reopening; None ends it."""
        self._follower = follower
        if self._camera is not None:
            self._camera.follower = follower

    def close(self) -> None:
        """Release the camera."""
        if self._camera is not None:
            self._camera.close()
            self._camera = None

    def _opened(self) -> Camera:
        if self._camera is None:
            camera = self._make()
            self._shift = self._last
            camera.open()
            camera.follower = self._follower
            self._camera = camera
        return self._camera

    def _lose(self, error: DeviceError) -> None:
        self._retry_at_s = time.monotonic() + self._wait_s
        self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)
        self.close()
        if self._lost_s is None:
            self._lost_s = time.monotonic()
            log.warning("camera lost: %s", error)
        self.error = error

    def _recover(self) -> None:
        if self._lost_s is not None:
            log.info("camera back after %.1f s", time.monotonic() - self._lost_s)
        self._lost_s, self.error, self._wait_s = None, None, FIRST_WAIT_S
