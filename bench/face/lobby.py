"""A real kiosk-face before an emulated camera in a process of its own, with the bench as its kioskd."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.face.desk import Desk, FaceUnderTest
from bench.process import PROC, descendants, until
from drivers.base.camera import Pixels
from drivers.base.face import Vector
from kiosk.core.config import Camera, Face
from kiosk.demo.faces import person

FAMILY = "dlib-resnet-1"
FPS = 25
QUALITY = 88


class Lobby:
    """One camera; `start` puts a kiosk-face before it."""

    def __init__(self, folder: Path, fps: float = FPS) -> None:
        self.folder = folder
        self._control = folder / "camera.sock"
        empty = film(folder / "empty", empty_room())
        self._camera = subprocess.Popen(
            [sys.executable, "-m", "drivers.emulated.camera", "--port", "0", "--fps", str(fps),
             "--control", str(self._control), str(empty)],
        )  # fmt: skip
        until(self._control.exists, "the emulated camera")
        for thread in (PROC / str(self._camera.pid) / "task").iterdir():
            keep_time(int(thread.name))
        self.port: int = self.camera("status")["port"]
        self.settings = Camera(
            driver="opencv", source=f"http://127.0.0.1:{self.port}/", fps=fps,
            width_px=person.SIZE[0], height_px=person.SIZE[1], simulated=True,
        )  # fmt: skip
        self.desk = Desk(folder / "face.sock")
        self.face: FaceUnderTest | None = None

    def start(self, people: Mapping[str, Sequence[Vector]], liveness: str) -> None:
        """Start kiosk-face and send it settings and people as soon as it says hello."""
        hellos = self.desk.hellos
        self.face = FaceUnderTest(self.desk.path, self.folder / "log")
        self.desk.until(lambda: self.desk.hellos > hellos, "hello")
        self.set_up(people, liveness)

    def set_up(self, people: Mapping[str, Sequence[Vector]], liveness: str) -> None:
        """Settings and people, also while it runs."""
        face = Face(enabled=True, liveness=liveness)  # type: ignore[arg-type]
        self.desk.set_up(self.settings, face, people, FAMILY)

    def camera(self, operation: str, **fields: Any) -> dict[str, Any]:
        """Tell the emulated camera something."""
        with socket.socket(socket.AF_UNIX) as line, line.makefile("rwb") as lines:
            line.connect(str(self._control))
            lines.write(json.dumps({"op": operation, **fields}).encode() + b"\n")
            lines.flush()
            answer: dict[str, Any] = json.loads(lines.readline())
        assert answer["ok"], answer
        return answer

    @property
    def pids(self) -> list[int]:
        """kiosk-face and its children."""
        assert self.face is not None
        return [self.face.process.pid, *descendants(self.face.process.pid)]

    def close(self) -> None:
        """End all of it."""
        if self.face is not None:
            self.face.process.kill()
            self.face.process.wait()
        self.desk.close()
        self._camera.terminate()
        self._camera.wait()


def keep_time(thread: int = 0) -> None:
    """The thread (0: this one) stands for hardware, or measures: where permitted it waits for nobody."""
    with suppress(OSError):
        os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(1))


class OwnPace(threading.Thread):
    """Reads the camera's stream as it is, to know what gaps it has before anybody looks at the pictures."""

    def __init__(self, port: int) -> None:
        super().__init__(name="own pace", daemon=True)
        self.gaps_ms: list[float] = []
        self._stream = socket.create_connection(("127.0.0.1", port))

    def run(self) -> None:
        keep_time()
        self._stream.sendall(b"GET / HTTP/1.0\r\n\r\n")
        last_s = 0.0
        while chunk := self._stream.recv(1 << 20):
            if b"--frame" in chunk:
                now_s = time.monotonic()
                self.gaps_ms += [1000 * (now_s - last_s)] if last_s else []
                last_s = now_s

    def stop(self) -> list[float]:
        """The gaps, in order of time."""
        self._stream.shutdown(socket.SHUT_RDWR)
        self.join()
        self._stream.close()
        return self.gaps_ms


@contextmanager
def lobby(fps: float = FPS) -> Iterator[Lobby]:
    """One that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hadir-lobby-") as folder:
        made = Lobby(Path(folder), fps)
        try:
            yield made
        finally:
            made.close()


def film(folder: Path, pictures: Iterable[Pixels]) -> Path:
    """A clip for the camera."""
    folder.mkdir(parents=True)
    for number, rgb in enumerate(pictures):
        bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{number:05}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return folder


def empty_room() -> Iterator[Pixels]:
    """A wall, and a sensor's noise."""
    rng = np.random.default_rng(0)
    wall = cv2.resize(rng.integers(70, 150, (6, 8, 3), np.uint8), person.SIZE, interpolation=cv2.INTER_CUBIC)
    for _ in range(10):
        yield np.clip(wall + rng.normal(0, 2, wall.shape), 0, 255).astype(np.uint8)
