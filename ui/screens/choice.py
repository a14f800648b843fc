"""A few large tiles, one of them to be touched."""

from __future__ import annotations

from ui import fonts
from ui.box import Box
from ui.panes import Choice, Tile
from ui.screens import keys
from ui.screens.titled import titled
from ui.sheet import Sheet
from ui.stage import Stage


def draw(sheet: Sheet, stage: Stage, choice: Choice) -> None:
    """Compose the tiles in one, two or three columns."""
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    area = titled(sheet, stage, choice.title)
    if choice.lead:
        line, area = area.cut_top(m.u(4), m.u(1))
        px, lines = fonts.fit(words.of(choice.lead), "text", (m.type("body"), m.type("label")), line.w, 1)
        sheet.lines(line, lines, theme.muted, px)
    count, least = len(choice.tiles), max(m.touch, m.u(7)) + m.u(1)
    across = (1 if count * least <= area.h else 2) if m.portrait else (2 if count < 7 else 3)
    count = -(-len(choice.tiles) // across)
    height = max(m.touch, min(m.u(14), (area.h - m.u(1) * (count - 1)) // count))
    places = [
        Box(area.x, area.y + number // across * (height + m.u(1)), area.w, height).columns(across, m.u(1.5))[
            number % across
        ]
        for number in range(len(choice.tiles))
    ]
    px = _size(sheet, places, choice.tiles)
    for place, tile in zip(places, choice.tiles, strict=True):
        _tile(sheet, stage, place, tile, px)


def _size(sheet: Sheet, places: list[Box], tiles: tuple[Tile, ...]) -> int:
    """One size for all tiles: the larger one, if no text needs more than two lines of it."""
    m, words = sheet.look.metrics, sheet.look.words
    body = m.type("body")
    for place, tile in zip(places, tiles, strict=True):
        _, _, room = _parts(sheet, place, tile)
        px, lines = fonts.fit(
            fonts.printable(words.of(tile.text)), "strong", (body, m.type("label")), room.w, 2
        )
        if px != body or len(lines) * fonts.line_height("strong", body) > place.h - m.u(1):
            return m.type("label")
    return body


def _parts(sheet: Sheet, box: Box, tile: Tile) -> tuple[Box, Box, Box]:
    """Where a tile's icon, its badge in the corner and its words go."""
    m = sheet.look.metrics
    mark, rest = box.inset(m.u(1.5), 0).cut_left(m.u(4), m.u(1.5))
    width = max(m.u(3.2), fonts.width(_count(tile), "strong", m.type("label")) + m.u(1.6))
    corner = box.inset(m.u(0.9)).cut_top(m.u(3.2))[0].cut_right(width)[0]
    return mark, corner, rest


def _count(tile: Tile) -> str:
    return str(min(tile.badge, 999))


def _tile(sheet: Sheet, stage: Stage, box: Box, tile: Tile, px: int) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    ink = keys.key(sheet, stage, box, ("choose", tile.value))
    mark, badge, rest = _parts(sheet, box, tile)
    colour = theme.tone(tile.tone).ink if tile.tone else theme.accent
    if stage.pressed == tile.value:
        colour = ink
    sheet.icon(mark.middle(m.u(4), m.u(4)), tile.icon, colour)
    if tile.badge:
        sheet.fill(badge, theme.late.fill, badge.h // 2)
        sheet.line(badge, _count(tile), theme.late.on, "label", "strong", "centre")
    _, lines = fonts.fit(fonts.printable(sheet.look.words.of(tile.text)), "strong", (px,), rest.w, 2)
    sheet.lines(rest, lines, ink, px, "strong")
