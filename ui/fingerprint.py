"""The fingerprint on the idle screen: ridges drawn by us, and a glow that passes down them now and then."""

from __future__ import annotations

import math
from functools import lru_cache

import pygame

from ui.stage import GLOW_FRAMES
from ui.theme import Colour
from ui.vector import Path, Point, render

UNITS = (100.0, 124.0)
RIDGE_WIDTH = 4.4
_CORE = (50.0, 56.0)
_OVAL = (47.5, 59.5)
_CORE_LINE: list[Point] = [(50.0, float(y)) for y in range(56, 112, 4)]
_GAPS: dict[int, tuple[tuple[float, float], ...]] = {
    1: ((0.08, 0.16),),
    2: ((0.66, 0.72),),
    3: ((0.2, 0.26), (0.86, 0.92)),
    4: ((0.58, 0.63),),
    5: ((0.12, 0.17), (0.74, 0.79)),
    6: ((0.4, 0.45),),
}


@lru_cache(maxsize=1)
def ridges() -> tuple[Path, ...]:
    """The ridges: nested arches around a core, cut to the oval of a fingertip, with a few breaks."""
    found: list[Path] = []
    for number in range(7):
        found += _unbroken(number, _arch(7.6 * number) if number else _CORE_LINE)
    return tuple(found)


@lru_cache(maxsize=64)
def fingerprint(width: int, colour: Colour, glow: Colour, frame: int) -> pygame.Surface:
    """The fingerprint `width` pixels wide; `frame` 1 to `GLOW_FRAMES` shows the glow on its way, 0 none."""
    size = width, height_of(width)
    plain = _drawn(size, colour).copy()
    if not frame:
        return plain
    lit = _drawn(size, glow).copy()
    lit.blit(_band(size, frame / (GLOW_FRAMES + 1)), (0, 0), special_flags=pygame.BLEND_RGBA_MULT)
    plain.blit(lit, (0, 0))
    return plain


@lru_cache(maxsize=32)
def filled(width: int, colour: Colour, glow: Colour, share_milli: int) -> pygame.Surface:
    """The fingerprint with its lower `share_milli` thousandths lit: how far an enrolment has come."""
    size = width, height_of(width)
    surface = _drawn(size, colour).copy()
    top = size[1] - round(size[1] * share_milli / 1000)
    surface.fill((0, 0, 0, 0), (0, top, size[0], size[1] - top))
    surface.blit(_drawn(size, glow), (0, top), (0, top, size[0], size[1] - top))
    return surface


def height_of(width: int) -> int:
    """How high a fingerprint of that width is."""
    return round(width * UNITS[1] / UNITS[0])


@lru_cache(maxsize=8)
def _drawn(size: tuple[int, int], colour: Colour) -> pygame.Surface:
    return render(ridges(), size, UNITS, colour)


def _arch(radius: float) -> list[Point]:
    x, y = _CORE
    top = [_on_arch(radius, 180 + 3 * i) for i in range(61)]
    lean = 0.10 * radius
    left = [(x - radius + lean * t * t, y + 62 * t) for t in (i / 20 for i in range(20, 0, -1))]
    right = [(x + radius - lean * t * t, y + 62 * t) for t in (i / 20 for i in range(1, 21))]
    return [*left, *top, *right]


def _on_arch(radius: float, degrees: float) -> Point:
    angle = math.radians(degrees)
    return _CORE[0] + radius * math.cos(angle), _CORE[1] + radius * 1.08 * math.sin(angle)


def _unbroken(number: int, points: list[Point]) -> list[Path]:
    gaps = _GAPS.get(number, ())
    runs: list[list[Point]] = [[]]
    for index, point in enumerate(points):
        share = index / len(points)
        if _in_oval(point) and not any(start <= share < end for start, end in gaps):
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [Path(tuple(run), RIDGE_WIDTH) for run in runs if len(run) > 8]


def _in_oval(point: Point) -> bool:
    dx, dy = (point[0] - 50) / _OVAL[0], (point[1] - 62) / _OVAL[1]
    return dx * dx + dy * dy <= 1


def _band(size: tuple[int, int], progress: float) -> pygame.Surface:
    band = pygame.Surface(size, pygame.SRCALPHA)
    middle, reach = (-0.3 + 1.6 * progress) * size[1], 0.3 * size[1]
    for y in range(size[1]):
        near = max(0.0, 1 - abs(y - middle) / reach)
        band.fill((255, 255, 255, round(255 * near * near * (3 - 2 * near))), (0, y, size[0], 1))
    return band
