"""Rectangles that are cut into smaller ones: the whole of our layout arithmetic."""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in pixels; unlike a `pygame.Rect` it is hashable and never changes."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        """The first column past the box."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """The first row past the box."""
        return self.y + self.h

    @property
    def centre(self) -> tuple[int, int]:
        """The middle."""
        return self.x + self.w // 2, self.y + self.h // 2

    def inset(self, dx: int, dy: int | None = None) -> Box:
        """Smaller by `dx` left and right, `dy` (or `dx`) above and below; never below zero size."""
        dy = dx if dy is None else dy
        return Box(self.x + dx, self.y + dy, max(0, self.w - 2 * dx), max(0, self.h - 2 * dy))

    def cut_top(self, height: int, gap: int = 0) -> tuple[Box, Box]:
        """The top `height` rows, and what is left under a gap."""
        rest = max(0, self.h - height - gap)
        return Box(self.x, self.y, self.w, height), Box(self.x, self.y + height + gap, self.w, rest)

    def cut_bottom(self, height: int, gap: int = 0) -> tuple[Box, Box]:
        """The bottom `height` rows, and what is left above a gap."""
        rest = max(0, self.h - height - gap)
        return Box(self.x, self.bottom - height, self.w, height), Box(self.x, self.y, self.w, rest)

    def cut_left(self, width: int, gap: int = 0) -> tuple[Box, Box]:
        """The left `width` columns, and what is left beside a gap."""
        rest = max(0, self.w - width - gap)
        return Box(self.x, self.y, width, self.h), Box(self.x + width + gap, self.y, rest, self.h)

    def cut_right(self, width: int, gap: int = 0) -> tuple[Box, Box]:
        """The right `width` columns, and what is left before a gap."""
        rest = max(0, self.w - width - gap)
        return Box(self.right - width, self.y, width, self.h), Box(self.x, self.y, rest, self.h)

    def columns(self, count: int, gap: int = 0) -> list[Box]:
        """`count` columns of equal width."""
        width = (self.w - gap * (count - 1)) // count
        return [Box(self.x + i * (width + gap), self.y, width, self.h) for i in range(count)]

    def rows(self, count: int, gap: int = 0) -> list[Box]:
        """`count` rows of equal height."""
        height = (self.h - gap * (count - 1)) // count
        return [Box(self.x, self.y + i * (height + gap), self.w, height) for i in range(count)]

    def middle(self, width: int, height: int) -> Box:
        """A box of that size in the centre."""
        return Box(self.x + (self.w - width) // 2, self.y + (self.h - height) // 2, width, height)

    def holds(self, x: int, y: int) -> bool:
        """Whether the point is inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom

    def contains(self, other: Box) -> bool:
        """Whether `other` lies wholly inside."""
        return (
            self.x <= other.x and self.y <= other.y
            and other.right <= self.right and other.bottom <= self.bottom
        )  # fmt: skip

    def meets(self, other: Box) -> bool:
        """Whether the two share a pixel."""
        return (
            self.x < other.right and other.x < self.right
            and self.y < other.bottom and other.y < self.bottom
        )  # fmt: skip

    def union(self, other: Box) -> Box:
        """The smallest box around both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Box(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)
