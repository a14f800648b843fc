"""A real X server without a monitor: what is on its screen, and a finger to touch it."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Pixel = tuple[int, int, int]
DEADLINE_S = 20.0


class XDisplay:
    """One Xvfb; `pixel` reads its frame buffer file (X window dump format)."""

    def __init__(self, number: str, frame_buffer: Path) -> None:
        self.name = f":{number}"
        self._frame_buffer = frame_buffer

    def pixel(self, x: int, y: int) -> Pixel:
        data = self._frame_buffer.read_bytes()
        header = struct.unpack(">25I", data[:100])
        bytes_per_line, colours = header[12], header[19]
        at = header[0] + colours * 12 + y * bytes_per_line + x * 4
        blue, green, red = data[at : at + 3]
        return red, green, blue

    def touch(self, x: int, y: int) -> None:
        self.do("mousemove", str(x), str(y), "click", "1")

    def do(self, *words: str) -> None:
        """One xdotool command line."""
        subprocess.run(["xdotool", *words], env=self.environment(), check=True, timeout=DEADLINE_S)

    def environment(self) -> dict[str, str]:
        return os.environ | {"DISPLAY": self.name, "SDL_VIDEODRIVER": "x11"}


@contextmanager
def xvfb(folder: Path, size: tuple[int, int]) -> Iterator[XDisplay]:
    read_end, write_end = os.pipe()
    screen = f"-displayfd {write_end} -screen 0 {size[0]}x{size[1]}x24 -nolisten tcp"
    server = subprocess.Popen(
        ["Xvfb", *screen.split(), "-fbdir", str(folder)],
        pass_fds=(write_end,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write_end)
    try:
        with os.fdopen(read_end) as pipe:
            number = pipe.readline().strip()
        yield XDisplay(number, folder / "Xvfb_screen0")
    finally:
        server.terminate()
        server.wait(DEADLINE_S)


def available() -> bool:
    return bool(shutil.which("Xvfb") and shutil.which("xdotool"))


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"waited {DEADLINE_S} s until {what}"
        time.sleep(0.02)
