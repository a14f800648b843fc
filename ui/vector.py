"""Strokes and filled shapes drawn four times too large and scaled down: smooth edges without image files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pygame

from ui.theme import Colour

OVERSAMPLING = 4
Point = tuple[float, float]


@dataclass(frozen=True)
class Path:
    """A stroke through `points` of `width`, round at its ends; or a filled shape when `width` is 0."""

    points: tuple[Point, ...]
    width: float = 2.0


def line(*numbers: float, width: float = 2.0) -> Path:
    """A stroke through x, y, x, y, ..."""
    return Path(tuple(zip(numbers[::2], numbers[1::2], strict=True)), width)


def shape(*numbers: float) -> Path:
    """A filled polygon through x, y, x, y, ..."""
    return line(*numbers, width=0.0)


def arc(
    x: float, y: float, radius: float, start: float = 0.0, end: float = 360.0, width: float = 2.0
) -> Path:
    """A stroke around (x, y), degrees clockwise from the right."""
    steps = max(8, round(abs(end - start) / 6))
    angles = (math.radians(start + (end - start) * i / steps) for i in range(steps + 1))
    return Path(tuple((x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles), width)


def dot(x: float, y: float, radius: float) -> Path:
    """A filled disc."""
    return Path(arc(x, y, radius).points, 0.0)


def box(x: float, y: float, w: float, h: float, radius: float = 2.0, width: float = 2.0) -> Path:
    """A rectangle with rounded corners, as a stroke, or filled when `width` is 0."""
    corners = (
        (x + w - radius, y + radius, 270),
        (x + w - radius, y + h - radius, 0),
        (x + radius, y + h - radius, 90),
        (x + radius, y + radius, 180),
    )
    points = [p for cx, cy, start in corners for p in arc(cx, cy, radius, start, start + 90).points]
    return Path((*points, points[0]), width)


def render(
    paths: Iterable[Path], size: tuple[int, int], units: tuple[float, float], colour: Colour
) -> pygame.Surface:
    """A transparent surface of `size` pixels with `paths`, given in a drawing of `units`, in `colour`."""
    big = pygame.Surface((size[0] * OVERSAMPLING, size[1] * OVERSAMPLING), pygame.SRCALPHA)
    big.fill((*colour, 0))
    zoom = big.get_width() / units[0], big.get_height() / units[1]
    for path in paths:
        points = [(x * zoom[0], y * zoom[1]) for x, y in path.points]
        if path.width:
            _stroke(big, points, path.width * zoom[0], colour)
        else:
            pygame.draw.polygon(big, colour, points)
    return pygame.transform.smoothscale(big, size)


def _stroke(surface: pygame.Surface, points: Sequence[Point], width: float, colour: Colour) -> None:
    half = width / 2
    for x, y in points:
        pygame.draw.circle(surface, colour, (x, y), half)
    for (x0, y0), (x1, y1) in pairwise(points):
        length = math.hypot(x1 - x0, y1 - y0)
        if length:
            dx, dy = (y1 - y0) / length * half, (x0 - x1) / length * half
            quad = [(x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)]
            pygame.draw.polygon(surface, colour, quad)
