"""ZFM frames as the host sees them (R307 user manual, section 3.3). Pure: bytes in, frames or errors out.

EF 01 | address 4 | kind 1 | length 2 | payload | checksum 2
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.base.errors import ProtocolError

COMMAND, DATA, ACK, END = 0x01, 0x02, 0x07, 0x08
HEADER = b"\xef\x01"
HEAD_BYTES = 9
MIN_LENGTH, MAX_LENGTH = 3, 256 + 2
MAX_STRAY_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Frame:
    """One sound frame, with the bytes it came in."""

    kind: int
    payload: bytes
    raw: bytes


class Decoder:
    """Cuts what the sensor sends into frames.

    Bytes before a header with our address are skipped and counted in `stray`. What starts like one of our
    frames and is not sound raises `ProtocolError`; the decoder can go on after that, and holds no more than
    one frame.
    """

    def __init__(self, address: int) -> None:
        self._start = HEADER + address.to_bytes(4, "big")
        self._buffer = bytearray()
        self.stray = 0

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._buffer += data

    def clear(self) -> None:
        """Forget everything."""
        self._buffer.clear()
        self.stray = 0

    @property
    def partial(self) -> bool:
        """Whether part of a frame is waiting for the rest."""
        return len(self._buffer) > 0

    def next(self) -> Frame | None:
        """The next whole frame, or None until more is fed."""
        self._skip()
        if len(self._buffer) < HEAD_BYTES:
            return None
        kind, length = self._buffer[6], int.from_bytes(self._buffer[7:9], "big")
        if not MIN_LENGTH <= length <= MAX_LENGTH or kind not in (COMMAND, DATA, ACK, END):
            del self._buffer[: len(HEADER)]
            raise ProtocolError(f"a frame of kind 0x{kind:02X} and length {length}")
        end = HEAD_BYTES + length
        if len(self._buffer) < end:
            return None
        raw = bytes(self._buffer[:end])
        if sum(raw[6:-2]) & 0xFFFF != int.from_bytes(raw[-2:], "big"):
            del self._buffer[: len(HEADER)]
            raise ProtocolError("a frame with a wrong checksum")
        del self._buffer[:end]
        return Frame(kind, raw[HEAD_BYTES:-2], raw)

    def _skip(self) -> None:
        """Drop what cannot be the beginning of a frame of ours."""
        at = self._buffer.find(self._start)
        if at < 0:
            at = len(self._buffer) - self._tail_that_may_start()
        self.stray += at
        del self._buffer[:at]
        if self.stray > MAX_STRAY_BYTES:
            self.clear()
            raise ProtocolError("another device than a fingerprint sensor sends on this port")

    def _tail_that_may_start(self) -> int:
        longest = min(len(self._start) - 1, len(self._buffer))
        return next((n for n in range(longest, 0, -1) if self._buffer.endswith(self._start[:n])), 0)
