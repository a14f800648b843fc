"""Puts pages on a surface and paints only what differs from the page before."""

from __future__ import annotations

from collections.abc import Iterable

import pygame

from ui.box import Box
from ui.items import Page


class Canvas:
    """A surface that remembers the page it shows."""

    def __init__(self, surface: pygame.Surface) -> None:
        self._surface = surface
        self._page: Page | None = None

    def show(self, page: Page) -> list[Box]:
        """Paint what changed; the boxes that were painted, for the display to refresh."""
        before, self._page = self._page, page
        whole = Box(0, 0, *self._surface.get_size())
        if before is None or before.ground != page.ground:
            dirty = [whole]
        else:
            changed = set(before.items) ^ set(page.items)
            dirty = merged(item.box for item in changed)
        for area in dirty:
            self._paint(page, area)
        return dirty

    def _paint(self, page: Page, area: Box) -> None:
        surface = self._surface
        surface.set_clip(area)
        surface.fill(page.ground)
        for item in page.items:
            if area.meets(item.box):
                surface.set_clip(pygame.Rect(area).clip(item.box))
                item.paint(surface)
        surface.set_clip(None)


def merged(boxes: Iterable[Box]) -> list[Box]:
    """Boxes that cover `boxes` and share no pixel with each other."""
    apart: list[Box] = []
    for box in boxes:
        grown, others = box, apart
        while near := [other for other in others if other.meets(grown)]:
            others = [other for other in others if not other.meets(grown)]
            for other in near:
                grown = grown.union(other)
        apart = [*others, grown]
    return apart
