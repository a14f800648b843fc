"""kiosk-face's socket: one at a time, one that hangs is sent away, what is no message ends the line."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.core import facing
from kiosk.daemon import face_socket
from kiosk.daemon.face_socket import FacePorts, FaceSocket
from tests.e2e.face_client import FaceClient
from tests.e2e.rig import until

READY = facing.CameraState(status="ready")


class Kiosk:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[str] = []
        ports = FacePorts(
            lambda hello: self.told.append("came"),
            lambda message: self.told.append(type(message).__name__),
            self.told.append,
        )
        self.socket = FaceSocket(path, "", ports)
        self.socket.start()

    def client(self) -> FaceClient:
        return FaceClient(self.path, lambda line: [])


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    made = Kiosk(tmp_path / "face.sock")
    yield made
    assert made.socket.stop(5.0)
    assert not made.path.exists()


def test_it_is_told_in_order_and_its_preview_is_kept(kiosk: Kiosk) -> None:
    assert not kiosk.socket.send(lambda: (facing.Cancel(job=1),))
    client = kiosk.client()
    until(lambda: kiosk.told == ["came"])
    number, descriptor = kiosk.socket.preview() or (0, -1)
    assert (number, os.pread(descriptor, 4, 0)) == (1, b"HPV1")
    kiosk.socket.send(lambda: (facing.Cancel(job=n) for n in (1, 2)))
    kiosk.socket.send(lambda: (facing.DropPerson(person_id="a"),))
    until(lambda: len(client.heard) == 3)
    assert client.heard == [facing.Cancel(job=1), facing.Cancel(job=2), facing.DropPerson(person_id="a")]
    client.close()
    until(lambda: kiosk.told == ["came", "closed"])
    assert kiosk.socket.preview() is None


def test_a_second_one_is_refused_while_the_first_is_well(kiosk: Kiosk) -> None:
    first = kiosk.client()
    until(lambda: kiosk.told == ["came"])
    second = kiosk.client()
    assert second.ended.wait(10)
    first.say(facing.Beat(frames=1, busy=False))
    until(lambda: kiosk.told == ["came", "Beat"])


def test_one_that_hangs_gives_way_to_the_next(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_socket, "ALIVE_S", 0.0)
    kiosk.client().say(READY)
    until(lambda: kiosk.told == ["came", "CameraState"])
    kiosk.client()
    until(lambda: kiosk.told == ["came", "CameraState", "replaced", "came"])


def test_one_that_is_silent_is_sent_away(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_socket, "SILENT_S", 1.0)
    client = kiosk.client()
    client.say(READY)
    until(lambda: kiosk.told == ["came", "CameraState", "silent"])
    assert client.ended.wait(10)


def test_one_that_loads_its_models_is_waited_for(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_socket, "SILENT_S", 0.0)
    client = kiosk.client()
    assert not client.ended.wait(3 * face_socket.LOOK_S)
    assert kiosk.told == ["came"]


def test_a_slow_machine_may_be_silent_for_longer(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_socket, "SILENT_S", 0.0)
    client = kiosk.client()
    client.say(facing.Beat(frames=0, busy=False, patience_s=100.0))
    client.say(READY)
    until(lambda: kiosk.told == ["came", "Beat", "CameraState"])
    assert not client.ended.wait(3 * face_socket.LOOK_S)
    client.say(facing.Beat(frames=0, busy=False))
    until(lambda: kiosk.told[-1] == "silent")


def test_one_that_takes_nothing_in_blocks_nobody(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_socket, "SEND_S", 0.2)
    deaf = socket.socket(socket.AF_UNIX)
    deaf.connect(str(kiosk.path))
    hello = json.dumps({"say": "facehello", "version": facing.VERSION, "pid": 1}).encode() + b"\n"
    socket.send_fds(deaf, [hello], [0])
    until(lambda: kiosk.told == ["came"])
    kiosk.socket.send(lambda: (facing.DropPerson(person_id="x" * 100_000) for _ in range(100)))
    until(lambda: kiosk.told == ["came", "closed"])


@pytest.mark.parametrize(
    "line", [b"{}", b"\xff\n", b'{"say":"beat","frames":1,"busy":false}', b'{"say":"seen","kind":"x"}']
)
def test_what_is_no_message_ends_the_line(kiosk: Kiosk, line: bytes) -> None:
    stranger = socket.socket(socket.AF_UNIX)
    stranger.connect(str(kiosk.path))
    stranger.sendall(line + b"\n")
    assert stranger.recv(100) == b""
    assert "came" not in kiosk.told
    kiosk.client()
    until(lambda: "came" in kiosk.told)
