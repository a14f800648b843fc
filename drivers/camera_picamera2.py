"""The Pi's own camera through picamera2: a full and a small stream from the same exposure.

picamera2 comes from the operating system of a Pi (`apt install python3-picamera2`) and imports nowhere else.
Its known hang ("Camera frontend has timed out") blocks `capture_request` for ever: the frame deadline of the
base class notices, and a new object is opened beside the stuck thread.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from drivers.base.camera import Camera, CameraSettings, Light, Pixels
from drivers.base.errors import Unavailable

_EXPOSURE_NORMAL, _EXPOSURE_LONG = 0, 2
"""libcamera's AeExposureMode: normal, and long for the night."""


class PiCamera(Camera):
    """`number` counts the cameras on the ribbon connectors."""

    def __init__(self, number: int = 0, settings: CameraSettings | None = None) -> None:
        super().__init__(settings or CameraSettings())
        self.number = number
        self._camera: Any = None
        self._request: Any = None

    def _open(self) -> None:
        try:
            library = importlib.import_module("picamera2")
        except ImportError as error:
            hint = "apt install python3-picamera2, and make the environment with --system-site-packages"
            raise Unavailable("picamera2 is not installed", hint=hint) from error
        try:
            self._camera = library.Picamera2(self.number)
            self._camera.configure(self._configuration())
            self._camera.start()
        except (RuntimeError, IndexError) as error:
            hint = "check the ribbon cable; `rpicam-hello --list-cameras`"
            raise Unavailable(f"no Pi camera {self.number}: {error}", hint=hint) from error

    def _configuration(self) -> Any:
        settings = self.settings
        height = settings.small_width_px * settings.height_px // settings.width_px
        # "BGR888" is libcamera's name for bytes in the order R, G, B.
        return self._camera.create_video_configuration(
            main={"size": (settings.width_px, settings.height_px), "format": "BGR888"},
            lores={"size": (settings.small_width_px, height // 2 * 2), "format": "YUV420"},
            controls=self._controls(),
            buffer_count=3,
        )

    def _controls(self) -> dict[str, Any]:
        exposure = self.settings.exposure
        frame_us = round(1e6 / self.settings.fps)
        slowest_us = 2 * frame_us if exposure.light is Light.NIGHT else frame_us
        controls: dict[str, Any] = {
            "FrameDurationLimits": (frame_us, slowest_us),
            "AeExposureMode": _EXPOSURE_LONG if exposure.light is Light.NIGHT else _EXPOSURE_NORMAL,
            "ExposureValue": exposure.compensation_ev,
        }
        if exposure.fixed_us is not None:
            controls |= {"AeEnable": False, "ExposureTime": exposure.fixed_us}
        if exposure.gain is not None:
            controls["AnalogueGain"] = exposure.gain
        return controls

    def _grab(self) -> None:
        self._release()
        self._request = self._camera.capture_request()

    def _retrieve(self) -> Pixels:
        return np.array(self._request.make_array("main"), np.uint8)[..., :3]

    def _small(self, pixels: Pixels) -> Pixels:
        settings = self.settings
        luma = self._request.make_array("lores")
        height = settings.small_width_px * settings.height_px // settings.width_px // 2 * 2
        # YUV420 rows are padded to the stride; brightness comes first.
        return np.array(luma[:height, : settings.small_width_px], np.uint8)

    def _release(self) -> None:
        if self._request is not None:
            self._request.release()
            self._request = None

    def _close(self) -> None:
        self._release()
        if self._camera is not None:
            self._camera.stop()
            self._camera.close()
