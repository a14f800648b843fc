"""The camera's picture on the screen, and marks around the faces that are spoken to."""

from __future__ import annotations

from dataclasses import dataclass

import pygame

from kiosk.core.preview import FaceBox, Picture
from ui import fonts
from ui.box import Box
from ui.items import glyphs
from ui.preview import Shot
from ui.theme import Colour

_CORNER = 0.24
"""Length of a mark's corner, in parts of the face."""


@dataclass(frozen=True)
class Mark:
    """Around one face: corners in `fill`, and `label`, if any, above them in `on`."""

    track: int
    fill: Colour
    on: Colour
    label: str = ""


@dataclass(frozen=True)
class Mirror:
    """Fills its box with the middle of the picture. `label_px` is the size of the marks' labels."""

    box: Box
    ground: Colour
    shot: Shot | None
    marks: tuple[Mark, ...] = ()
    label_px: int = 17

    def paint(self, surface: pygame.Surface) -> None:
        """Draw it."""
        if self.shot is None or not self.box.w or not self.box.h:
            surface.fill(self.ground, self.box)
            return
        picture = self.shot.picture
        part = seen_part(picture, self.box)
        whole = pygame.image.frombuffer(picture.pixels, (picture.width, picture.height), "RGB")
        cut = whole.subsurface(part)
        size = (self.box.w, self.box.h)
        surface.blit(cut if cut.get_size() == size else pygame.transform.smoothscale(cut, size), self.box)
        for mark in self.marks:
            for face in picture.faces:
                if face.track == mark.track:
                    self._mark(surface, on_screen(face, picture, part, self.box), mark)

    def _mark(self, surface: pygame.Surface, face: Box, mark: Mark) -> None:
        long = max(6, round(min(face.w, face.h) * _CORNER))
        thick = max(3, self.label_px // 4)
        for x, sx in ((face.x, 1), (face.right, -1)):
            for y, sy in ((face.y, 1), (face.bottom, -1)):
                points = [(x + sx * long, y), (x, y), (x, y + sy * long)]
                pygame.draw.lines(surface, mark.fill, closed=False, points=points, width=thick)
        if mark.label:
            self._label(surface, face, mark)

    def _label(self, surface: pygame.Surface, face: Box, mark: Mark) -> None:
        width = fonts.width(mark.label, "strong", self.label_px) + self.label_px
        height = round(self.label_px * 1.8)
        x = max(self.box.x, min(face.centre[0] - width // 2, self.box.right - width))
        place = Box(x, max(self.box.y, face.y - height - 4), width, height)
        pygame.draw.rect(surface, mark.fill, place, border_radius=height // 3)
        text = glyphs(mark.label, "strong", self.label_px, mark.on)
        surface.blit(text, (x + self.label_px // 2, place.y + (height - text.get_height()) // 2))


def seen_part(picture: Picture, box: Box) -> Box:
    """The middle of the picture that has the shape of the box."""
    scale = max(box.w / picture.width, box.h / picture.height)
    width = min(picture.width, max(1, round(box.w / scale)))
    height = min(picture.height, max(1, round(box.h / scale)))
    return Box(0, 0, picture.width, picture.height).middle(width, height)


def on_screen(face: FaceBox, picture: Picture, part: Box, box: Box) -> Box:
    """Where a face of the picture is on the display; it may reach beyond the box."""
    across, down = box.w / part.w, box.h / part.h
    left = box.x + (face.left * picture.width / 1000 - part.x) * across
    right = box.x + (face.right * picture.width / 1000 - part.x) * across
    top = box.y + (face.top * picture.height / 1000 - part.y) * down
    bottom = box.y + (face.bottom * picture.height / 1000 - part.y) * down
    return Box(round(left), round(top), max(0, round(right - left)), max(0, round(bottom - top)))
