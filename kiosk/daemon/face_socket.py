"""The socket that kiosk-face connects to: one at a time, read here, written by a thread of its own.

What is read is handed on as typed messages; the descriptor of its preview is kept for the screen.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import msgspec

from kiosk.core import facing
from kiosk.daemon.control_socket import listen_at

log = logging.getLogger(__name__)
SILENT_S = 10.0
ALIVE_S = 3.0  # one that spoke so lately is not replaced by another
SEND_S = facing.LOADING_S  # while it reads its models it takes nothing in; whether it lives its beats tell
LOOK_S = 0.5
RECEIVE_BYTES = 256 * 1024
MOST_DESCRIPTORS = 4

Order = Callable[[], Iterable[facing.FromDaemon]]
"""Makes the messages of one order, on the writing thread: a whole gallery is read as it is sent."""

_from_face = msgspec.json.Decoder(facing.FromFace)


class BadFaceError(Exception):
    """What came is not of this protocol; the message says what."""


@dataclass(frozen=True, slots=True)
class FacePorts:
    """What the socket tells; each is called from its thread."""

    came: Callable[[facing.FaceHello], None]
    said: Callable[[facing.FromFace], None]
    went: Callable[[str], None]
    """Why: `closed`, `silent`, or what was wrong."""
    alone: Callable[[], None] = lambda: None
    """Now and then while nobody is connected."""


class FaceSocket:
    """Listens from `start` to `stop`. `send` and `preview` from any thread."""

    def __init__(self, path: Path, group: str, ports: FacePorts) -> None:
        self._path, self._group, self._ports = path, group, ports
        self._lock = threading.Lock()
        self._line: _Line | None = None
        self._came = 0
        self._retired: int | None = None
        self._stopping = threading.Event()
        self._listener: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="face", daemon=True)

    def start(self) -> None:
        """Open the socket. Raises `SocketInUseError` and `OSError`."""
        self._listener = listen_at(self._path, 0o660, self._group)
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Hang up; whether that was done in time."""
        self._stopping.set()
        if self._thread.ident is not None and self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def send(self, order: Order) -> bool:
        """Have an order sent after those before it; whether somebody is there."""
        line = self._line
        if line is None or not line.greeted:
            return False
        line.orders.put(order)
        return True

    def preview(self) -> tuple[int, int] | None:
        """The number of this kiosk-face and the descriptor of its preview.

        It stays open until the kiosk-face after the next has come; copy it to keep it.
        """
        with self._lock:
            line = self._line
            return (self._came, line.preview) if line and line.greeted and line.preview is not None else None

    @property
    def number(self) -> int:
        """How many kiosk-faces have come."""
        return self._came

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._turn()
        except Exception:
            log.exception("nobody listens for kiosk-face any more")
        finally:
            self._end("stopped")
            self._retire(None)
            if self._listener:
                self._listener.close()
                self._path.unlink(missing_ok=True)

    def _turn(self) -> None:
        assert self._listener is not None
        watched = [self._listener, *([self._line.sock] if self._line else [])]
        ready, _, _ = select.select(watched, [], [], LOOK_S)
        if self._listener in ready:
            self._accept(self._listener)
        line = self._line
        if line is None:
            self._ports.alone()
            return
        try:
            if line.sock in ready:
                for message in line.receive():
                    self._take(line, message)
            elif line.silent_s > (max(SILENT_S, line.patience_s) if line.ready else facing.LOADING_S):
                self._end("silent")
        except EOFError:
            self._end("closed")
        except (OSError, BadFaceError) as error:
            self._end(str(error))

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sock, _ = listener.accept()
            line = self._line
            if line is not None and line.silent_s < (ALIVE_S if line.ready else facing.LOADING_S):
                log.warning("a second kiosk-face was refused: one is here and well")
                sock.close()
                return
            self._end("replaced")
            sock.settimeout(SEND_S)
            self._line = _Line(sock)

    def _take(self, line: _Line, message: facing.FromFace) -> None:
        if line.greeted:
            line.ready |= isinstance(message, facing.Ready | facing.CameraState)
            if isinstance(message, facing.Beat):
                line.patience_s = min(message.patience_s, facing.LOADING_S)
            self._ports.said(message)
            return
        if not isinstance(message, facing.FaceHello) or line.preview is None:
            raise BadFaceError("it did not begin with its name and its preview")
        if message.version != facing.VERSION:
            raise BadFaceError(
                f"it speaks version {message.version}, kioskd {facing.VERSION}: install the same"
            )
        with self._lock:
            self._came += 1
        line.begin()
        self._ports.came(message)

    def _end(self, why: str) -> None:
        with self._lock:
            line, self._line = self._line, None
            if line is not None:
                self._retire(line.preview)
        if line is not None:
            line.close()
            if line.greeted or why not in ("closed", "replaced", "stopped"):
                self._ports.went(why)

    def _retire(self, preview: int | None) -> None:
        """Close the preview before this one: of this one somebody may just be making a copy."""
        if self._retired is not None:
            os.close(self._retired)
        self._retired = preview


class _Line:
    """One connection: bytes to messages, and orders to bytes."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.preview: int | None = None
        self.greeted = self.ready = False
        self.patience_s = 0.0
        self.orders: SimpleQueue[Order | None] = SimpleQueue()
        self._buffer = bytearray()
        self._heard_s = time.monotonic()
        self._writer = threading.Thread(target=self._write, name="face-writer", daemon=True)

    @property
    def silent_s(self) -> float:
        """Seconds since it last said anything."""
        return time.monotonic() - self._heard_s

    def begin(self) -> None:
        """It has said who it is: it may be sent to."""
        self.greeted = True
        self._writer.start()

    def receive(self) -> list[facing.FromFace]:
        """Whole messages that have arrived. Raises `EOFError`, `OSError`, `BadFaceError`."""
        chunk, descriptors, _, _ = socket.recv_fds(self.sock, RECEIVE_BYTES, MOST_DESCRIPTORS)
        for descriptor in descriptors:
            if self.preview is None:
                self.preview = descriptor
            else:
                os.close(descriptor)
        if not chunk:
            raise EOFError
        self._heard_s = time.monotonic()
        self._buffer += chunk
        *lines, rest = self._buffer.split(b"\n") if b"\n" in chunk else [self._buffer]
        if len(rest) > facing.MAX_LINE_BYTES:
            raise BadFaceError("it sends a line without an end")
        self._buffer = rest
        try:
            return [_from_face.decode(line) for line in lines]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadFaceError(f"it sends what is no message: {error}") from error

    def close(self) -> None:
        """Hang up."""
        self.orders.put(None)
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def _write(self) -> None:
        """The top of the writing thread; what it cannot send ends the connection."""
        try:
            while (order := self.orders.get()) is not None:
                for message in order():
                    self.sock.sendall(msgspec.json.encode(message) + b"\n")
        except OSError as error:
            log.debug("kiosk-face takes nothing more: %s", error)
        except Exception:
            log.exception("kiosk-face could not be told something")
        finally:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
