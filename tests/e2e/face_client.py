"""kiosk-face's end of its socket, for tests of kioskd alone: says what it is told to, keeps what it hears."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from kiosk.core import facing
from tests.e2e.rig import until

T = TypeVar("T")
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8 + b"\xff\xd9"
TEMPLATE = b"HFT1" + bytes([13]) + b"dlib-resnet-1" + bytes(512)


class FaceClient:
    """Connected as long as it is not closed; `answer` makes the answers to what kioskd asks."""

    def __init__(self, path: Path, answer: Callable[[facing.FromDaemon], list[facing.FromFace]]) -> None:
        self.heard: list[facing.FromDaemon] = []
        self.ended = threading.Event()
        self._answer = answer
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.connect(str(path))
        memory = os.memfd_create("preview")
        os.write(memory, b"HPV1")
        hello = facing.FaceHello(version=facing.VERSION, pid=os.getpid())
        with contextlib.suppress(OSError):  # sent away at once
            socket.send_fds(self._sock, [msgspec.json.encode(hello) + b"\n"], [memory])
        os.close(memory)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def say(self, *lines: facing.FromFace) -> None:
        """Tell kioskd."""
        self._sock.sendall(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))

    def of(self, kind: type[T]) -> list[T]:
        """Everything of one kind that was heard."""
        return [line for line in list(self.heard) if isinstance(line, kind)]

    def gallery(self) -> dict[str, int]:
        """How many templates of whom it was given, by now."""
        people: dict[str, int] = {}
        for line in list(self.heard):
            if isinstance(line, facing.PutPeople):
                people = {} if line.whole else people
                people |= {person.person_id: len(person.templates) for person in line.people}
            elif isinstance(line, facing.DropPerson):
                people.pop(line.person_id, None)
        return people

    def ready(self) -> None:
        """The camera works and the gallery is in force."""
        until(lambda: self.of(facing.PutPeople))
        self.say(
            facing.CameraState(status="ready", info="a camera"),
            facing.Ready(family="dlib-resnet-1", people=1, threshold_milli=960, provenance="a test"),
            facing.Beat(frames=1, busy=False),
        )

    def close(self) -> None:
        """Die."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def _listen(self) -> None:
        decode = msgspec.json.Decoder(facing.FromDaemon).decode
        try:
            with self._sock.makefile("rb") as lines:
                for line in lines:
                    message = decode(line)
                    self.heard.append(message)
                    self.say(*self._answer(message))
        except (OSError, ValueError):
            pass
        finally:
            self.ended.set()
