"""What went wrong and what to do: unknown finger, poor image, refused, not stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from kiosk.core.view import Card
from ui import fonts
from ui.box import Box
from ui.panes import say
from ui.screens import frame, keys
from ui.screens.halves import coloured
from ui.sheet import Column, Sheet
from ui.stage import Stage
from ui.strings import Words
from ui.theme import ToneName

POOR_ICONS = {
    "too_dry": "dry",
    "too_wet": "wet",
    "messy": "blur",
    "too_few_features": "small",
    "image_failed": "hand",
}


@dataclass(frozen=True)
class Notice:
    """One notice: its look, its words, and the numbered things to do."""

    tone: ToneName
    icon: str
    headline: str
    lead: str
    steps: tuple[str, ...]


def draw(sheet: Sheet, stage: Stage, card: Card) -> None:
    """Compose the notice for a card."""
    notice, foot = notice_for(sheet.look.words, card), 0
    if card.kind == "ambiguous":
        foot = keys.foot(sheet, stage, ("start", "digits"), "keypad", say("digits.key"), strong=True)
    show(sheet, stage, notice, name=card.name, foot=foot)


def show(sheet: Sheet, stage: Stage, notice: Notice, name: str = "", foot: int = 0) -> None:
    """Headline on colour, then the person's name if known and what to do; `foot` pixels stay free below."""
    m, theme = sheet.look.metrics, sheet.look.theme
    tone = theme.tone(notice.tone)
    plain = coloured(sheet, stage, tone, notice.icon, notice.headline, notice.lead)
    area = frame.corner(sheet, stage, plain).cut_bottom(foot or m.u(3))[1]
    column = Column(sheet, area)
    if name:
        column.text(name, theme.ink, ("title", "body", "label"), "strong", rows=3)
    _steps(sheet, column, notice.steps, area.w)
    column.lay()


def notice_for(words: Words, card: Card) -> Notice:
    """The notice for a card that is not a punch."""
    if card.kind == "unknown":
        face = card.code in ("unknown_face", "unknown_face_last")
        return _fixed(words, "help", "face" if face else "finger_unknown", card.code if face else "unknown")
    if card.kind == "ambiguous":
        return _fixed(words, "help", "people", "ambiguous")
    if card.kind == "greeting":
        key = words.known("greeting", card.code)
        return Notice("note", "hand", words(key), words("lead.greeting"), tuple(words.numbered(key)))
    if card.kind == "not_stored":
        return _fixed(words, "bad", "disk_full", "not_stored")
    if card.kind == "poor_image":
        key = words.known("poor", card.code)
        icon = POOR_ICONS.get(card.code, "finger")
        return Notice("help", icon, words(key), words("lead.poor"), tuple(words.numbered(key)))
    key = words.known("refused", card.code)
    if card.code in ("attack", "unproven"):  # polite: it may be somebody's bad day
        return Notice("help", "face", words(key), words("lead.unknown"), tuple(words.numbered(key)))
    icon = "closed" if card.code == "closed" else "forbidden"
    return Notice("bad", icon, words(key), words("lead.refused"), tuple(words.numbered(key)))


def _fixed(words: Words, tone: ToneName, icon: str, group: str) -> Notice:
    return Notice(tone, icon, words(f"{group}.title"), words(f"lead.{group}"), tuple(words.numbered(group)))


def _steps(sheet: Sheet, column: Column, steps: tuple[str, ...], width: int) -> None:
    if not steps:
        return
    m = sheet.look.metrics
    room, rows = width - m.u(7), 2 if len(steps) > 1 else 3
    sizes = (m.type("title"), m.type("body"))
    px = min(fonts.fit(step, "text", sizes, room, rows)[0] for step in steps)
    height = fonts.line_height("text", px)
    for number, step in enumerate(steps, 1):
        lines = fonts.fit(step, "text", (px,), room, rows)[1]
        draw_step = partial(_step, sheet, "" if len(steps) == 1 else str(number), lines, px)
        column.add(max(m.u(5), height * len(lines)), draw_step, m.u(2.5))


def _step(sheet: Sheet, number: str, lines: tuple[str, ...], px: int, box: Box) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    mark, rest = box.cut_left(m.u(5), m.u(2))
    mark = mark.middle(m.u(5), m.u(5))
    sheet.fill(mark, theme.line, mark.w)
    if number:
        sheet.line(mark, number, theme.ink, "body", "strong", "centre")
    else:
        sheet.icon(mark.inset(m.u(1.2)), "arrow", theme.ink)
    sheet.lines(rest, lines, theme.ink, px)
