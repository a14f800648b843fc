"""The screens: each composes a page from the stage; which one is decided here."""

from __future__ import annotations

from ui.items import Page
from ui.metrics import Metrics
from ui.screens import enrol, fault, idle, notice, result
from ui.sheet import Look, Sheet
from ui.stage import Stage
from ui.strings import words
from ui.theme import THEMES


def compose(stage: Stage, metrics: Metrics) -> Page:
    """The page for what is on stage."""
    theme = THEMES[stage.theme]
    sheet = Sheet(Look(metrics, theme, words(stage.language)))
    _screen(sheet, stage)
    return sheet.page(theme.ground)


def _screen(sheet: Sheet, stage: Stage) -> None:
    card = stage.card
    if card and card.kind in ("taken", "repeat"):
        result.draw(sheet, stage, card)
    elif card and card.kind == "enrol":
        enrol.draw(sheet, stage, card)
    elif card:
        notice.draw(sheet, stage, card)
    elif stage.away or stage.view.fault:
        fault.draw(sheet, stage)
    else:
        idle.draw(sheet, stage)
