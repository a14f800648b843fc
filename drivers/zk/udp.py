"""The connection to a ZKTeco terminal over UDP."""

from __future__ import annotations

import socket

from drivers.base.deadline import Deadline
from drivers.base.errors import Unavailable
from drivers.zk.frames import Frame
from drivers.zk.line import Line, Patience

_DATAGRAM_BUFFER_BYTES = 1 << 20
_HEADER_BYTES = 8


class UdpLine(Line):
    """Datagrams to and from one terminal; a damaged one is the same as a lost one."""

    tcp = False

    def __init__(self, address: tuple[str, int], patience: Patience) -> None:
        super().__init__(_bind(address), patience)

    def sendto(self, packet: bytes, _address: tuple[str, int]) -> int:
        """For pyzk: send a command."""
        self._ask(packet)
        return len(packet)

    def recv(self, size: int) -> bytes:
        """For pyzk; see `Line`. What does not fit is gone, as with a real datagram."""
        return self.reply(self._answer_s, self._answer_s).to_bytes()[:size]

    def _send(self, payload: bytes) -> None:
        try:
            self._sock.send(payload)
        except OSError as error:
            raise self._lost(error) from error

    def _frame(self, until: Deadline, quiet_s: float) -> Frame | None:
        while True:
            datagram = self._receive(min(quiet_s, until.left_s))
            if datagram is None:
                return None
            if not datagram and self._closed:
                raise Unavailable("the connection was closed on our side")
            if len(datagram) >= _HEADER_BYTES:
                return Frame.from_bytes(datagram)
            if until.passed:
                return None

    def _buffered(self) -> Frame | None:
        datagram = self._receive(0.0)
        return Frame.from_bytes(datagram) if datagram and len(datagram) >= _HEADER_BYTES else None

    def _unsound(self, frame: Frame) -> None:
        pass


def _bind(address: tuple[str, int]) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _DATAGRAM_BUFFER_BYTES)
    try:
        sock.connect(address)
    except OSError as error:
        sock.close()
        raise Unavailable(f"no way to {address[0]}:{address[1]}: {error.strerror or error}") from error
    return sock
