"""The result of a punch: who, when, which way, and the verdict in colour, word and icon."""

from __future__ import annotations

from kiosk.core.view import Card
from kiosk.core.zone import ZoneName
from ui import fonts
from ui.box import Box
from ui.panes import say
from ui.screens import frame, keys
from ui.screens.halves import coloured
from ui.sheet import Column, Sheet
from ui.stage import Stage, moment
from ui.strings import Words
from ui.theme import ToneName, mix

VERDICTS: dict[str, tuple[ToneName, str]] = {
    "on_time": ("ok", "check"),
    "late": ("late", "clock_late"),
    "out": ("out", "exit"),
    "early_leave": ("late", "early"),
    "outside": ("unsure", "outside"),
    "time_unknown": ("unsure", "question_clock"),
    "duplicate": ("note", "again"),
    "extra": ("note", "again"),
    "present": ("ok", "check"),
    "confirmed": ("ok", "check"),
    "queued": ("unsure", "waiting"),
    "other": ("ok", "check"),
}
TURNABLE = {"on_time", "late", "out", "early_leave", "outside", "extra"}
TURNS = {"in": ("out",), "out": ("in",), "none": ("in", "out")}
_WAYS = {"in": "enter", "out": "exit", "none": "person"}


def draw(sheet: Sheet, stage: Stage, card: Card) -> None:
    """Compose the result of a taken or repeated punch."""
    theme = sheet.look.theme
    tone_name, icon = VERDICTS.get(card.code, VERDICTS["other"])
    headline = verdict_text(sheet.look.words, card, stage.view.site.zone)
    plain = coloured(sheet, stage, theme.tone(tone_name), icon, headline)
    area = frame.corner(sheet, stage, plain)
    _person(sheet, stage, card, area, tone_name)


def verdict_text(words: Words, card: Card, zone: ZoneName) -> str:
    """The verdict in words, e.g. `Terlambat 7 menit`."""
    unsure = card.code == "duplicate" and not card.trusted
    key = "verdict.duplicate.unsure" if unsure else words.known("verdict", card.code)
    time = f"{moment(card.at_ms, zone):%H:%M}"
    return words(key, duration=words.duration(card.late_s or card.early_s), time=time)


def initials(name: str) -> str:
    """At most two letters that stand for a person: of the name, not of its titles."""
    bare = name.partition(",")[0].split()
    plain = [word for word in bare if not word.endswith(".") and word[0].isalpha()] or bare
    letters = [word[0].upper() for word in plain if word[:1].isalpha()]
    return (letters[0] + letters[-1] if len(letters) > 1 else "".join(letters)) if letters else ""


def _person(sheet: Sheet, stage: Stage, card: Card, area: Box, tone_name: ToneName) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    turns = TURNS[card.direction] if card.kind == "taken" and card.code in TURNABLE else ()
    if turns and card.seq and stage.pane is None:
        bar, area = area.cut_bottom(max(m.touch, m.u(6)) + m.u(1.5))
        row = bar.cut_top(max(m.touch, m.u(6)))[0].columns(len(turns), m.u(1))
        for turn, box in zip(turns, row, strict=True):
            target = ("turn", f"{turn}:{card.seq}")
            text = say(f"turn.{turn}" if len(turns) == 1 else f"direction.{turn}")
            keys.worded(sheet, stage, box, target, _WAYS[turn], text)
        foot, area = area.cut_bottom(m.u(4))
    else:
        foot, area = area.cut_bottom(m.u(7))
    _stored(sheet, card, foot)
    column = Column(sheet, area)
    column.add(m.u(9), lambda box: _portrait(sheet, card, box.cut_left(m.u(9))[0]))
    column.text(card.name, theme.ink, ("headline", "title", "body", "label"), "strong", rows=3, gap=m.u(2))
    column.add(m.u(10), lambda box: _moment(sheet, stage, card, box, tone_name), gap=m.u(1.5))
    column.lay()


def _portrait(sheet: Sheet, card: Card, box: Box) -> None:
    m, theme = sheet.look.metrics, sheet.look.theme
    sheet.fill(box, mix(theme.surface, theme.accent, 0.16), box.w)
    letters = initials(fonts.printable(card.name))
    if letters:
        sheet.line(box, letters, theme.accent, "title", "strong", "centre")
    else:
        sheet.icon(box.inset(m.u(2)), "person", theme.accent)


def _moment(sheet: Sheet, stage: Stage, card: Card, box: Box, tone_name: ToneName) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    if card.trusted:
        time_text, px = f"{moment(card.at_ms, stage.view.site.zone):%H:%M}", m.type("time")
        time_box, box = box.cut_left(fonts.width(time_text, "display", px), m.u(2.5))
        sheet.lines(time_box, (time_text,), theme.ink, px, "display")
    mark, rest = box.cut_left(m.u(3.5), m.u(1))
    sheet.icon(mark.middle(m.u(3.5), m.u(3.5)), _WAYS[card.direction], theme.tone(tone_name).ink)
    column = Column(sheet, rest)
    column.text(words(f"direction.{card.direction}"), theme.ink, ("title", "body", "label"), "strong")
    if card.session:
        column.text(words.session(card.session), theme.muted, ("label",))
    if card.absence:
        column.text(words(words.known("absence", card.absence)), theme.muted, ("label",))
    column.lay()


def _stored(sheet: Sheet, card: Card, box: Box) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    if not card.seq:
        return
    key = "punch.repeat" if card.kind == "repeat" else "punch.stored" if card.trusted else "punch.unsure"
    mark, rest = box.cut_left(m.u(3), m.u(1))
    sheet.icon(mark.middle(m.u(3), m.u(3)), "saved", theme.muted)
    sheet.line(rest, words(key, seq=str(card.seq)), theme.muted, "label")
