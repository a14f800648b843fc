"""A display that is not there, and a peer that speaks the control socket's real language."""

from __future__ import annotations

import fcntl
import mmap
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["SDL_AUDIODRIVER"] = "dummy"

import msgspec
import pygame
import pytest

from kiosk.core.api import Preview, Reply
from kiosk.core.preview import PREVIEW_BYTES, FaceBox, PreviewWriter
from kiosk.core.request import Request
from kiosk.core.view import View

PEER_DEADLINE_S = 10.0


@pytest.fixture(scope="session", autouse=True)
def _pygame() -> Iterator[None]:
    pygame.display.init()
    pygame.font.init()
    yield
    pygame.quit()


class Peer:
    """The daemon's end of the ui socket: one client at a time, driven by the test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._client: socket.socket | None = None
        self._lines: Any = None
        self._listener: socket.socket | None = None
        self.listen()

    def listen(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._listener.settimeout(PEER_DEADLINE_S)

    def accept(self) -> None:
        assert self._listener
        self._client, _ = self._listener.accept()
        self._client.settimeout(PEER_DEADLINE_S)
        self._lines = self._client.makefile("rb")
        assert self.request().do.__struct_config__.tag == "watch"

    def request(self) -> Request:
        return msgspec.json.decode(self._lines.readline(), type=Request)

    def show(self, view: View) -> None:
        self.raw(msgspec.json.encode(Reply(1, event=view)) + b"\n")

    def raw(self, data: bytes) -> None:
        assert self._client
        self._client.sendall(data)

    def give(self, number: int, descriptor: int) -> None:
        """Answer request `number` with the camera's preview."""
        assert self._client
        answer = msgspec.json.encode(Reply(number, result=Preview(1))) + b"\n"
        socket.send_fds(self._client, [answer], [descriptor])

    def hang_up(self) -> None:
        if self._client:
            self._lines.close()
            self._client.close()
            self._client = None

    def vanish(self) -> None:
        self.hang_up()
        if self._listener:
            self._listener.close()
            self._listener = None
            self.path.unlink()


class CameraMemory:
    """Shared memory as kiosk-face makes it, and a way to put plain pictures in."""

    def __init__(self, *, sealed: bool = True) -> None:
        self.descriptor = os.memfd_create("preview", os.MFD_ALLOW_SEALING)
        os.ftruncate(self.descriptor, PREVIEW_BYTES)
        if sealed:
            fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        self.mapped = memoryview(mmap.mmap(self.descriptor, PREVIEW_BYTES))
        self._writer = PreviewWriter(self.mapped)

    def show(self, colour: tuple[int, int, int], *faces: FaceBox, size: tuple[int, int] = (8, 6)) -> None:
        pixels = memoryview(bytes(colour) * (size[0] * size[1]))
        self._writer.write(pixels, *size, time.monotonic_ns(), faces)


@pytest.fixture
def memory() -> Iterator[CameraMemory]:
    made = CameraMemory()
    yield made
    os.close(made.descriptor)


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    made = Peer(tmp_path / "ui.sock")
    yield made
    if made.path.exists():
        made.vanish()
