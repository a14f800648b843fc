"""The camera contract: the latest frame, never a queue.

A driver fills five hooks (`_open`, `_grab`, `_retrieve`, `_small`, `_close`); a thread of the base class
grabs without pause, so that the driver's own queue stays empty, and decodes only when somebody waits or
follows. A follower comes first: between a frame's arrival and the screen lies only what that needs.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.base.deadline import Deadline
from drivers.base.errors import DeviceError, Timeout, Unavailable

log = logging.getLogger(__name__)

Pixels = NDArray[np.uint8]
AHEAD = 5
"""Steps of niceness by which the grabbing thread goes before our others, where it may not do better."""


class Light(Enum):
    """A lobby by day, or a dim corridor where a longer exposure is worth its blur."""

    DAY = "day"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Exposure:
    """Automatic exposure biased by `compensation_ev`, or fixed when `fixed_us` is given."""

    light: Light = Light.DAY
    compensation_ev: float = 0.0
    fixed_us: int | None = None
    gain: float | None = None


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What is asked of any camera; a driver takes the nearest it can give."""

    width_px: int = 1280
    height_px: int = 720
    small_width_px: int = 480
    fps: float = 25.0
    rotation_deg: int = 0
    exposure: Exposure = field(default_factory=Exposure)
    open_timeout_s: float = 5.0
    frame_timeout_s: float = 2.0

    def __post_init__(self) -> None:
        if self.rotation_deg not in (0, 90, 180, 270):
            raise ValueError(f"rotation_deg must be 0, 90, 180 or 270, not {self.rotation_deg}")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture. `number` counts what the sensor gave, so gaps show what nobody waited for."""

    number: int
    at_s: float
    """`time.monotonic()` when it was grabbed."""
    pixels: Pixels
    """H x W x 3, RGB, contiguous."""
    small: Pixels
    """h x w, grey, contiguous, of the same field of view."""

    @property
    def scale(self) -> float:
        """Full-size pixels per small pixel."""
        return float(self.pixels.shape[1] / self.small.shape[1])


Follower = Callable[[float, Pixels], None]
"""Takes when a frame was grabbed (`time.monotonic()`) and its full RGB pixels."""

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def rotated(pixels: Pixels, degrees: int) -> Pixels:
    """The picture turned clockwise by a multiple of 90 degrees, contiguous as dlib needs it."""
    if degrees:
        return np.asarray(cv2.rotate(pixels, _TURNS[degrees]), np.uint8)
    return np.ascontiguousarray(pixels)


class Camera(ABC):
    """One opening of one camera. After an error it is closed for good: open a new object."""

    def __init__(self, settings: CameraSettings) -> None:
        self.settings = settings
        self.follower: Follower | None = None
        """Is given every frame while it is set, on the grabbing thread; it must be quick."""
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._error: DeviceError | None = None
        self._wanted = False
        self._closed = True
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Start grabbing; returns after the first frame.

        Raises `Unavailable` when there is no such camera, `Timeout` when it is silent.
        """
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"camera {type(self).__name__}", daemon=True)
        self._thread.start()
        try:
            self.latest(timeout_s=self.settings.open_timeout_s)
        except DeviceError:
            self.close()
            raise

    def latest(self, after: int = 0, timeout_s: float | None = None) -> Frame:
        """The next frame to come whose number is above `after`.

        Raises `Timeout` when none came within `timeout_s` (by default the settings' frame timeout) and
        `Unavailable` when the camera is gone or closed.
        """
        deadline = Deadline.after(self.settings.frame_timeout_s if timeout_s is None else timeout_s)
        with self._changed:
            # What lies there was asked for earlier and may be old: only a frame yet to come is the latest.
            after = max(after, self._frame.number if self._frame else 0)
            self._wanted = True
            while self._frame is None or self._frame.number <= after:
                if self._error is not None:
                    raise self._error
                if self._closed:
                    raise Unavailable("the camera is closed")
                if not self._changed.wait(deadline.left_s) and deadline.passed:
                    raise Timeout(f"{type(self).__name__}: no frame in time")
            return self._frame

    def close(self, timeout_s: float = 1.0) -> None:
        """Stop and release; a thread stuck inside the vendor's library is left behind after `timeout_s`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            self._open()
            _go_first()
            self._grab_until_closed()
        except DeviceError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001  a vendor library may raise anything
            self._fail(Unavailable(f"{type(self).__name__}: {error}"))
        finally:
            self._close()

    def _grab_until_closed(self) -> None:
        number = 0
        while not self._closed:
            self._grab()
            number += 1
            if self._wanted or self.follower is not None:
                self._publish(number, time.monotonic())

    def _publish(self, number: int, at_s: float) -> None:
        turn = self.settings.rotation_deg
        grabbed = self._retrieve()
        pixels = rotated(grabbed, turn)
        if (follower := self.follower) is not None:
            follower(at_s, pixels)
        if not self._wanted:
            return
        frame = Frame(number, at_s, pixels, rotated(self._small(grabbed), turn))
        with self._changed:
            self._frame, self._wanted = frame, False
            self._changed.notify_all()

    def _fail(self, error: DeviceError) -> None:
        with self._changed:
            self._error = error
            self._changed.notify_all()

    @abstractmethod
    def _open(self) -> None:
        """Open the device with `self.settings`; raise `Unavailable` when it is not there."""

    @abstractmethod
    def _grab(self) -> None:
        """Block until the sensor has a new frame, without decoding it."""

    @abstractmethod
    def _retrieve(self) -> Pixels:
        """Decode the grabbed frame: full RGB."""

    @abstractmethod
    def _small(self, pixels: Pixels) -> Pixels:
        """The frame that was retrieved last, as `pixels`, in grey and `small_width_px` wide."""

    @abstractmethod
    def _close(self) -> None:
        """Release the device; called once, from the grabbing thread, whatever happened."""


def _go_first() -> None:
    """Before everything else that computes, where that is permitted (RLIMIT_RTPRIO), else before our own.

    Threads that the vendor's library makes from here on do not inherit the first.
    """
    thread = threading.get_native_id()
    try:
        os.sched_setscheduler(thread, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except OSError:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) - AHEAD)
