"""A real control server with a small handler, for the tests of both ends of the socket."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from kiosk.address import address_of
from kiosk.core import api
from kiosk.core.view import ClockView, LinkView, SiteView, View
from kiosk.daemon.control import ControlServer
from kiosk.daemon.control_connection import Authority


def view(revision: int, padding: int = 0) -> View:
    return View(
        revision=revision,
        language="id",
        site=SiteView("S" * padding, "WIB"),
        clock=ClockView("ntp", 0),
        link=LinkView("online", 0),
        devices=(),
    )


class Canned:
    """Answers each command with what the test put there: a result, an exception or a function."""

    def __init__(self) -> None:
        self.answers: dict[type[api.Command], Any] = {}
        self.asked: list[api.Command] = []
        self.refused: list[tuple[str, str]] = []

    def handle(self, command: api.Command, authority: Authority, emit: Callable[[object], None]) -> object:
        self.asked.append(command)
        answer = self.answers.get(type(command), api.Done(authority))
        if isinstance(answer, Exception):
            raise answer
        return answer(command, emit) if callable(answer) else answer

    def on_refused(self, cause: str, detail: str) -> None:
        self.refused.append((cause, detail))


@contextmanager
def serving(directory: Path) -> Iterator[tuple[ControlServer, Canned]]:
    handler = Canned()
    server = ControlServer(
        handler,
        admin_path=directory / "control.sock",
        ui_path=directory / "ui.sock",
        on_refused=handler.on_refused,
    )
    server.start()
    try:
        yield server, handler
    finally:
        server.stop(2.0)


class Line:
    """A bare client: bytes out, JSON lines in."""

    def __init__(self, path: Path) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(10)
        with address_of(path) as address:
            self.sock.connect(address)
        self.file = self.sock.makefile("rb")

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.sock.close()

    def send(self, raw: bytes) -> None:
        self.sock.sendall(raw)

    def ask(self, id_: int, cmd: str, **fields: Any) -> None:
        self.send(msgspec.json.encode({"id": id_, "do": {"cmd": cmd, **fields}}) + b"\n")

    def read(self) -> dict[str, Any]:
        line = self.file.readline()
        assert line, "the server hung up"
        reply: dict[str, Any] = msgspec.json.decode(line)
        return reply

    def at_end(self) -> bool:
        try:
            return self.file.readline() == b""
        except ConnectionResetError:
            return True


def wait_until(true: Callable[[], bool], timeout_s: float = 10.0) -> None:
    pause = threading.Event()
    for _ in range(int(timeout_s * 200)):
        if true():
            return
        pause.wait(0.005)
    raise AssertionError("it did not happen in time")
