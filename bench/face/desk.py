"""kioskd's end of the face socket, for the bench and the tests: speaks the protocol, keeps all it is told."""

from __future__ import annotations

import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from drivers.base.face import FaceTemplate, Vector
from kiosk.core.config import Camera, Face
from kiosk.core.facing import FaceHello, FromDaemon, FromFace, Person, PutPeople, Setup
from kiosk.core.preview import PREVIEW_BYTES, PreviewReader

T = TypeVar("T")
PATIENCE_S = 40.0


class Desk:
    """Listens, greets one kiosk-face after another, and waits for what a test expects."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[FromFace] = []
        self.heard_s: list[float] = []
        self.hellos = 0
        self.preview: PreviewReader | None = None
        self._changed = threading.Condition()
        self._peer: socket.socket | None = None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def say(self, line: FromDaemon) -> None:
        """Send one line."""
        self.send(msgspec.json.encode(line) + b"\n")

    def send(self, data: bytes) -> None:
        """Send bytes, whatever they are."""
        assert self._peer is not None
        self._peer.sendall(data)

    def set_up(self, camera: Camera, face: Face, people: Mapping[str, Sequence[Vector]], family: str) -> None:
        """Settings and gallery."""
        self.say(Setup(camera=camera, face=face))
        sent = tuple(
            Person(who, tuple(FaceTemplate(family, np.asarray(v, np.float32)).to_bytes() for v in vectors))
            for who, vectors in people.items()
        )
        self.say(PutPeople(people=sent, whole=True))

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait until something holds."""
        with self._changed:
            if not self._changed.wait_for(true, PATIENCE_S):
                raise AssertionError(f"never came: {what}; said: {self.said[-8:]}")

    def hear(self, kind: type[T], since: int = 0, **fields: Any) -> T:
        """The first line of this kind with these fields, of those after the first `since`."""
        found: list[T] = []

        def came() -> bool:
            found[:] = [line for line in self.said[since:] if isinstance(line, kind) and _has(line, fields)]
            return bool(found)

        self.until(came, f"{kind.__name__} {fields}")
        return found[0]

    def hang_up(self) -> None:
        """As when kioskd dies."""
        assert self._peer is not None
        self._peer.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()
        if self._peer is not None:
            self._peer.close()

    def _serve(self) -> None:
        while True:
            try:
                self._peer, _ = self._listener.accept()
                self._greet(self._peer)
                with self._peer.makefile("rb") as lines:
                    for line in lines:
                        self._take(msgspec.json.decode(line, type=FromFace))
            except OSError:
                if self._listener.fileno() < 0:
                    return

    def _greet(self, peer: socket.socket) -> None:
        line, descriptors, _, _ = socket.recv_fds(peer, 4096, 1)
        memory = mmap.mmap(descriptors[0], PREVIEW_BYTES, prot=mmap.PROT_READ)
        os.close(descriptors[0])
        self.preview = PreviewReader(memoryview(memory))
        self._take(msgspec.json.decode(line, type=FaceHello))

    def _take(self, line: FromFace) -> None:
        with self._changed:
            self.said.append(line)
            self.heard_s.append(time.monotonic())
            self.hellos += isinstance(line, FaceHello)
            self._changed.notify_all()


def _has(line: object, fields: dict[str, Any]) -> bool:
    return all(getattr(line, name) == value for name, value in fields.items())


class FaceUnderTest:
    """A real kiosk-face, its log in a file."""

    def __init__(self, socket_path: Path, log: Path) -> None:
        self._command = [sys.executable, "-m", "kiosk.face.main", "--socket", str(socket_path), "--verbose"]
        self._log = log
        self.process = self._start()

    def restart(self) -> None:
        """Killed as the kernel kills, and started again as systemd does."""
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def stop(self) -> int:
        """An ordered stop; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    @property
    def log(self) -> str:
        """What it has written."""
        return self._log.read_text()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(self._command, stdout=log, stderr=log)
