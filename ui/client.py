"""The UI's end of the control socket: never blocks, never raises, comes back by itself.

It has no thread: the app's one `select` waits for the display's poll, signals and this socket together.
"""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path

import msgspec

from kiosk.address import address_of
from kiosk.core.api import MAX_LINE_BYTES, ApiError, Watch
from kiosk.core.request import AnyCommand, Request
from kiosk.core.view import View
from ui.visit import Answer

RETRY_S = (0.1, 0.2, 0.5, 1.0)
_WATCH_ID = 1
_CHUNK_BYTES = 65_536
_MOST_DESCRIPTORS = 4
log = logging.getLogger(__name__)


class _Line(msgspec.Struct):
    """A reply, its event or result still undecoded."""

    id: int
    event: msgspec.Raw = msgspec.Raw()
    result: msgspec.Raw = msgspec.Raw()
    error: ApiError | None = None


class Client:
    """A connection to the daemon's `ui` socket that is there or will be."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._inbox = bytearray()
        self._outbox = bytearray()
        self._next_id = _WATCH_ID + 1
        self._failures = 0
        self._retry_at_s = 0.0
        self._lost_at_s: float | None = None
        self._answers: list[Answer] = []
        self._descriptors: list[int] = []
        self.malformed = 0

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._socket is not None

    @property
    def unsent(self) -> bool:
        """Whether something waits for room in the socket: `pump` again soon."""
        return bool(self._outbox)

    def fileno(self) -> int | None:
        """What `select` may wait for, if there is a connection."""
        return self._socket.fileno() if self._socket else None

    def pump(self, now_s: float) -> list[View]:
        """Connect if it is time to, send what waits, and return every view that has arrived."""
        if self._socket is None:
            self._connect(now_s)
        if self._socket is None:
            return []
        self._flush(now_s)
        return self._receive(now_s)

    def send(self, command: AnyCommand, now_s: float) -> int | None:
        """Send a command; its id. Without a connection it is dropped, as nobody is there to act on it."""
        if self._socket is None:
            return None
        number, self._next_id = self._next_id, self._next_id + 1
        self._outbox += msgspec.json.encode(Request(number, command)) + b"\n"
        self._flush(now_s)
        return number

    def answers(self) -> list[Answer]:
        """What has been answered since it was asked last."""
        came, self._answers = self._answers, []
        return came

    def take_descriptor(self) -> int | None:
        """The open file that came last beside an answer; whoever takes it closes it."""
        newest = self._descriptors.pop() if self._descriptors else None
        for stale in self._descriptors:
            os.close(stale)
        self._descriptors.clear()
        return newest

    def close(self) -> None:
        """Let go of the connection."""
        if self._socket:
            self._socket.close()
            self._socket = None
        if (descriptor := self.take_descriptor()) is not None:
            os.close(descriptor)

    def _connect(self, now_s: float) -> None:
        if now_s < self._retry_at_s:
            return
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.setblocking(False)
        try:
            with address_of(self._path) as address:
                made.connect(address)
        except OSError as error:
            made.close()
            self._lose(now_s, f"cannot connect to {self._path}: {error}")
            return
        self._socket = made
        self._inbox.clear()
        self._outbox[:] = msgspec.json.encode(Request(_WATCH_ID, Watch())) + b"\n"

    def _flush(self, now_s: float) -> None:
        if not self._outbox or self._socket is None:
            return
        try:
            sent = self._socket.send(self._outbox)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(now_s, f"connection lost: {error}")
            return
        del self._outbox[:sent]

    def _receive(self, now_s: float) -> list[View]:
        views: list[View] = []
        while self._socket is not None:
            try:
                chunk, descriptors, _, _ = socket.recv_fds(self._socket, _CHUNK_BYTES, _MOST_DESCRIPTORS)
            except BlockingIOError:
                break
            except OSError as error:
                self._lose(now_s, f"connection lost: {error}")
                break
            self._descriptors += descriptors
            if not chunk:
                self._lose(now_s, "the daemon closed the connection")
                break
            views += self._take(chunk, now_s)
        return views

    def _take(self, chunk: bytes, now_s: float) -> list[View]:
        self._inbox += chunk
        if len(self._inbox) > MAX_LINE_BYTES and b"\n" not in self._inbox:
            self._lose(now_s, f"a line of more than {MAX_LINE_BYTES} bytes")
            return []
        *lines, rest = self._inbox.split(b"\n")
        self._inbox = rest
        views = [self._decode(bytes(line), now_s) for line in lines if line.strip()]
        return [view for view in views if view is not None]

    def _decode(self, line: bytes, now_s: float) -> View | None:
        try:
            reply = msgspec.json.decode(line, type=_Line)
            shown = reply.id == _WATCH_ID and bytes(reply.event)
            view = msgspec.json.decode(reply.event, type=View) if shown else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self.malformed += 1
            log.log(logging.WARNING if self.malformed == 1 else logging.DEBUG, "malformed line: %s", error)
            return None
        if reply.error or bytes(reply.result):
            self._answers.append(Answer(reply.id, bytes(reply.result), reply.error))
        if reply.error:
            log.warning("request %d refused: %s", reply.id, reply.error.code)
        if view:
            self._recovered(now_s)
        return view

    def _lose(self, now_s: float, why: str) -> None:
        self.close()
        if self._lost_at_s is None:
            self._lost_at_s = now_s
            log.warning("%s; trying again until it is back", why)
        else:
            log.debug("%s", why)
        self._retry_at_s = now_s + RETRY_S[min(self._failures, len(RETRY_S) - 1)]
        self._failures += 1

    def _recovered(self, now_s: float) -> None:
        self._failures = 0
        if self._lost_at_s is not None:
            log.info("connected again after %.1f s", now_s - self._lost_at_s)
            self._lost_at_s = None
