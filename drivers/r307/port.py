"""What pyfingerprint takes for its serial port: whole, sound, expected frames, within a deadline.

The library writes and reads single bytes and believes whatever it reads. This port collects what it writes
until a frame is complete, and gives it only bytes of frames that may answer that command. Everything else
is skipped and remembered in `surplus`. So the library's own loops end: each `read` returns a byte or raises
a `DeviceError`.
"""

from __future__ import annotations

from contextlib import suppress

from drivers.base.deadline import Deadline
from drivers.base.errors import ProtocolError, Timeout
from drivers.r307.answers import EXPECTED, OK, UP_CHAR, Expected
from drivers.r307.frames import ACK, COMMAND, DATA, END, HEAD_BYTES, Decoder, Frame
from drivers.r307.line import SerialLine

REST_OF_FRAME_S = 0.5
MAX_DATA_BYTES = 4096
NOTHING = Expected(-1)
UNREADABLE = -1
"""Stands in `surplus` for an answer that came damaged: it may have been a refusal."""


class Port:
    """A serial port in pyfingerprint's eyes. `deadline` holds for everything until it is replaced.

    `code` is the last confirmation code; `surplus` the codes of acknowledgements that answered nothing.
    """

    def __init__(self, line: SerialLine, address: int) -> None:
        self._line = line
        self._decoder = Decoder(address)
        self._outgoing = bytearray()
        self._incoming = b""
        self._at = 0
        self._expected = NOTHING
        self._data_left = 0
        self._instruction = 0
        self.deadline = Deadline.after(0)
        self.code = OK
        self.surplus: list[int] = []

    def write(self, data: bytes) -> int:
        """Collect; send when a whole frame has come together."""
        self._outgoing += data
        head = self._outgoing
        if len(head) >= HEAD_BYTES and len(head) >= HEAD_BYTES + int.from_bytes(head[7:9], "big"):
            frame = bytes(head)
            head.clear()
            self._send(frame)
        return len(data)

    def read(self, size: int = 1) -> bytes:
        """The next `size` bytes of the frame that answers; the library asks for one at a time."""
        if self._at >= len(self._incoming):
            self._incoming = self._next_expected().raw
            self._at = 0
        self._at += size
        return self._incoming[self._at - size : self._at]

    def isOpen(self) -> bool:  # noqa: N802 - pyserial's name, which the library calls
        """False: the library's destructor has nothing to close; the reader does that."""
        return False

    def begin(self, deadline: Deadline) -> None:
        """Start an operation: its deadline, and nothing skipped yet."""
        self.deadline = deadline
        self.surplus.clear()

    @property
    def out_of_step(self) -> bool:
        """Whether an acknowledgement other than success answered nothing: some command failed unnoticed."""
        return any(code != OK for code in self.surplus)

    def linger(self, quiet_s: float) -> None:
        """Listen until the line is quiet: what still comes has answered nothing, and counts as skipped."""
        with suppress(Timeout):
            while not self.deadline.passed:
                self._decoder.feed(self._line.read(Deadline.after(min(quiet_s, self.deadline.left_s))))
                self._skip_whole_frames()
        self.deadline.check("listen")

    def settle(self, quiet_s: float) -> None:
        """Throw away what is under way, until the line is quiet."""
        self._line.settle(quiet_s, self.deadline)
        self._decoder.clear()
        self._outgoing.clear()
        self._incoming, self._at = b"", 0
        self.surplus.clear()

    def _send(self, frame: bytes) -> None:
        if frame[6] == COMMAND:
            self._drop_stale()
            self._instruction = frame[HEAD_BYTES]
            self._expected = EXPECTED.get(self._instruction, NOTHING)
            self._data_left = 0
        self._line.write(frame, self.deadline)

    def _drop_stale(self) -> None:
        """What arrived before a command is sent cannot be its answer; half a frame will be whole later."""
        self._incoming, self._at = b"", 0
        self._expected = NOTHING
        self._decoder.stray = 0
        self._skip_whole_frames()
        while data := self._line.waiting():
            self.deadline.check("drop what is stale")
            self._decoder.feed(data)
            self._skip_whole_frames()

    def _skip_whole_frames(self) -> None:
        while True:
            try:
                frame = self._decoder.next()
            except ProtocolError:
                self.surplus.append(UNREADABLE)
                continue
            if frame is None:
                return
            self._skip(frame)

    def _next_expected(self) -> Frame:
        while True:
            frame = self._decoder.next()
            if frame is None:
                self._decoder.feed(self._wait_for_more())
            elif self._accepts(frame):
                return frame
            else:
                self._skip(frame)

    def _accepts(self, frame: Frame) -> bool:
        if self._data_left and frame.kind in (DATA, END):
            return self._accept_data(frame)
        if frame.kind != ACK or not self._expected.fits(frame.payload):
            return False
        self.code = frame.payload[0]
        self._expected = NOTHING
        if self._instruction == UP_CHAR and self.code == OK:
            self._data_left = MAX_DATA_BYTES
        return True

    def _accept_data(self, frame: Frame) -> bool:
        self._data_left -= len(frame.payload)
        if self._data_left <= 0:
            raise ProtocolError("a template that does not end")
        if frame.kind == END:
            self._data_left = 0
        return True

    def _skip(self, frame: Frame) -> None:
        if frame.kind == ACK:
            self.surplus.append(frame.payload[0])

    def _wait_for_more(self) -> bytes:
        patience = self.deadline
        if self._decoder.partial:
            patience = Deadline.after(min(REST_OF_FRAME_S, self.deadline.left_s))
        try:
            return self._line.read(patience)
        except Timeout as error:
            if self._decoder.partial:
                raise ProtocolError("an answer that breaks off") from error
            if self._decoder.stray:
                raise ProtocolError("something that is no fingerprint sensor answers on this port") from error
            raise
