"""Digits to be read out, a QR code to be photographed, and what to do with them."""

from __future__ import annotations

from ui import fonts
from ui.box import Box
from ui.items import QrCode
from ui.panes import Shown
from ui.screens import keys
from ui.screens.titled import titled
from ui.sheet import Column, Sheet
from ui.stage import Stage


def draw(sheet: Sheet, stage: Stage, shown: Shown) -> None:
    """Compose the code beside or below the words."""
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    area = titled(sheet, stage, shown.title)
    area = keys.row_of(sheet, stage, area, shown.keys)
    side = min(area.w, area.h // 2) if m.portrait else min(area.h, round(area.w * 0.42))
    if m.portrait:
        place, area = area.cut_bottom(side, m.u(2))
    else:
        place, area = area.cut_right(side, m.u(3))
    column = Column(sheet, area)
    for number, line in enumerate(shown.lines):
        column.text(words.of(line), theme.ink, ("body", "label"), rows=4, gap=m.u(1 if number else 0))
    if shown.big:
        px = next((m.type(size) for size in ("display", "headline", "title") if fonts.width(
            shown.big, "display", m.type(size)) <= area.w), m.type("body"))  # fmt: skip
        column.add(round(px * 1.3), lambda box: _big(sheet, box, shown.big, px), m.u(1.5))
    column.lay()
    sheet.items.append(QrCode(place.middle(side, side), shown.code))


def _big(sheet: Sheet, box: Box, text: str, px: int) -> None:
    sheet.lines(box, (text,), sheet.look.theme.ink, px, "display")
