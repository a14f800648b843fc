"""The camera that the settings name, kept open, and what kioskd is told of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from drivers.base.camera import Camera, CameraSettings, Exposure, Follower, Frame, Light
from drivers.base.errors import DeviceError
from drivers.camera_keeper import CameraKeeper
from kiosk.core import config
from kiosk.core.facing import CameraState

Say = Callable[[CameraState], None]


class Watching:
    """`frame` gives the next frame; every change of the camera's state is said once."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._settings = config.Camera()
        self._keeper: CameraKeeper | None = None
        self._said = CameraState(status="off")

    @property
    def fitted(self) -> bool:
        """Whether there should be a camera."""
        return self._keeper is not None

    @property
    def ready(self) -> bool:
        """Whether frames come."""
        return self._said.status == "ready"

    def use(self, settings: config.Camera) -> None:
        """Use this camera from now on; keeps the open one when nothing about it changed."""
        if settings == self._settings and self._keeper is not None:
            return
        self.close()
        self._settings = settings
        if not settings.driver:
            self._say(CameraState(status="off"))
            return
        self._keeper = CameraKeeper(partial(make_camera, settings))
        self._tell(CameraState(status="starting"))

    def frame(self) -> Frame | None:
        """The next frame; None after a moment while there is no camera."""
        if self._keeper is None:
            return None
        frame = self._keeper.latest()
        error = self._keeper.error
        if frame is not None:
            self._tell(CameraState(status="ready", info=_seen(self._settings, frame)))
        elif error is not None:
            self._tell(_fault(error))
        return frame

    def follow(self, follower: Follower | None) -> None:
        """Give every frame to `follower` too, on the camera's thread."""
        if self._keeper is not None:
            self._keeper.follow(follower)

    def close(self) -> None:
        """Release the camera."""
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None

    def _tell(self, state: CameraState) -> None:
        if state != self._said:
            self._said = state
            self._say(state)


def make_camera(settings: config.Camera) -> Camera:
    """A camera by its settings, not yet open. Raises `Unavailable` when its name makes no sense."""
    asked = CameraSettings(
        width_px=settings.width_px,
        height_px=settings.height_px,
        fps=settings.fps,
        rotation_deg=settings.rotation_deg,
        exposure=Exposure(Light(settings.light), settings.compensation_ev),
    )
    if settings.driver == "picamera2":
        from drivers.camera_picamera2 import PiCamera

        return PiCamera(int(settings.source) if settings.source.isdecimal() else 0, asked)
    from drivers.camera_opencv import OpenCVCamera

    source = f"/dev/video{settings.source}" if settings.source.isdecimal() else settings.source
    return OpenCVCamera(source, asked)


def _seen(settings: config.Camera, frame: Frame) -> str:
    height, width = frame.pixels.shape[:2]
    return f"{settings.driver} {settings.source}, {width} x {height}"


def _fault(error: DeviceError) -> CameraState:
    return CameraState(status="fault", cause=type(error).__name__.lower(), info=f"{error}; {error.hint}")
