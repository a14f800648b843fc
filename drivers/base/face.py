"""The face engine contract: where faces are, their 68 points, and a vector that names the person."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from drivers.base.camera import Pixels
from drivers.base.errors import ProtocolError

Points = NDArray[np.float32]
"""68 x 2, x and y in pixels of the full frame, in the iBUG 300-W order."""

Vector = NDArray[np.float32]
"""One embedding of unit length."""


def unit(vector: Vector) -> Vector:
    """The vector scaled to length 1."""
    scaled: Vector = (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)
    return scaled


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, x and y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def scaled(self, factor: float) -> Box:
        """The same rectangle in a picture `factor` times as large."""
        return Box(self.left * factor, self.top * factor, self.right * factor, self.bottom * factor)

    def moved(self, dx: float, dy: float) -> Box:
        """The same rectangle, `dx` to the right and `dy` down."""
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.width * self.height + other.width * other.height - shared)


@dataclass(frozen=True, slots=True, eq=False)
class FaceTemplate:
    """An embedding and the engine family that made it; two families are never compared."""

    family: str
    vector: Vector

    MAGIC: ClassVar[bytes] = b"HFT1"

    def to_bytes(self) -> bytes:
        """`HFT1`, length and name of the family, then float32 little-endian."""
        name = self.family.encode("ascii")
        return self.MAGIC + struct.pack("<B", len(name)) + name + self.vector.astype("<f4").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> FaceTemplate:
        """The inverse of `to_bytes`; raises `ProtocolError` for anything else."""
        start = 5 + data[4] if len(data) > 4 and data[:4] == cls.MAGIC else len(data)
        if start >= len(data) or (len(data) - start) % 4:
            raise ProtocolError("these bytes are no face template")
        vector = np.frombuffer(data[start:], "<f4").astype(np.float32)
        if not np.isfinite(vector).all() or not data[5:start].isascii():
            raise ProtocolError("this face template is damaged")
        return cls(data[5:start].decode("ascii"), vector)


class FaceEngine(ABC):
    """Finds faces and describes them. Not thread-safe; one per process, away from anything smooth."""

    family: ClassVar[str]
    """Names the embedding space, e.g. `dlib-resnet-1`; a template of another family does not fit."""
    dimensions: ClassVar[int]

    @abstractmethod
    def detect(self, grey: Pixels) -> list[Box]:
        """Upright faces of about 80 pixels and more in a grey picture, in that picture's pixels."""

    @abstractmethod
    def landmarks(self, grey: Pixels, box: Box) -> Points:
        """The 68 points of the face inside `box`; always answers, so check with `detect` now and then."""

    @abstractmethod
    def align(self, rgb: Pixels, points: Points) -> Pixels:
        """The face cut out, upright and scaled as `embed` wants it; small enough to keep or to send on."""

    @abstractmethod
    def embed(self, chip: Pixels) -> Vector:
        """The unit-length embedding of an aligned face; slow (170 ms with dlib here)."""
