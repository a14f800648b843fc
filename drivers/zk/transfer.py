"""Large answers of a terminal, fetched piece by piece, each piece checked against the size asked for.

The terminal prepares the whole answer in a buffer (1503) and then gives any part of it (1504), which makes
it possible to read only the end of a log, and to ask again for a piece that lost datagrams. Small answers
come at once.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from types import TracebackType

from drivers.base.errors import DeviceError, NotSupported, ProtocolError, Rejected, Timeout, Unavailable
from drivers.zk.frames import Frame
from drivers.zk.line import Line
from drivers.zk.session import ACK_OK, DATA, PREPARE_BUFFER, PREPARE_DATA, READ_BUFFER, VENDOR_ERRORS, Session

TCP_PIECE_BYTES = 0xFFC0
UDP_PIECE_BYTES = 16 * 1024
PIECE_S = 15.0
"""A piece that takes longer comes from a terminal that drips: 4 kB/s is the slowest believed."""
UDP_QUIET_S = 0.4
TRIES = 6


class Transfer:
    """One large answer, open as long as the `with` block; `size` is its length in bytes."""

    def __init__(self, session: Session, what: tuple[int, int]) -> None:
        self._session = session
        self._what = what
        self._whole: bytes | None = None
        self.size = 0

    def __enter__(self) -> Transfer:
        command, kind = self._what
        with self._session.line.patient():
            code, data = self._session.command(PREPARE_BUFFER, struct.pack("<bhii", 1, command, kind, 0))
            if code == DATA:
                self._whole = collect(self._session.line, None)
                self.size = len(self._whole)
                return self
        if code != ACK_OK:
            raise NotSupported(f"the terminal refuses buffered reading (code {code})")
        if len(data) < 5:
            raise ProtocolError(f"the terminal prepares an answer of no size ({len(data)} bytes)")
        self.size = int.from_bytes(data[1:5], "little")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._whole is None and not isinstance(error, (Unavailable, Timeout, ProtocolError)):
            with suppress(*VENDOR_ERRORS):
                self._session.free()

    def read(self, start: int = 0) -> bytes:
        """The answer from byte `start` to its end."""
        if self._whole is not None:
            return self._whole[start:]
        step = TCP_PIECE_BYTES if self._session.line.tcp else UDP_PIECE_BYTES
        return b"".join(self.piece(at, min(step, self.size - at)) for at in range(start, self.size, step))

    def piece(self, start: int, size: int) -> bytes:
        """`size` bytes from `start` on; asked for again when some are missing."""
        line = self._session.line
        failure: DeviceError = ProtocolError("the terminal sends too little")
        for _ in range(TRIES):
            line.deadline.check("read a large answer")
            try:
                self._session.command(READ_BUFFER, struct.pack("<ii", start, size), size + 32)
                data = collect(line, size)
            except Timeout as error:
                if line.tcp:
                    raise
                failure = error
                continue
            if len(data) == size:
                return data
            failure = ProtocolError(f"{len(data)} of {size} bytes arrived, {TRIES} times")
        raise failure


def collect(line: Line, size: int | None) -> bytes:
    """The data of the answer whose first frame is `line.last`; `size` None takes what the terminal announces.

    Comes out short when the terminal says it is done before all was there. Over UDP that word may overtake
    the data.
    """
    answer = _Answer(size)
    frame = line.last
    while frame is not None:
        answer.take(frame)
        if answer.complete or (answer.done and line.tcp):
            break
        try:
            frame = line.reply(PIECE_S, line.patience.quiet_s if line.tcp else UDP_QUIET_S)
        except Timeout:
            if not answer.done:
                raise
            frame = None
    return answer.data


class _Answer:
    """Data packets of one answer, numbered from 0 in their session field by most firmwares."""

    def __init__(self, size: int | None) -> None:
        self.done = False
        self._size = size
        self._have = 0
        self._parts: list[Frame] = []

    def take(self, frame: Frame) -> None:
        """One more frame of the answer."""
        if frame.command == DATA:
            self._parts.append(frame)
            self._have += len(frame.data)
        elif frame.command == PREPARE_DATA:
            self._size = int.from_bytes(frame.data[:4], "little") if self._size is None else self._size
        elif frame.command == ACK_OK:
            self.done = True
        else:
            raise Rejected("refused", f"the terminal refuses to send data (code {frame.command})")

    @property
    def complete(self) -> bool:
        """Whether nothing more needs to come."""
        if self._size is None:
            return bool(self._parts)
        return self._have >= self._size and len(self.data) >= self._size

    @property
    def data(self) -> bytes:
        """What has arrived: by number, doubled packets once; as it came where numbers make no sense."""
        numbered = {part.session: part.data for part in self._parts}
        if len(numbered) > 1 and sorted(numbered) == list(range(len(numbered))):
            return b"".join(numbered[number] for number in range(len(numbered)))
        return b"".join(part.data for part in self._parts)
