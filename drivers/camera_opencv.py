"""USB cameras (V4L2), network cameras (MJPEG over HTTP, RTSP) and clips, through OpenCV's VideoCapture."""

from __future__ import annotations

import logging
import time

import cv2
import numpy as np
from cv2.typing import MatLike

from drivers.base.camera import Camera, CameraSettings, Light, Pixels
from drivers.base.errors import Timeout, Unavailable
from drivers.face.images import small_grey

log = logging.getLogger(__name__)

_V4L2_AUTO, _V4L2_MANUAL = 3, 1
"""Values of V4L2_CID_EXPOSURE_AUTO (linux/v4l2-controls.h): aperture priority, and manual."""
_NIGHT_US = 60_000
_UNDECODED = [cv2.CAP_PROP_FORMAT, -1]
"""`retrieve` then gives the bytes as they came, and only those JPEGs are decoded that are looked at."""
_MJPEG = cv2.VideoWriter.fourcc(*"MJPG")
MOST_DAMAGED = 5
"""Frames in a row that cannot be decoded before the camera counts as lost."""


class OpenCVCamera(Camera):
    """`source` is a V4L2 node such as `/dev/video0`, a URL, or a clip, played over and over."""

    def __init__(self, source: str, settings: CameraSettings | None = None) -> None:
        super().__init__(settings or CameraSettings())
        self.source = source
        self._capture: cv2.VideoCapture | None = None
        self._next_s: float | None = None
        self._undecoded = False

    @property
    def _is_device(self) -> bool:
        return self.source.startswith("/dev/")

    @property
    def _is_clip(self) -> bool:
        return not self._is_device and "://" not in self.source

    def _open(self) -> None:
        self._capture = self._opened()
        if not self._capture.isOpened():
            here = f"check the cable; `ls -l {self.source}`"
            hint = here if self._is_device else "is it switched on, and is this its address?"
            raise Unavailable(f"no camera at {self.source}", hint=hint)
        if self._is_device:
            self._configure(self._capture)
        self._next_s = time.monotonic() if self._is_clip else None

    def _opened(self) -> cv2.VideoCapture:
        if self._is_device:
            return cv2.VideoCapture(self.source, cv2.CAP_V4L2)
        milliseconds = round(self.settings.frame_timeout_s * 1000)
        # Only FFmpeg knows these two; V4L2 refuses to open when it is given an unknown one.
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, milliseconds, cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds]
        if self.source.startswith("http"):
            capture = cv2.VideoCapture(self.source, cv2.CAP_FFMPEG, limits + _UNDECODED)
            self._undecoded = int(capture.get(cv2.CAP_PROP_FOURCC)) == _MJPEG
            if self._undecoded or not capture.isOpened():
                return capture
            capture.release()  # every picture of such a stream rests on the one before
        return cv2.VideoCapture(self.source, cv2.CAP_FFMPEG, limits)

    def _configure(self, capture: cv2.VideoCapture) -> None:
        settings, exposure = self.settings, self.settings.exposure
        if exposure.compensation_ev:
            log.warning("%s: the exposure of a USB camera is not made brighter or darker", self.source)
        # USB 2 carries 720p at 25 frames a second only as MJPEG.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width_px)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height_px)
        capture.set(cv2.CAP_PROP_FPS, settings.fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        fixed_us = exposure.fixed_us or (_NIGHT_US if exposure.light is Light.NIGHT else None)
        capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _V4L2_MANUAL if fixed_us else _V4L2_AUTO)
        if fixed_us:
            capture.set(cv2.CAP_PROP_EXPOSURE, fixed_us / 100)  # V4L2 counts in 100 us
        if exposure.gain is not None:
            capture.set(cv2.CAP_PROP_GAIN, exposure.gain)

    def _grab(self) -> None:
        assert self._capture is not None
        self._pace()
        if self._capture.grab():
            return
        if not self._is_clip:
            raise Timeout(f"{self.source} gives no more frames")
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
        if not self._capture.grab():
            raise Unavailable(f"the clip {self.source} cannot be played")

    def _pace(self) -> None:
        """Hold a clip back to its own speed; a camera paces itself."""
        if self._next_s is None or self._capture is None:
            return
        now_s = time.monotonic()
        time.sleep(max(0.0, self._next_s - now_s))
        fps = self._capture.get(cv2.CAP_PROP_FPS) or self.settings.fps
        self._next_s = max(self._next_s, now_s) + 1 / fps

    def _retrieve(self) -> Pixels:
        for _ in range(MOST_DAMAGED):
            if (picture := self._decoded()) is not None:
                return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
            self._grab()
        raise Timeout(f"{self.source}: its frames cannot be decoded")

    def _decoded(self) -> MatLike | None:
        assert self._capture is not None
        good, picture = self._capture.retrieve()
        if not good:
            return None
        return cv2.imdecode(picture, cv2.IMREAD_COLOR) if self._undecoded else picture

    def _small(self, pixels: Pixels) -> Pixels:
        return small_grey(pixels, self.settings.small_width_px)

    def _close(self) -> None:
        if self._capture is not None:
            self._capture.release()
