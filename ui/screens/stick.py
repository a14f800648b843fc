"""A USB stick is read, written to, done with, or refused: whether it may be pulled out, above all."""

from __future__ import annotations

from kiosk.core.view import StickView
from ui.box import Box
from ui.screens import frame
from ui.screens.halves import coloured
from ui.screens.idle import other_ways
from ui.sheet import Column, Sheet
from ui.stage import Stage
from ui.strings import Words
from ui.theme import ToneName

LOOKS: dict[str, tuple[ToneName, str]] = {
    "reading": ("guide", "stick"), "writing": ("guide", "stick"), "done": ("ok", "check"),
    "failed": ("bad", "warning"),
}  # fmt: skip


def draw(sheet: Sheet, stage: Stage, stick: StickView) -> None:
    """Compose what is going on; punches go on beside it."""
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    tone, icon = LOOKS[stick.state]
    plain = coloured(sheet, stage, theme.tone(tone), icon, words(_headline(stick)), words("lead.stick"))
    area = other_ways(sheet, stage, frame.corner(sheet, stage, plain).cut_bottom(m.u(1))[1])
    column = Column(sheet, area)
    for line in _lines(words, stick):
        column.text(line, theme.ink, ("title", "body", "label"), "strong", rows=3, gap=m.u(1))
    if stick.state == "writing" and stick.of:
        column.add(m.u(2), lambda box: _bar(sheet, box, stick), m.u(2))
    column.text(words(_advice(stick)), theme.muted, ("body", "label"), rows=3, gap=m.u(2))
    column.lay()


def _headline(stick: StickView) -> str:
    if stick.state == "done":
        return "stick.done" if stick.safe else "stick.held"
    return f"stick.{stick.state}"


def _advice(stick: StickView) -> str:
    if stick.state in ("reading", "writing"):
        return "stick.wait"
    return "stick.pull" if stick.safe else "stick.ask"


def _lines(words: Words, stick: StickView) -> list[str]:
    lines = []
    if stick.state == "writing" and stick.of:
        lines.append(words("stick.progress", n=stick.done, of=stick.of))
    if stick.state == "failed":
        lines.append(words(words.known("stick_code", stick.code)))
    if stick.accepted:
        lines.append(words("stick.accepted", n=stick.accepted))
    if stick.state == "done":
        if stick.files:
            lines.append(words("stick.files", n=stick.files))
        if stick.records or not stick.files:
            lines.append(words("stick.exported", n=stick.records))
        if stick.photos or stick.left:
            lines.append(words("stick.photos", n=stick.photos, left=stick.left))
        if stick.standing not in ("", "ok"):
            lines.append(words(words.known("standing", stick.standing)))
    return lines


def _bar(sheet: Sheet, box: Box, stick: StickView) -> None:
    theme = sheet.look.theme
    bar = Box(box.x, box.y, box.w, box.h)
    sheet.fill(bar, theme.line, bar.h // 2)
    filled = max(bar.h, bar.w * min(stick.done, stick.of) // stick.of)
    sheet.fill(bar.cut_left(filled)[0], theme.accent, bar.h // 2)
