"""Composing a page: items are put on a sheet, from back to front, with the look of the moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ui import fonts
from ui.box import Box
from ui.fonts import Face
from ui.items import Align, Fill, Icon, Item, Page, Target, Text
from ui.metrics import Metrics, TypeSize
from ui.strings import Words
from ui.theme import Colour, Theme


@dataclass(frozen=True)
class Look:
    """How things look now: the display's measures, the colours, the words."""

    metrics: Metrics
    theme: Theme
    words: Words


@dataclass
class Sheet:
    """A page in the making."""

    look: Look
    items: list[Item] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def page(self, ground: Colour) -> Page:
        """The finished page."""
        return Page(ground, tuple(self.items), tuple(self.targets))

    def fill(self, box: Box, colour: Colour, radius: int = 0) -> None:
        """A plain or rounded rectangle."""
        self.items.append(Fill(box, colour, radius))

    def icon(self, box: Box, name: str, colour: Colour) -> None:
        """One of our icons."""
        self.items.append(Icon(box, name, colour))

    def line(
        self,
        box: Box,
        text: str,
        colour: Colour,
        size: TypeSize = "body",
        face: Face = "text",
        align: Align = "left",
    ) -> None:
        """One line, centred vertically in `box`; cut with an ellipsis when it is too wide."""
        px = self.look.metrics.type(size)
        shown = fonts.shorten(fonts.printable(text), face, px, box.w)
        self.lines(box, (shown,), colour, px, face, align)

    def lines(
        self,
        box: Box,
        lines: tuple[str, ...],
        colour: Colour,
        px: int,
        face: Face = "text",
        align: Align = "left",
    ) -> None:
        """Fitted lines of `px` pixels per em, centred vertically in `box`."""
        height = fonts.line_height(face, px)
        block = box.middle(box.w, height * len(lines))
        for text, row in zip(lines, block.rows(len(lines)), strict=True):
            self.items.append(Text(row, text, face, px, colour, align))


class Column:
    """Things stacked in a box; their heights are known before their place is."""

    def __init__(self, sheet: Sheet, box: Box, align: Align = "left") -> None:
        self._sheet, self._box, self._align = sheet, box, align
        self._parts: list[tuple[int, int, Callable[[Box], None]]] = []

    @property
    def height(self) -> int:
        """Of everything so far, with the gaps between."""
        return sum(height for _, height, _ in self._parts) + sum(gap for gap, _, _ in self._parts[1:])

    @property
    def width(self) -> int:
        """Of the box."""
        return self._box.w

    def add(self, height: int, draw: Callable[[Box], None], gap: int = 0) -> None:
        """A part `height` pixels high, `gap` below the one before."""
        self._parts.append((gap, height, draw))

    def text(
        self,
        text: str,
        colour: Colour,
        sizes: tuple[TypeSize, ...] = ("body",),
        face: Face = "text",
        rows: int = 1,
        gap: int = 0,
    ) -> None:
        """Text in the first of `sizes` that takes at most `rows` lines."""
        type_of = self._sheet.look.metrics.type
        px, lines = fonts.fit(fonts.printable(text), face, tuple(map(type_of, sizes)), self._box.w, rows)
        height = fonts.line_height(face, px)
        for number, line in enumerate(lines):
            self.add(height, self._line(line, face, px, colour), 0 if number else gap)

    def lay(self, where: Literal["top", "middle", "bottom"] = "middle") -> None:
        """Put the stack into its box, at the top, in the middle or at the bottom."""
        slack = self._box.h - self.height
        y = self._box.y + {"top": 0, "middle": slack // 2, "bottom": slack}[where]
        self.lay_in(Box(self._box.x, y, self._box.w, self.height))

    def lay_in(self, box: Box) -> None:
        """Put the stack at the top of another box of the same width."""
        y = box.y
        for number, (gap, height, draw) in enumerate(self._parts):
            y += gap if number else 0
            draw(Box(box.x, y, box.w, height))
            y += height

    def _line(self, text: str, face: Face, px: int, colour: Colour) -> Callable[[Box], None]:
        return lambda box: self._sheet.items.append(Text(box, text, face, px, colour, self._align))
