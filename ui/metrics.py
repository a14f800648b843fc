"""Sizes in pixels, from the display: one spacing grid, one type scale, real millimetres for fingers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

GRID = 8
TOUCH_MM = 9.0
TypeSize = Literal["clock", "time", "display", "headline", "title", "body", "label"]
TYPE_SCALE: dict[TypeSize, int] = {
    "clock": 128,
    "time": 72,
    "display": 48,
    "headline": 36,
    "title": 28,
    "body": 22,
    "label": 17,
}


@dataclass(frozen=True)
class Metrics:
    """The display: pixels, and its diagonal in inches for the true size of touch targets."""

    width: int
    height: int
    diagonal_in: float = 7.0

    @property
    def portrait(self) -> bool:
        """Taller than wide."""
        return self.height > self.width

    @property
    def scale(self) -> float:
        """1.0 on 800x480 (or 480x800); the grid and the type scale are multiplied by it."""
        wide, high = (480, 800) if self.portrait else (800, 480)
        return min(self.width / wide, self.height / high)

    def u(self, units: float) -> int:
        """So many grid units, in pixels."""
        return round(units * GRID * self.scale)

    def type(self, size: TypeSize) -> int:
        """The font size of a step of the type scale, in pixels per em."""
        return round(TYPE_SCALE[size] * self.scale)

    @property
    def px_per_mm(self) -> float:
        """The display's density."""
        return math.hypot(self.width, self.height) / (self.diagonal_in * 25.4)

    @property
    def touch(self) -> int:
        """The least width and height of anything a finger should hit (9 mm)."""
        return math.ceil(TOUCH_MM * self.px_per_mm)
