"""The connection to kioskd: typed lines, each way on a thread of its own; losing it is no error."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from pathlib import Path
from queue import Empty, Full, Queue, SimpleQueue

import msgspec

from kiosk.address import address_of
from kiosk.core.facing import MAX_LINE_BYTES, FaceHello, FromDaemon, FromFace

CHUNK_BYTES = 256 * 1024
MOST_UNREAD = 4
"""Lines that wait for the main loop: a gallery of 13,000 people is not held in full beside itself."""
MOST_UNSENT = 2_000
"""Lines that may wait for kioskd to read; beyond this it is not listening any more."""

LOOK_S = 0.5

log = logging.getLogger(__name__)


class Link:
    """One connection, from `hello` until either side ends it."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._lost = threading.Event()
        self._inbox: Queue[FromDaemon] = Queue(MOST_UNREAD)
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._decoder = msgspec.json.Decoder(FromDaemon)

    @classmethod
    def connect(cls, path: Path) -> Link:
        """Raises `OSError` when kioskd is not there."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with address_of(path) as address:
                sock.connect(address)
        except OSError:
            sock.close()
            raise
        return cls(sock)

    @property
    def lost(self) -> bool:
        """Whether it has ended."""
        return self._lost.is_set()

    def hello(self, hello: FaceHello, preview: int) -> None:
        """Say who we are, the preview's descriptor beside it, and begin to read. Raises `OSError`."""
        socket.send_fds(self._socket, [msgspec.json.encode(hello) + b"\n"], [preview])
        for run in (self._read, self._write):
            threading.Thread(target=run, name=f"link {run.__name__}", daemon=True).start()

    def say(self, line: FromFace) -> None:
        """Send a line in its turn; never waits."""
        if self._outbox.qsize() >= MOST_UNSENT:
            log.warning("kioskd reads nothing any more")
            self.close()
        self._outbox.put(msgspec.json.encode(line) + b"\n")

    def next(self, wait_s: float) -> FromDaemon | None:
        """The next line from kioskd; None when none comes in time."""
        try:
            return self._inbox.get(timeout=wait_s) if wait_s > 0 else self._inbox.get_nowait()
        except Empty:
            return None

    def close(self) -> None:
        """End the connection; what waits is not sent any more."""
        self._lost.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._outbox.put(None)

    def _read(self) -> None:
        waiting = bytearray()
        try:
            while chunk := self._socket.recv(CHUNK_BYTES):
                *lines, rest = (waiting + chunk).split(b"\n")
                waiting = bytearray(rest)
                for line in lines:
                    self._take(bytes(line))
                if len(waiting) > MAX_LINE_BYTES:
                    log.error("kioskd sent a line of more than %d bytes", MAX_LINE_BYTES)
                    break
        except OSError as error:
            log.debug("connection lost: %s", error)
        except Exception:
            log.exception("reading from kioskd ended")
        finally:
            self.close()

    def _take(self, line: bytes) -> None:
        try:
            self._hand_over(self._decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            log.warning("a line of kioskd is refused: %s", error)

    def _hand_over(self, line: FromDaemon) -> None:
        while not self.lost:
            with contextlib.suppress(Full):
                self._inbox.put(line, timeout=LOOK_S)
                return

    def _write(self) -> None:
        try:
            while (line := self._outbox.get()) is not None:
                self._socket.sendall(line)
        except OSError as error:
            log.debug("connection lost: %s", error)
        finally:
            self.close()
            self._socket.close()
