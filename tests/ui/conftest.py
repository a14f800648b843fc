"""A display that is not there, and a peer that speaks the control socket's real language."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["SDL_AUDIODRIVER"] = "dummy"

import msgspec
import pygame
import pytest

from kiosk.core.api import Reply
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


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    made = Peer(tmp_path / "ui.sock")
    yield made
    if made.path.exists():
        made.vanish()
