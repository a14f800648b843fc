"""One client of a control socket: bytes in to whole lines, lines out, nothing ever blocks."""

from __future__ import annotations

import os
import socket
from typing import Literal

Authority = Literal["admin", "ui"]

RECEIVE_BYTES = 256 * 1024
MAX_IN_FLIGHT = 4
MAX_UNSENT_BYTES = 1024 * 1024  # a client that does not read its answers asks nothing more


class LineTooLongError(ValueError):
    """What the client sends is no line of this protocol; the connection cannot go on."""


class Connection:
    """A client. Used by the control thread alone."""

    def __init__(self, sock: socket.socket, authority: Authority, max_line_bytes: int) -> None:
        self.authority: Authority = authority
        self.in_flight = 0
        self.bad_lines = 0
        self.watch_id: int | None = None
        self.at_end = False
        self.closing = False
        self.last_heard_s = 0.0
        self._sock = sock
        self._max_line_bytes = max_line_bytes
        self._received = bytearray()
        self._scanned = 0
        self._unsent = bytearray()
        self._newest_view: bytes | None = None
        self._descriptors: list[tuple[int, int]] = []
        sock.setblocking(False)

    def fileno(self) -> int:
        """For selectors."""
        return self._sock.fileno()

    @property
    def may_ask(self) -> bool:
        """Whether one more request may be begun."""
        return self.in_flight < MAX_IN_FLIGHT and len(self._unsent) < MAX_UNSENT_BYTES and not self.closing

    @property
    def wants_write(self) -> bool:
        """Whether something waits for room in the socket."""
        return bool(self._unsent)

    @property
    def finished(self) -> bool:
        """Whether nothing more can come of this connection."""
        if self._unsent:
            return False
        return self.closing or (self.at_end and (not self.in_flight or self.watch_id is not None))

    def receive(self) -> None:
        """Take what has arrived. Raises `OSError` when the client is gone."""
        try:
            chunk = self._sock.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        if chunk:
            self._received += chunk
        else:
            self.at_end = True

    def next_line(self) -> bytes | None:
        """The next whole line without its end, if there is one. Raises `LineTooLongError`."""
        end = self._received.find(b"\n", self._scanned)
        if (end if end >= 0 else len(self._received)) > self._max_line_bytes:
            raise LineTooLongError(f"a line of more than {self._max_line_bytes} bytes")
        if end < 0:
            self._scanned = len(self._received)
            return None
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        self._scanned = 0
        return line

    def send(self, line: bytes) -> None:
        """Send a line as soon as there is room. Raises `OSError` when the client is gone."""
        self._unsent += line
        self.flush()

    def send_with(self, line: bytes, descriptor: int) -> None:
        """Send a line and a copy of an open file beside its first byte. Raises `OSError`."""
        self._descriptors.append((len(self._unsent), os.dup(descriptor)))
        self.send(line)

    def show(self, line: bytes) -> None:
        """Send a view; while the client is slow only the newest is kept. Raises `OSError`."""
        self._newest_view = line
        self.flush()

    def flush(self) -> None:
        """Hand the socket what it takes. Raises `OSError` when the client is gone."""
        if not self._unsent and self._newest_view is not None:
            self._unsent += self._newest_view
            self._newest_view = None
        while self._unsent:
            try:
                sent = self._send_some()
            except BlockingIOError:
                return
            del self._unsent[:sent]
            if not self._unsent and self._newest_view is not None:
                self._unsent += self._newest_view
                self._newest_view = None

    def close(self) -> None:
        """Hang up."""
        for _, descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        self._sock.close()

    def _send_some(self) -> int:
        """What goes in one piece: up to the next descriptor, or that with what follows it."""
        if not self._descriptors:
            return self._sock.send(self._unsent)
        (at, descriptor), *later = self._descriptors
        if at == 0:
            sent = socket.send_fds(
                self._sock, [self._unsent[: later[0][0]] if later else self._unsent], [descriptor]
            )
            os.close(descriptor)
        else:
            sent, later = self._sock.send(self._unsent[:at]), self._descriptors
        self._descriptors = [(place - sent, number) for place, number in later]
        return sent
