"""What a screen is made of: small frozen pieces that know where they are and how to paint themselves.

A screen is composed as a plain list of them; the canvas compares two lists and paints what differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

import pygame

from ui import fonts, qr
from ui.box import Box
from ui.fingerprint import filled, fingerprint
from ui.fonts import Face
from ui.icons import icon
from ui.theme import Colour
from ui.vector import dot, render

Align = Literal["left", "centre", "right"]


class Item(Protocol):
    """One piece of a screen; equal items look the same. It paints inside its box only."""

    @property
    def box(self) -> Box:
        """Where it is."""

    def paint(self, surface: pygame.Surface) -> None:
        """Draw it."""


@dataclass(frozen=True)
class Fill:
    """A plain rectangle, its corners rounded by `radius` pixels."""

    box: Box
    colour: Colour
    radius: int = 0

    def paint(self, surface: pygame.Surface) -> None:
        """Draw it."""
        radius = min(self.radius, self.box.w // 2, self.box.h // 2)
        if radius < 1:
            surface.fill(self.colour, self.box)
            return
        surface.fill(self.colour, self.box.inset(radius, 0))
        surface.fill(self.colour, self.box.inset(0, radius))
        _paint_corners(surface, self.box, radius, self.colour)


@dataclass(frozen=True)
class Text:
    """One line of text. Its box is as high as the line."""

    box: Box
    text: str
    face: Face
    size: int
    colour: Colour
    align: Align = "left"

    @property
    def ink_width(self) -> int:
        """How wide the text itself is."""
        return fonts.width(self.text, self.face, self.size)

    def paint(self, surface: pygame.Surface) -> None:
        """Draw it."""
        slack = self.box.w - self.ink_width
        x = self.box.x + {"left": 0, "centre": slack // 2, "right": slack}[self.align]
        y = self.box.y + (self.box.h - fonts.line_height(self.face, self.size)) // 2
        surface.blit(glyphs(self.text, self.face, self.size, self.colour), (x, y))


@dataclass(frozen=True)
class Icon:
    """One of our icons, as large as fits in its box."""

    box: Box
    name: str
    colour: Colour

    def paint(self, surface: pygame.Surface) -> None:
        """Draw it."""
        size = min(self.box.w, self.box.h)
        place = self.box.middle(size, size)
        surface.blit(icon(self.name, size, self.colour), (place.x, place.y))


@dataclass(frozen=True)
class Fingerprint:
    """The fingerprint; `frame` of its passing glow, or lit from below by `share_milli`."""

    box: Box
    colour: Colour
    glow: Colour
    frame: int = 0
    share_milli: int = 0

    def paint(self, surface: pygame.Surface) -> None:
        """Draw it."""
        if self.share_milli:
            drawn = filled(self.box.w, self.colour, self.glow, self.share_milli)
        else:
            drawn = fingerprint(self.box.w, self.colour, self.glow, self.frame)
        surface.blit(drawn, (self.box.x, self.box.y))


@dataclass(frozen=True)
class QrCode:
    """A QR code in a square box."""

    box: Box
    data: str

    def paint(self, surface: pygame.Surface) -> None:
        """Draw it."""
        surface.blit(qr.code(self.data, self.box.w), (self.box.x, self.box.y))


@dataclass(frozen=True)
class Target:
    """Where a finger may touch, and the intent it means; `name` tells targets apart while pressed."""

    box: Box
    name: str
    value: str


@dataclass(frozen=True)
class Page:
    """A whole screen: its items from back to front, its ground, and what can be touched."""

    ground: Colour
    items: tuple[Item, ...]
    targets: tuple[Target, ...] = ()

    def target_at(self, x: int, y: int) -> Target | None:
        """What is touched at a point, if anything."""
        return next((t for t in reversed(self.targets) if t.box.holds(x, y)), None)


@lru_cache(maxsize=256)
def glyphs(text: str, face: Face, size: int, colour: Colour) -> pygame.Surface:
    """A rendered line of text."""
    return fonts.font(face, size).render(text, True, colour)


@lru_cache(maxsize=64)
def _disc(radius: int, colour: Colour) -> pygame.Surface:
    return render([dot(1, 1, 1)], (2 * radius, 2 * radius), (2, 2), colour)


def _paint_corners(surface: pygame.Surface, box: Box, radius: int, colour: Colour) -> None:
    disc = _disc(radius, colour)
    far_x, far_y = box.right - radius, box.bottom - radius
    for x, sx in ((box.x, 0), (far_x, radius)):
        for y, sy in ((box.y, 0), (far_y, radius)):
            surface.blit(disc, (x, y), (sx, sy, radius, radius))
