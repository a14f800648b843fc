"""The connection to a ZKTeco terminal over TCP."""

from __future__ import annotations

import socket

from drivers.base.deadline import Deadline
from drivers.base.errors import ProtocolError, Timeout, Unavailable
from drivers.zk.frames import Frame, Stream, with_top
from drivers.zk.line import Line, Patience

_KEEPALIVE = ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))


class TcpLine(Line):
    """One TCP connection, and only one: terminals of this family serve a single client."""

    tcp = True

    def __init__(self, address: tuple[str, int], patience: Patience) -> None:
        super().__init__(_connect(address, patience.connect_s), patience)
        self._stream = Stream()

    def send(self, packet: bytes) -> int:
        """For pyzk: send a command that already has its TCP top."""
        self._ask(packet[8:])
        return len(packet)

    def recv(self, size: int) -> bytes:
        """For pyzk; see `Line`."""
        if not self._rest:
            self._rest = with_top(self.reply(self._answer_s, self._answer_s).to_bytes())
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def _send(self, payload: bytes) -> None:
        try:
            self._sock.settimeout(max(min(self._answer_s, self.deadline.left_s), 0.001))
            self._sock.sendall(with_top(payload))
        except TimeoutError as error:
            raise Timeout("the terminal takes no more bytes") from error
        except OSError as error:
            raise self._lost(error) from error

    def _frame(self, until: Deadline, quiet_s: float) -> Frame | None:
        while True:
            frame = self._stream.next()
            if frame is not None:
                return frame
            data = self._receive(min(quiet_s, until.left_s))
            if data is None:
                return self._stream.next(quiet=True)
            if not data:
                raise Unavailable("the terminal hung up")
            self._stream.feed(data)
            if until.passed:
                return self._stream.next()

    def _buffered(self) -> Frame | None:
        return self._stream.next()

    def _unsound(self, frame: Frame) -> None:
        raise ProtocolError(f"wrong checksum in an answer (command {frame.command})")


def _connect(address: tuple[str, int], timeout_s: float) -> socket.socket:
    try:
        sock = socket.create_connection(address, timeout_s)
    except OSError as error:
        raise Unavailable(
            f"no terminal answers at {address[0]}:{address[1]}: {error.strerror or error}",
            hint="check the terminal's power, network cable and address (menu: Comm.)",
        ) from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
    return sock
