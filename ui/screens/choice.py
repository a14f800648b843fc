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
    across = (1 if len(choice.tiles) < 7 else 2) if m.portrait else (2 if len(choice.tiles) < 7 else 3)
    count = -(-len(choice.tiles) // across)
    height = max(m.touch, min(m.u(11), (area.h - m.u(1) * (count - 1)) // count))
    for number, tile in enumerate(choice.tiles):
        row = Box(area.x, area.y + number // across * (height + m.u(1)), area.w, height)
        _tile(sheet, stage, row.columns(across, m.u(1.5))[number % across], tile)


def _tile(sheet: Sheet, stage: Stage, box: Box, tile: Tile) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    ink = keys.key(sheet, stage, box, ("choose", tile.value))
    inner = box.inset(m.u(2), 0)
    mark, rest = inner.cut_left(m.u(4), m.u(1.5))
    colour = theme.tone(tile.tone).ink if tile.tone else theme.accent
    if stage.pressed == tile.value:
        colour = ink
    sheet.icon(mark.middle(m.u(4), m.u(4)), tile.icon, colour)
    if tile.badge:
        text = str(min(tile.badge, 999))
        width = max(m.u(4), fonts.width(text, "strong", m.type("label")) + m.u(2))
        badge, rest = rest.cut_right(width, m.u(1))
        badge = badge.middle(width, m.u(4))
        sheet.fill(badge, theme.late.fill, badge.h // 2)
        sheet.line(badge, text, theme.late.on, "label", "strong", "centre")
    said = fonts.printable(sheet.look.words.of(tile.text))
    px, lines = fonts.fit(said, "strong", (m.type("body"), m.type("label")), rest.w, 1)
    if fonts.ELLIPSIS in lines[0]:
        px, lines = fonts.fit(said, "strong", (m.type("label"),), rest.w, 2)
    sheet.lines(rest, lines, ink, px, "strong")
