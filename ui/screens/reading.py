"""Text to be read whole before it is answered."""

from __future__ import annotations

from ui import fonts
from ui.box import Box
from ui.panes import Reading
from ui.screens import keys
from ui.screens.titled import titled
from ui.sheet import Sheet
from ui.stage import Stage


def draw(sheet: Sheet, stage: Stage, reading: Reading) -> None:
    """Compose a page of it; what is to be read whole has its keys on the last page."""
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    area = titled(sheet, stage, reading.title)
    px = m.type("body")
    height = round(fonts.line_height("text", px) * 1.15)
    bar = max(m.touch, m.u(7)) + m.u(1) if reading.keys else 0
    room = area.w if m.portrait else area.w - max(m.touch, m.u(6)) - m.u(1.5)
    lines = [
        line
        for text in reading.paragraphs
        for line in (*fonts.wrap(fonts.printable(words.of(text)), "text", px, room), "")
    ][:-1]
    upper = area.cut_bottom(bar)[1]
    upper, page = keys.paged(sheet, stage, upper, reading.first, len(lines), height)
    if not reading.whole or reading.first + page >= len(lines):
        keys.row_of(sheet, stage, area, reading.keys)
    for number, line in enumerate(lines[reading.first : reading.first + page]):
        if line:
            shown = fonts.shorten(line, "text", px, upper.w)
            sheet.lines(Box(upper.x, upper.y + number * height, upper.w, height), (shown,), theme.ink, px)
