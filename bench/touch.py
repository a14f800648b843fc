"""From a finger on the glass to the pixel that answers it: a real kiosk-ui on a real X server."""

from __future__ import annotations

import contextlib
import mmap
import os
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.figure import Figure
from bench.process import cpu_share
from kiosk.core.api import Reply
from kiosk.core.view import View

BENCH = "touch"
SIZE = (800, 480)
TOUCHES = 100
LIMIT_MS = 100.0
PATIENCE_S = 5.0
BUSY_S = 10.0
VIEWS_A_SECOND = 20


def run() -> Iterator[Figure]:
    """Press to pixel, alone and with every core of the machine busy; CPU while views pour in."""
    with tempfile.TemporaryDirectory() as name, _screen(Path(name)) as screen:
        yield from _pressed(screen, "the machine idle")
        with _burning():
            yield from _pressed(screen, "every core busy")
        yield screen.busy()


class _Screen:
    """A kiosk-ui, its glass as memory, a finger, and the daemon's end of its socket."""

    def __init__(
        self, glass: mmap.mmap, finger: subprocess.Popen[bytes], peer: socket.socket, program: int
    ) -> None:
        from ui.gallery import headless, sample_stage
        from ui.metrics import Metrics
        from ui.samples import VIEW
        from ui.screens import compose

        headless()
        header = struct.unpack(">25I", glass[:100])
        self._glass, self._start, self._line = glass, header[0] + header[19] * 12, header[12]
        self._finger, self._peer, self._program, self._view = finger, peer, program, VIEW
        page = compose(sample_stage("idle", "id", "light"), Metrics(*SIZE))
        (box,) = [t.box for t in page.targets if t.value == "pin"]
        self._key, self._corner = box.centre, (box.x + 12, box.y + box.h // 2)
        self.show(VIEW)

    def show(self, view: View) -> None:
        """Tell it what to show."""
        self._peer.sendall(msgspec.json.encode(Reply(1, event=view)) + b"\n")

    def press_ms(self) -> float:
        """One press beside the key's words, seen, and let go outside it; nothing is begun."""
        self._do(f"mousemove {self._key[0]} {self._key[1]}")
        before = self._pixel()
        began = time.perf_counter()
        self._do("mousedown 1")
        self._until(lambda: self._pixel() != before)
        took_ms = (time.perf_counter() - began) * 1000
        self._do("mousemove 20 300")
        self._do("mouseup 1")
        self._until(lambda: self._pixel() == before)
        return took_ms

    def busy(self) -> Figure:
        """The share of a core while a new view comes twenty times a second."""
        import threading

        end = threading.Event()

        def pour() -> None:
            number = 0
            while not end.wait(1 / VIEWS_A_SECOND):
                number += 1
                self.show(msgspec.structs.replace(self._view, today=number))

        thread = threading.Thread(target=pour)
        thread.start()
        share = cpu_share([self._program], BUSY_S)[self._program]
        end.set()
        thread.join()
        return Figure(BENCH, f"CPU with {VIEWS_A_SECOND} views a second, of a core", share * 100, "%")

    def ready(self) -> None:
        """Wait until it is drawn."""
        first = self._pixel()
        self._until(lambda: self._pixel() not in (first, b"\0\0\0\0"))

    def _do(self, words: str) -> None:
        assert self._finger.stdin
        self._finger.stdin.write(words.encode() + b"\n")
        self._finger.stdin.flush()

    def _pixel(self) -> bytes:
        at = self._start + self._corner[1] * self._line + self._corner[0] * 4
        return self._glass[at : at + 4]

    def _until(self, seen: object) -> None:
        end = time.monotonic() + PATIENCE_S
        while not seen():  # type: ignore[operator]
            if time.monotonic() > end:
                raise TimeoutError("the screen does not answer")
            time.sleep(0.0002)


def _pressed(screen: _Screen, when: str) -> Iterator[Figure]:
    took = [screen.press_ms() for _ in range(TOUCHES)]
    most = statistics.quantiles(took, n=20)[-1]
    yield Figure(BENCH, f"press to pixel, {when}, median", statistics.median(took), "ms", LIMIT_MS, "limit")
    yield Figure(BENCH, f"press to pixel, {when}, 95th percentile", most, "ms", LIMIT_MS, "limit")


@contextmanager
def _screen(folder: Path) -> Iterator[_Screen]:
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(folder / "ui.sock"))
        listener.listen()
        display = stack.enter_context(_xvfb(folder))
        env = {**os.environ, "DISPLAY": display, "SDL_VIDEODRIVER": "x11", "SDL_AUDIODRIVER": "dummy"}
        finger = stack.enter_context(_process(("xdotool", "-"), env, stdin=subprocess.PIPE))
        command = (sys.executable, "-m", "ui.main", "--socket", str(folder / "ui.sock"), "--theme", "light",
                   "--fullscreen", "--log-level", "ERROR")  # fmt: skip
        program = stack.enter_context(_process(command, env))
        peer = stack.enter_context(listener.accept()[0])
        with (folder / "Xvfb_screen0").open("rb") as file:
            glass = stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        screen = _Screen(glass, finger, peer, program.pid)
        screen.ready()
        yield screen


@contextmanager
def _xvfb(folder: Path) -> Iterator[str]:
    read_end, write_end = os.pipe()
    words = f"-displayfd {write_end} -screen 0 {SIZE[0]}x{SIZE[1]}x24 -nolisten tcp -fbdir {folder}"
    server = subprocess.Popen(
        ["Xvfb", *words.split()], pass_fds=(write_end,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as pipe:
            yield f":{pipe.readline().strip()}"
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def _process(
    command: tuple[str, ...], env: dict[str, str], stdin: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    made = subprocess.Popen(command, env=env, stdin=stdin)
    try:
        yield made
    finally:
        if made.stdin:
            made.stdin.close()
        made.terminate()
        made.wait(20)


@contextmanager
def _burning() -> Iterator[None]:
    burn = (sys.executable, "-c", "while True: pass")
    with contextlib.ExitStack() as stack:
        for _ in range(os.cpu_count() or 1):
            stack.enter_context(_process(burn, dict(os.environ)))
        yield
