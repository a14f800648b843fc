"""Enrolment of a finger: what to do now, and how far it has come."""

from __future__ import annotations

from functools import partial

from kiosk.core.view import Card
from ui.box import Box
from ui.panes import say
from ui.screens import frame, keys
from ui.screens.halves import coloured, growing
from ui.screens.notice import POOR_ICONS
from ui.sheet import Column, Sheet
from ui.stage import Stage
from ui.theme import mix

STEPS = ("place", "lift", "again", "saved")
_SHARES = {"place": 0, "lift": 500, "again": 500}


def draw(sheet: Sheet, stage: Stage, card: Card) -> None:
    """Compose the enrolment screen for the step in `card.code`, a failure, or a poor image's reason."""
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    lead = words("lead.enrol")
    if card.code == "failed":
        plain = coloured(sheet, stage, theme.bad, "forbidden", words("enrol.failed"), lead)
    elif card.code == "saved":
        plain = coloured(sheet, stage, theme.ok, "check", words("enrol.saved"), lead)
    elif card.code in STEPS:
        plain = growing(sheet, theme.guide, words(f"enrol.{card.code}"), lead, _SHARES[card.code])
    else:
        headline = words(words.known("poor", card.code))
        plain = coloured(sheet, stage, theme.help, POOR_ICONS.get(card.code, "finger"), headline, lead)
    foot = m.u(3)
    if card.code not in ("failed", "saved"):
        foot = keys.foot(sheet, stage, ("cancel", "cancel"), "cross", say("key.cancel"))
    area = frame.corner(sheet, stage, plain).cut_bottom(foot)[1]
    _progress(sheet, card, area)


def _progress(sheet: Sheet, card: Card, area: Box) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    column = Column(sheet, area)
    column.text(card.name, theme.ink, ("title", "body", "label"), "strong", rows=3)
    if card.code == "failed":
        column.text(words("enrol.failed.hint"), theme.muted, ("body",), rows=3, gap=m.u(2))
    elif card.code in STEPS:
        now = STEPS.index(card.code)
        for number in range(len(STEPS)):
            column.add(m.u(5.5), partial(_row, sheet, number, now), m.u(0 if number else 2.5))
    else:
        for number, hint in enumerate(words.numbered(words.known("poor", card.code))):
            column.text(hint, theme.ink, ("body",), rows=3, gap=m.u(1 if number else 2))
    column.lay()


def _row(sheet: Sheet, number: int, now: int, box: Box) -> None:
    m, theme, words = sheet.look.metrics, sheet.look.theme, sheet.look.words
    done, current = number < now or now == len(STEPS) - 1, number == now
    mark, rest = box.cut_left(m.u(3.5), m.u(2))
    mark = mark.middle(m.u(3.5), m.u(3.5))
    ground = theme.ok.fill if done else theme.accent if current else theme.line
    sheet.fill(mark, ground, mark.w)
    if done:
        sheet.icon(mark.inset(m.u(0.7)), "check", theme.ok.on)
    elif current:
        sheet.icon(mark.inset(m.u(0.6)), "dot", theme.on_accent)
    else:
        sheet.icon(mark.inset(m.u(0.9)), "dot", mix(theme.line, theme.muted, 0.5))
    ink = theme.ink if done or current else theme.muted
    sheet.line(rest, words(f"enrol.step.{number + 1}"), ink, "body", "strong" if current else "text")
