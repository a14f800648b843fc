"""The preview in shared memory: a ring of RGB pictures that kiosk-face writes and the screen reads.

Nobody waits for anybody. A slot's sequence is odd while it is written (a seqlock): a reader that finds it
odd, or changed after the copy, passes that picture over. A slot is written anew after `SLOTS - 1` others.

| at | what |
|---|---|
| 0 | magic `HPV1`, slots, bytes a slot; from 16: number of the newest picture (0: none), from 1 on |
| 32 + slot * bytes | sequence, number, monotonic ns, width, height, stride, faces, 8 faces, pixels |
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_PX: Final = 640
"""Pictures are no wider and no higher."""
SLOTS: Final = 4
MOST_FACES: Final = 8

_MAGIC = b"HPV1"
_HEAD = struct.Struct("<4sIQ")
_NEWEST = struct.Struct("<Q")
_NEWEST_AT, _SLOTS_AT = 16, 32
_SLOT = struct.Struct("<QQQHHHH")
_SEQUENCE = struct.Struct("<Q")
_REST = struct.Struct("<QQHHHH")
_FACE = struct.Struct("<IHHHH")
_PIXELS_AT = 192
_SLOT_BYTES = _PIXELS_AT + MOST_PX * MOST_PX * 3
PREVIEW_BYTES: Final = _SLOTS_AT + SLOTS * _SLOT_BYTES


@dataclass(frozen=True, slots=True)
class FaceBox:
    """Where a face is in the picture, in thousandths of its width and height; `track` as in `Guide`."""

    track: int
    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture for the screen: mirrored, RGB, `stride` bytes a row; when it was taken (monotonic)."""

    number: int
    at_ns: int
    width: int
    height: int
    stride: int
    pixels: bytes
    faces: tuple[FaceBox, ...] = ()


class PreviewWriter:
    """The writing end, over `PREVIEW_BYTES` of shared memory."""

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory
        self._number = 0
        _HEAD.pack_into(memory, 0, _MAGIC, SLOTS, _SLOT_BYTES)

    def write(
        self, pixels: memoryview, width: int, height: int, at_ns: int, faces: Sequence[FaceBox] = ()
    ) -> None:
        """Put a picture of contiguous RGB into the ring."""
        memory, number = self._memory, self._number + 1
        start = _SLOTS_AT + number % SLOTS * _SLOT_BYTES
        (sequence,) = _SEQUENCE.unpack_from(memory, start)
        _SEQUENCE.pack_into(memory, start, sequence | 1)
        known = faces[:MOST_FACES]
        _REST.pack_into(memory, start + _SEQUENCE.size, number, at_ns, width, height, width * 3, len(known))
        for index, face in enumerate(known):
            at = start + _SLOT.size + index * _FACE.size
            _FACE.pack_into(memory, at, face.track, face.left, face.top, face.right, face.bottom)
        memory[start + _PIXELS_AT : start + _PIXELS_AT + width * 3 * height] = pixels
        _SEQUENCE.pack_into(memory, start, (sequence | 1) + 1)
        _NEWEST.pack_into(memory, _NEWEST_AT, number)
        self._number = number


class PreviewReader:
    """The reading end. Raises `ValueError` when the memory holds no preview."""

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory
        magic, slots, slot_bytes = _HEAD.unpack_from(memory)
        if (magic, slots, slot_bytes) != (_MAGIC, SLOTS, _SLOT_BYTES) or len(memory) < PREVIEW_BYTES:
            raise ValueError("this memory holds no preview")

    @property
    def newest(self) -> int:
        """The newest picture's number; 0 before the first."""
        number: int = _NEWEST.unpack_from(self._memory, _NEWEST_AT)[0]
        return number

    def read(self) -> Picture | None:
        """The newest picture; None when there is none, or it was overwritten meanwhile."""
        wanted = self.newest
        if not wanted:
            return None
        start = _SLOTS_AT + wanted % SLOTS * _SLOT_BYTES
        sequence, number, at_ns, width, height, stride, count = _SLOT.unpack_from(self._memory, start)
        if max(width, height) > MOST_PX or stride != width * 3 or count > MOST_FACES:
            return None
        from_, to = start + _PIXELS_AT, start + _PIXELS_AT + stride * height
        faces = tuple(self._face(start, index) for index in range(count))
        picture = Picture(number, at_ns, width, height, stride, bytes(self._memory[from_:to]), faces)
        (after,) = _SEQUENCE.unpack_from(self._memory, start)
        return picture if sequence == after and sequence % 2 == 0 else None

    def _face(self, start: int, index: int) -> FaceBox:
        return FaceBox(*_FACE.unpack_from(self._memory, start + _SLOT.size + index * _FACE.size))
