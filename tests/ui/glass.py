"""The real screen in a window: touched where a key is, compared pixel by pixel with what it is to show."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pygame

from kiosk.core.view import View
from tests.ui.xdisplay import XDisplay, eventually
from ui.canvas import Canvas
from ui.items import Page
from ui.metrics import Metrics
from ui.panes import Entry, Pane
from ui.screens import compose
from ui.stage import Director

SIZE = (800, 480)


class _Event(msgspec.Struct):
    event: View


class Glass:
    """A `kiosk-ui` on a display of its own, in front of a running kioskd."""

    def __init__(self, display: XDisplay, frame_buffer: Path, ui_socket: Path) -> None:
        self._display, self._frame_buffer, self._socket = display, frame_buffer, ui_socket

    def view(self) -> View:
        """What kioskd tells the screen now."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self._socket))
            line.sendall(b'{"id":1,"do":{"cmd":"watch"}}\n')
            with line.makefile("rb") as views:
                return msgspec.json.decode(views.readline(), type=_Event).event

    def page(self, pane: Pane | None) -> Page:
        """The page that shows `pane`."""
        director = Director("id", "light")
        now_ms = time.time_ns() // 1_000_000
        director.receive(msgspec.structs.replace(self.view(), card=None, flow=None), 0, now_ms)
        return compose(director.stage(2, now_ms, pane=pane), Metrics(*SIZE))

    def now(self) -> Page:
        """The page for what kioskd says now, whatever somebody at the screen sees."""
        director = Director("id", "light")
        now_ms = time.time_ns() // 1_000_000
        director.receive(self.view(), 0, now_ms)
        return compose(director.stage(0, now_ms), Metrics(*SIZE))

    def shows(self, pane: Pane) -> Page:
        """Wait until every pixel is that of `pane`."""
        eventually(lambda: self.pixels() == self._picture(pane), f"the glass shows {pane}")
        return self.page(pane)

    def _picture(self, pane: Pane) -> bytes:
        surface = pygame.Surface(SIZE)
        Canvas(surface).show(self.page(pane))
        return pygame.image.tobytes(surface, "RGB")

    def touch(self, page: Page, name: str, *values: str) -> None:
        """Touch keys one after another, as fast as they come."""
        words: list[str] = []
        for value in values:
            (box,) = [t.box for t in page.targets if (t.name, t.value) == (name, value)]
            words += ["mousemove", *map(str, box.centre), "click", "1"]
        subprocess.run(["xdotool", *words], env=self._display.environment(), check=True, timeout=60)

    def begin(self, flow: str) -> None:
        """Touch one of the idle screen's keys, once it is idle."""
        page = self.page(None)
        eventually(lambda: self._idle(page), "it is idle")
        self.touch(page, "start", flow)

    def type_in(self, entry: Entry, text: str) -> None:
        """Type into a field, see it there, and confirm it."""
        page = self.shows(entry)
        self.touch(page, "key", *(character.lower() for character in text))
        for character in text:
            entry = entry.pressed(character.lower())
        self.touch(self.shows(entry), "ok", "ok")

    def pixels(self) -> bytes:
        """What is on the glass, three bytes a pixel (X window dump format)."""
        data = self._frame_buffer.read_bytes()
        header = struct.unpack(">25I", data[:100])
        start = header[0] + header[19] * 12
        frame = data[start : start + SIZE[0] * SIZE[1] * 4]
        out = bytearray(len(frame) // 4 * 3)
        out[0::3], out[1::3], out[2::3] = frame[2::4], frame[1::4], frame[0::4]
        return bytes(out)

    def header(self, pane: Pane | None = None) -> bytes:
        """The pixels above the first row below the title: of `pane`, or as they are."""
        return (self._picture(pane) if pane else self.pixels())[: SIZE[0] * 3 * 68]

    def _idle(self, page: Page) -> bool:
        """Whether the row of keys that begin a flow is on the glass."""
        surface = pygame.Surface(SIZE)
        Canvas(surface).show(page)
        boxes = [t.box for t in page.targets if t.name == "start"]
        strip = boxes[0].union(boxes[-1])
        seen = pygame.image.frombytes(self.pixels(), SIZE, "RGB")
        cut = [pygame.image.tobytes(one.subsurface(strip), "RGB") for one in (surface, seen)]
        return cut[0] == cut[1]


@contextmanager
def glass(display: XDisplay, frame_buffer: Path, ui_socket: Path, log: Path) -> Iterator[Glass]:
    """Start `kiosk-ui`; it is gone at the end."""
    pygame.display.init()
    pygame.font.init()
    command = [
        sys.executable, "-m", "ui.main", "--socket", str(ui_socket), "--theme", "light", "--fullscreen",
    ]  # fmt: skip
    with log.open("wb") as file:
        program = subprocess.Popen(command, env=display.environment(), stderr=file)
        try:
            yield Glass(display, frame_buffer, ui_socket)
        finally:
            program.terminate()
            program.wait(20)
