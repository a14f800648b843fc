"""The day's seal as a code to photograph, with what it says beside it."""

from __future__ import annotations

from datetime import date

from ui.box import Box
from ui.items import QrCode
from ui.panes import Sealed, say
from ui.screens.titled import titled
from ui.sheet import Column, Sheet
from ui.stage import Stage


def draw(sheet: Sheet, stage: Stage, pane: Sealed) -> None:
    """Compose the code as large as it may be, and the words."""
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    area = titled(sheet, stage, say("menu.seal"))
    if m.portrait:
        place, rest = area.cut_top(min(area.w, round(area.h * 0.6)), m.u(2))
    else:
        place, rest = area.cut_left(min(area.h, round(area.w * 0.6)), m.u(3))
    side = min(place.w, place.h)
    sheet.items.append(QrCode(Box(place.x + (place.w - side) // 2, place.y, side, side), pane.seal.text))
    seal = pane.seal
    column = Column(sheet, rest)
    column.text(
        words.date(date.fromisoformat(seal.day)), theme.ink, ("title", "body", "label"), "strong", rows=2
    )
    column.text(words("seal.count", n=seal.count), theme.ink, ("body", "label"), rows=2, gap=m.u(1))
    span = words("seal.span", first=seal.first, last=seal.last)
    column.text(span, theme.muted, ("body", "label"), rows=2, gap=m.u(0.5))
    column.text(words("seal.photo"), theme.ink, ("body", "label"), rows=4, gap=m.u(2))
    column.lay()
