"""ZFM frames as the sensor sees them (R307 user manual, section 3.3).

    EF 01 | address 4 | kind 1 | length 2 | payload | checksum 2

`length` counts the payload and the checksum; the checksum is the sum of kind, length and payload, modulo
65,536.
"""

from __future__ import annotations

from dataclasses import dataclass

COMMAND, DATA, ACK, END = 0x01, 0x02, 0x07, 0x08
HEADER = b"\xef\x01"
HEAD_BYTES = 9
MAX_LENGTH = 256 + 2


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame from the host; `sound` is False when its checksum is wrong."""

    address: int
    kind: int
    payload: bytes
    sound: bool = True


def encode(address: int, kind: int, payload: bytes) -> bytes:
    """The bytes of one frame."""
    body = bytes([kind]) + (len(payload) + 2).to_bytes(2, "big") + payload
    return HEADER + address.to_bytes(4, "big") + body + (sum(body) & 0xFFFF).to_bytes(2, "big")


class Decoder:
    """Cuts the bytes that arrive at the sensor into frames, skipping what is none."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take `data`; return the frames that are complete now."""
        self._buffer += data
        frames = []
        while (frame := self._cut()) is not None:
            frames.append(frame)
        return frames

    def reset(self) -> None:
        """Forget a half-received frame."""
        self._buffer.clear()

    def _cut(self) -> Frame | None:
        while True:
            self._skip_to_header()
            if len(self._buffer) < HEAD_BYTES:
                return None
            length = int.from_bytes(self._buffer[7:9], "big")
            if 2 <= length <= MAX_LENGTH:
                break
            del self._buffer[:2]
        end = HEAD_BYTES + length
        if len(self._buffer) < end:
            return None
        raw = bytes(self._buffer[:end])
        del self._buffer[:end]
        sound = sum(raw[6:-2]) & 0xFFFF == int.from_bytes(raw[-2:], "big")
        return Frame(int.from_bytes(raw[2:6], "big"), raw[6], raw[9:-2], sound)

    def _skip_to_header(self) -> None:
        at = self._buffer.find(HEADER)
        keep = len(self._buffer) - self._buffer.endswith(HEADER[:1]) if at < 0 else at
        del self._buffer[:keep]
