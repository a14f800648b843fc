"""Cameras against the emulated network camera, through the real OpenCV; picamera2 against a stub."""

from __future__ import annotations

import json
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import pytest

from drivers.base.camera import Camera, CameraSettings, Exposure, Frame, Light, Pixels
from drivers.base.errors import Timeout, Unavailable
from drivers.camera_keeper import CameraKeeper
from drivers.camera_opencv import OpenCVCamera
from drivers.camera_picamera2 import PiCamera
from drivers.emulated.camera import EmulatedCamera
from drivers.emulated.camera_control import operations
from drivers.emulated.control import answer

QUICK = CameraSettings(frame_timeout_s=0.8, open_timeout_s=3.0, small_width_px=80)


def clip(folder: Path, *greys: int) -> Path:
    folder.mkdir()
    for number, grey in enumerate(greys):
        cv2.imwrite(str(folder / f"{number:03}.jpg"), np.full((120, 160, 3), grey, np.uint8))
    return folder


@pytest.fixture
def emulated(tmp_path: Path) -> Iterator[EmulatedCamera]:
    camera = EmulatedCamera(clip(tmp_path / "idle", 40, 42), fps=25)
    camera.start()
    yield camera
    camera.stop()


@pytest.fixture
def keeper(emulated: EmulatedCamera) -> Iterator[CameraKeeper]:
    keeper = CameraKeeper(lambda: OpenCVCamera(emulated.url, QUICK))
    yield keeper
    keeper.close()


def until(true: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + 20
    while not true():
        assert time.monotonic() < give_up_s
        time.sleep(0.005)


def wait_for_frame(keeper: CameraKeeper) -> Frame:
    while (frame := keeper.latest()) is None:
        pass
    return frame


def test_a_frame_has_full_and_small_pixels(keeper: CameraKeeper) -> None:
    frame = wait_for_frame(keeper)
    assert frame.pixels.shape == (120, 160, 3)
    assert frame.small.shape == (60, 80)
    assert frame.scale == 2.0
    assert abs(float(frame.pixels.mean()) - 41) < 3


def test_the_latest_frame_is_given_not_the_oldest(emulated: EmulatedCamera, keeper: CameraKeeper) -> None:
    first = wait_for_frame(keeper)
    sent = threading.Event()
    threading.Timer(0.5, sent.set).start()
    sent.wait(5)
    second = wait_for_frame(keeper)
    assert second.number - first.number >= 8
    assert second.at_s - first.at_s >= 0.4


def test_colours_are_red_green_blue(tmp_path: Path, emulated: EmulatedCamera, keeper: CameraKeeper) -> None:
    red = tmp_path / "red"
    red.mkdir()
    cv2.imwrite(str(red / "0.jpg"), np.full((120, 160, 3), (0, 0, 200), np.uint8))
    emulated.idle(red)
    frame = wait_for_frame(keeper)
    while frame.pixels[..., 0].mean() < 100:
        frame = wait_for_frame(keeper)
    assert frame.pixels[..., 2].mean() < 40


def test_a_hung_camera_is_noticed_and_reopened(emulated: EmulatedCamera, keeper: CameraKeeper) -> None:
    before = wait_for_frame(keeper)
    emulated.hanging = True
    while keeper.latest() is not None:
        pass
    assert isinstance(keeper.error, Timeout | Unavailable)
    emulated.hanging = False
    after = wait_for_frame(keeper)
    assert after.number > before.number
    assert keeper.error is None


def test_a_damaged_frame_is_passed_over(
    tmp_path: Path, emulated: EmulatedCamera, keeper: CameraKeeper
) -> None:
    damaged = clip(tmp_path / "damaged", 200, 201)
    (damaged / "000.jpg").write_bytes(b"\xff\xd8\xff\xd9")
    emulated.idle(damaged)
    until(lambda: abs(int(wait_for_frame(keeper).pixels[60, 80, 0]) - 201) < 4)
    assert all(keeper.latest() is not None for _ in range(4))
    assert keeper.error is None


def test_an_unplugged_camera_comes_back(emulated: EmulatedCamera, keeper: CameraKeeper) -> None:
    wait_for_frame(keeper)
    assert _told(emulated, {"op": "unplug"}) == {"ok": True}
    while keeper.latest() is not None:
        pass
    assert keeper.error is not None
    _told(emulated, {"op": "replug"})
    wait_for_frame(keeper)


def test_an_act_goes_before_a_visitor_and_a_visitor_before_the_empty_room(
    tmp_path: Path, emulated: EmulatedCamera
) -> None:
    visitor, blink = clip(tmp_path / "visitor", 200, 210, 220), clip(tmp_path / "blink", 120, 130)
    assert _told(emulated, {"op": "play", "clip": str(visitor), "seconds": 60})["seconds"] == 60
    assert [_grey(emulated) for _ in range(5)] == [200, 210, 220, 210, 200]
    _told(emulated, {"op": "act", "clip": str(blink)})
    assert [_grey(emulated) for _ in range(3)] == [120, 130, 210]
    _told(emulated, {"op": "leave"})
    assert _grey(emulated) < 50


def test_what_the_emulated_camera_does_not_know_is_refused(tmp_path: Path, emulated: EmulatedCamera) -> None:
    assert not _told(emulated, {"op": "dance"})["ok"]
    assert "FileNotFoundError" in _told(emulated, {"op": "play", "clip": str(tmp_path)})["error"]
    assert _told(emulated, {"op": "status"})["plugged"]


def test_no_camera_is_unavailable_with_a_hint() -> None:
    with pytest.raises(Unavailable) as caught:
        OpenCVCamera("/dev/video97", QUICK).open()
    assert "/dev/video97" in caught.value.hint


def test_a_clip_file_is_played_at_its_own_pace_over_and_over(tmp_path: Path) -> None:
    path = str(tmp_path / "clip.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 25, (160, 120))
    for grey in (10, 60, 110, 160):
        writer.write(np.full((120, 160, 3), grey, np.uint8))
    writer.release()
    camera = OpenCVCamera(path, QUICK)
    camera.open()
    number = 0
    frames: list[Frame] = []
    while len(frames) < 9:
        frames.append(camera.latest(after=number))
        number = frames[-1].number
    camera.close()
    assert frames[-1].at_s - frames[0].at_s >= 0.25


@pytest.mark.parametrize(("degrees", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_rotation_is_clockwise(degrees: int, corner: tuple[int, int]) -> None:
    camera = MadeUp(CameraSettings(rotation_deg=degrees))
    camera.open()
    frame = camera.latest()
    camera.close()
    assert frame.pixels[corner][0] == 255
    assert frame.pixels.flags.c_contiguous
    assert frame.small[corner] == 255


def test_a_follower_is_given_every_frame_over_a_reopening() -> None:
    cameras: list[MadeUp] = []

    def make() -> MadeUp:
        cameras.append(MadeUp(CameraSettings(frame_timeout_s=0.2)))
        return cameras[-1]

    seen: list[int] = []
    keeper = CameraKeeper(make)
    keeper.follow(lambda at_s, pixels: seen.append(int(pixels[1, 1, 0])))
    wait_for_frame(keeper)
    until(lambda: len(seen) > 5)
    assert all((after - before) % 256 == 1 for before, after in pairwise(seen))
    cameras[0].stuck.clear()
    while keeper.latest() is not None:
        pass
    before = len(seen)
    wait_for_frame(keeper)
    until(lambda: len(seen) > before + 2)
    keeper.close()
    cameras[0].stuck.set()


def test_a_thread_stuck_in_the_driver_is_left_behind() -> None:
    camera = MadeUp(CameraSettings(frame_timeout_s=0.2))
    camera.open()
    camera.stuck.clear()
    with pytest.raises(Timeout):
        camera.latest(after=10_000)
    camera.close(timeout_s=0.1)
    with pytest.raises(Unavailable):
        camera.latest(after=10_000)
    camera.stuck.set()


def test_an_odd_rotation_is_refused() -> None:
    with pytest.raises(ValueError, match="45"):
        CameraSettings(rotation_deg=45)


class MadeUp(Camera):
    """A camera without a device: one white corner."""

    def __init__(self, settings: CameraSettings) -> None:
        super().__init__(settings)
        self.stuck = threading.Event()
        self.stuck.set()
        self.grabbed = 0

    def _open(self) -> None:
        pass

    def _grab(self) -> None:
        time.sleep(0.002)  # its pace
        self.grabbed = (self.grabbed + 1) % 256
        if not self.stuck.is_set():
            self.stuck.wait(10)

    def _retrieve(self) -> Pixels:
        pixels = np.zeros((4, 6, 3), np.uint8)
        pixels[0, 0], pixels[1, 1] = 255, self.grabbed
        return pixels

    def _small(self, pixels: Pixels) -> Pixels:
        return np.ascontiguousarray(pixels[::2, ::2, 0])

    def _close(self) -> None:
        pass


class StubRequest:
    """The two calls of a picamera2 `CompletedRequest` that the driver makes."""

    def make_array(self, name: str) -> Pixels:
        if name == "main":
            return np.full((720, 1280, 3), 9, np.uint8)
        return np.full((405, 512), 7, np.uint8)

    def release(self) -> None:
        StubPicamera2.calls.append("release")


class StubPicamera2:
    """The calls of picamera2's `Picamera2` that the driver makes, and no more."""

    calls: ClassVar[list[Any]] = []

    def __init__(self, camera_num: int) -> None:
        self.calls.append(camera_num)

    def create_video_configuration(
        self, main: Any, lores: Any, controls: Any, buffer_count: int
    ) -> dict[str, Any]:
        return {"main": main, "lores": lores, "controls": controls, "buffer_count": buffer_count}

    def configure(self, camera_config: dict[str, Any]) -> None:
        self.calls.append(camera_config)

    def start(self) -> None:
        self.calls.append("start")

    def capture_request(self) -> StubRequest:
        return StubRequest()

    def stop(self) -> None:
        self.calls.append("stop")

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> type[StubPicamera2]:
    module = types.ModuleType("picamera2")
    module.Picamera2 = StubPicamera2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    StubPicamera2.calls.clear()
    return StubPicamera2


def test_picamera2_gives_two_streams_of_one_exposure(stub: type[StubPicamera2]) -> None:
    night = CameraSettings(exposure=Exposure(Light.NIGHT, compensation_ev=0.5))
    camera = PiCamera(1, night)
    camera.open()
    frame = camera.latest()
    camera.close()
    assert frame.pixels.shape == (720, 1280, 3)
    assert frame.small.shape == (270, 480)
    number, configuration = stub.calls[:2]
    assert number == 1
    assert configuration["lores"] == {"size": (480, 270), "format": "YUV420"}
    assert configuration["controls"]["AeExposureMode"] == 2
    assert configuration["controls"]["FrameDurationLimits"] == (40_000, 80_000)
    assert stub.calls[-2:] == ["stop", "close"]


def test_without_picamera2_the_hint_says_how_to_install_it() -> None:
    if "picamera2" in sys.modules:
        pytest.skip("this is a Pi")
    with pytest.raises(Unavailable) as caught:
        PiCamera().open()
    assert "python3-picamera2" in caught.value.hint


@pytest.mark.hardware
def test_the_stub_has_the_real_signatures() -> None:
    """Run on a Pi: every call of the stub exists there and takes the same arguments."""
    import inspect

    real = pytest.importorskip("picamera2").Picamera2
    for name in ("create_video_configuration", "configure", "start", "capture_request", "stop", "close"):
        ours = inspect.signature(getattr(StubPicamera2, name)).parameters
        theirs = inspect.signature(getattr(real, name)).parameters
        assert set(ours) <= set(theirs), name


def _told(camera: EmulatedCamera, order: dict[str, Any]) -> dict[str, Any]:
    return answer(operations(camera), json.dumps(order).encode())


def _grey(camera: EmulatedCamera) -> int:
    picture = cv2.imdecode(np.frombuffer(camera.next_jpeg(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return round(float(picture.mean()))
