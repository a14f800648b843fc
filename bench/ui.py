"""The screen: what it costs idle, and how long from a view's bytes to the painted frame."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.figure import Figure
from bench.process import cpu_share, resident_bytes
from kiosk.core.api import Reply
from kiosk.core.view import View

IDLE_S = 30.0
WARM_UP_S = 10.0
ROUNDS = 60
IDLE_LIMIT_PERCENT = 1.0
BACK_LIMIT_S = 3.0
FRAME_LIMIT_MS = 1000 / 60
HEADLESS = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}


def run() -> Iterator[Figure]:
    """Figures of a real `kiosk-ui` on SDL's dummy display, then of its painting alone."""
    with tempfile.TemporaryDirectory() as folder, _listening(Path(folder) / "ui.sock") as listener:
        yield from _of_the_process(listener, Path(folder) / "ui.sock")
        os.environ |= HEADLESS
        yield from _of_a_frame(listener, Path(folder) / "ui.sock")


def _of_the_process(listener: socket.socket, path: Path) -> Iterator[Figure]:
    from ui.samples import VIEW

    began_s = time.monotonic()
    program = subprocess.Popen(
        [sys.executable, "-m", "ui.main", "--socket", str(path), "--log-level", "WARNING"],
        env=os.environ | HEADLESS,
    )
    try:
        client, _ = listener.accept()
        with client:
            yield Figure("ui", "start to connected", time.monotonic() - began_s, "s", BACK_LIMIT_S, "limit")
            client.sendall(_line(VIEW))
            time.sleep(WARM_UP_S)
            share = cpu_share([program.pid], IDLE_S)[program.pid]
            yield Figure("ui", "CPU idle, of a core", share * 100, "%", IDLE_LIMIT_PERCENT, "limit")
            yield Figure("ui", "resident memory", resident_bytes(program.pid) / 1e6, "MB")
    finally:
        program.terminate()
        program.wait()


def _of_a_frame(listener: socket.socket, path: Path) -> Iterator[Figure]:
    import pygame

    from ui.canvas import Canvas
    from ui.client import Client
    from ui.metrics import Metrics
    from ui.samples import SAMPLES, VIEW
    from ui.screens import compose
    from ui.stage import APPEAR_MS, Director

    pygame.display.init()
    pygame.font.init()
    canvas, metrics = Canvas(pygame.display.set_mode((800, 480))), Metrics(800, 480)
    client, director = Client(path), Director("id", "light")
    client.pump(0)
    peer, _ = listener.accept()
    first_ms: list[float] = []
    whole_ms: list[float] = []
    with peer:
        for number in range(ROUNDS):
            peer.sendall(_line(VIEW) + _line(_numbered(SAMPLES["late"] or VIEW, number)))
            began_s = time.perf_counter()
            for view in client.pump(number):
                director.receive(view, number * 10, 0)
            for at_s, figures in ((0.0, first_ms), (APPEAR_MS / 1000, whole_ms)):
                page = compose(director.stage(number * 10 + at_s, 0), metrics)
                pygame.display.update(canvas.show(page))
                figures.append((time.perf_counter() - began_s) * 1000)
                began_s = time.perf_counter()
            pygame.display.update(canvas.show(compose(director.stage(number * 10 + 9, 0), metrics)))
    client.close()
    pygame.quit()
    median = statistics.median
    yield Figure(
        "ui", "view received to first frame", median(first_ms), "ms", FRAME_LIMIT_MS, "one 60 Hz frame"
    )
    yield Figure(
        "ui", "frame of the result's motion", median(whole_ms), "ms", FRAME_LIMIT_MS, "one 60 Hz frame"
    )


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(30)
        yield listener


def _line(view: View) -> bytes:
    return msgspec.json.encode(Reply(1, event=view)) + b"\n"


def _numbered(view: View, number: int) -> View:
    card = view.card and msgspec.structs.replace(view.card, number=number + 1)
    return msgspec.structs.replace(view, card=card)
