"""Large answers of a terminal, fetched piece by piece, each piece checked against the size asked for.

The terminal prepares the whole answer in a buffer (1503) and then gives any part of it (1504), which makes
it possible to read only the end of a log, and to ask again for a piece that lost datagrams. Small answers
come at once.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from itertools import takewhile
from types import TracebackType

from drivers.base.deadline import Deadline
from drivers.base.errors import NotSupported, ProtocolError, Rejected, Timeout, Unavailable
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
        line = self._session.line
        with line.waiting(line.patience.work_s):
            code, data = self._session.command(PREPARE_BUFFER, struct.pack("<bhii", 1, command, kind, 0))
        if code == DATA:
            self._whole = collect(line, None).usable
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
        """`size` bytes from `start` on; what is missing is asked for again."""
        line = self._session.line
        quiet_s = line.patience.quiet_s - UDP_QUIET_S
        got, tries, silence = b"", 0, Deadline.after(quiet_s)
        while tries < TRIES:
            line.deadline.check("read a large answer")
            answer = self._ask(start + len(got), size - len(got), silence)
            fresh = answer.usable
            got += fresh
            if len(got) == size:
                return got
            tries = 0 if fresh else tries + 1
            if answer.heard:
                silence = Deadline.after(quiet_s)
        raise ProtocolError(f"{len(got)} of {size} bytes arrived, and no more in {TRIES} tries")

    def _ask(self, start: int, size: int, silence: Deadline) -> Answer:
        line = self._session.line
        try:
            with line.waiting(line.patience.answer_s if line.tcp else UDP_QUIET_S):
                self._session.command(READ_BUFFER, struct.pack("<ii", start, size), size + 32)
        except Timeout:
            if line.tcp or silence.passed:
                raise
            return Answer(size)
        return collect(line, size)


def collect(line: Line, size: int | None) -> Answer:
    """The answer whose first frame is `line.last`; `size` None takes the size the terminal announces.

    Ends short when the terminal says it is done, and over UDP when nothing more comes: the word of the end
    may overtake the data. Over TCP silence raises `Timeout`.
    """
    answer = Answer(size)
    frame = line.last
    while frame is not None:
        answer.take(frame)
        if answer.complete or (answer.done and line.tcp):
            break
        try:
            frame = line.reply(PIECE_S, line.patience.quiet_s if line.tcp else UDP_QUIET_S)
        except Timeout:
            if line.tcp:
                raise
            frame = None
    return answer


class Answer:
    """Data packets of one answer, numbered from 0 in their session field by all firmwares recorded so far.

    A terminal that does not number (every packet has the same number) is believed when all came at once.
    """

    def __init__(self, size: int | None) -> None:
        self.done = False
        self._size = size
        self._have = 0
        self._parts: dict[tuple[int, bytes], None] = {}

    def take(self, frame: Frame) -> None:
        """One more frame of the answer; a doubled packet counts once."""
        if frame.command == DATA:
            self._have += len(frame.data) if (frame.session, frame.data) not in self._parts else 0
            self._parts[frame.session, frame.data] = None
        elif frame.command == PREPARE_DATA:
            self._size = int.from_bytes(frame.data[:4], "little") if self._size is None else self._size
        elif frame.command == ACK_OK:
            self.done = True
        else:
            raise Rejected("refused", f"the terminal refuses to send data (code {frame.command})")

    @property
    def heard(self) -> bool:
        """Whether anything came."""
        return self.done or bool(self._parts)

    @property
    def complete(self) -> bool:
        """Whether nothing more needs to come."""
        return bool(self._parts) if self._size is None else self._have >= self._size

    @property
    def usable(self) -> bytes:
        """All of the data; or its beginning up to the first packet that is lost or cut."""
        by_number = dict(self._parts.keys())
        if len(by_number) <= 1:
            whole = b"".join(data for _, data in self._parts)
            return whole if self._size in {None, len(whole)} else b""
        gap = next(number for number in range(len(by_number) + 1) if number not in by_number)
        parts = [by_number[number] for number in range(gap)]
        whole = b"".join(parts)
        if self._size is None or len(whole) == self._size:
            return whole
        return _beginning(parts) if len(whole) < self._size else b""


def _beginning(parts: list[bytes]) -> bytes:
    """The packets of one length at the beginning, if there are two.

    A datagram that lost zeros at its end still has the right checksum: only its length gives it away.
    """
    same = [*takewhile(lambda part: len(part) == len(parts[0]), parts)]
    return b"".join(same) if len(same) > 1 else b""
