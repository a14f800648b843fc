"""Frames of the ZKTeco protocol, and how they are found in a TCP stream.

A frame is command u16, checksum u16, session u16, reply number u16, data. Over UDP it is one datagram; over
TCP eight bytes precede it: 50 50 82 7D and its length as u32. The checksum is the one's complement of the
one's-complement sum of all 16-bit words, so a sound frame, taken as one little-endian number, is divisible
by 65535.

Live events (command 500) carry their kind in the session field and reply number 0. Recorded ones come with
a TCP length that is far too long, and some with a wrong checksum: their end is found by other means.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from drivers.base.errors import ProtocolError
from drivers.zk.events import ID_BYTES

MAGIC = bytes.fromhex("5050827d")
EVENT = 500
_TOP = Struct("<4sI")
_HEADER = Struct("<4H")
_TOP_BYTES = _TOP.size
_HEADER_BYTES = _HEADER.size
MAX_FRAME_BYTES = 1 << 20
_EVENT_BYTES = {_HEADER_BYTES + size for size in ID_BYTES}
_EVENT_COMMAND = EVENT.to_bytes(2, "little")


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of the terminal; `session` is an event's kind and a data packet's number."""

    command: int
    session: int
    reply: int
    data: bytes
    sound: bool = True

    @classmethod
    def from_bytes(cls, payload: bytes) -> Frame:
        """Take a frame apart; `sound` tells whether its checksum is right. Raises `ProtocolError`."""
        if len(payload) < _HEADER_BYTES:
            raise ProtocolError(f"frame of {len(payload)} bytes")
        command, _checksum, session, reply = _HEADER.unpack_from(payload)
        return cls(command, session, reply, payload[_HEADER_BYTES:], is_sound(payload))

    def to_bytes(self) -> bytes:
        """The frame as it goes over UDP, checksum included."""
        return _HEADER.pack(self.command, self._checksum(), self.session, self.reply) + self.data

    def _checksum(self) -> int:
        blank = _HEADER.pack(self.command, 0, self.session, self.reply) + self.data
        return 0xFFFF - int.from_bytes(blank, "little") % 0xFFFF


def is_sound(payload: bytes | bytearray) -> bool:
    """Whether a frame's checksum is right."""
    return int.from_bytes(payload, "little") % 0xFFFF == 0


def with_top(payload: bytes) -> bytes:
    """The frame as it goes over TCP."""
    return _TOP.pack(MAGIC, len(payload)) + payload


class Stream:
    """Finds frames in what TCP delivers: split, coalesced, with stray bytes between them."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.stray_bytes = 0

    def feed(self, data: bytes) -> None:
        """Add what arrived."""
        self._buffer += data

    def next(self, *, quiet: bool = False) -> Frame | None:
        """The next complete frame, or None when more bytes are needed.

        `quiet` says that nothing more is coming for now: an event whose length lies is then taken as it is.
        """
        while self._to_magic():
            length = int.from_bytes(self._buffer[4:_TOP_BYTES], "little")
            if not _HEADER_BYTES <= length <= MAX_FRAME_BYTES:
                self._drop(1)
                continue
            end = self._event_end(length, quiet=quiet) or _TOP_BYTES + length
            if len(self._buffer) < end:
                return None
            payload = bytes(self._buffer[_TOP_BYTES:end])
            del self._buffer[:end]
            return Frame.from_bytes(payload)
        return None

    def _to_magic(self) -> bool:
        """Drop what precedes the next frame; True when a whole top is there."""
        if not self._buffer.startswith(MAGIC):
            at = self._buffer.find(MAGIC)
            keep = next((n for n in (3, 2, 1) if self._buffer.endswith(MAGIC[:n])), 0)
            self._drop(at if at >= 0 else len(self._buffer) - keep)
        return len(self._buffer) >= _TOP_BYTES and self._buffer.startswith(MAGIC)

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self.stray_bytes += count

    def _event_end(self, length: int, *, quiet: bool) -> int | None:
        """Where an event ends whose length is no length of an event; None for everything else."""
        body = self._buffer[_TOP_BYTES : _TOP_BYTES + max(_EVENT_BYTES)]
        if not body.startswith(_EVENT_COMMAND) or length in _EVENT_BYTES:
            return None
        if _TOP_BYTES + length <= len(self._buffer) and is_sound(
            self._buffer[_TOP_BYTES : _TOP_BYTES + length]
        ):
            return None
        following = self._buffer.find(MAGIC, _TOP_BYTES)
        there = (following if following >= 0 else len(self._buffer)) - _TOP_BYTES
        if there in _EVENT_BYTES and (following >= 0 or quiet):
            return _TOP_BYTES + there
        return max(
            (_TOP_BYTES + size for size in _EVENT_BYTES if size <= there and is_sound(body[:size])),
            default=None,
        )
