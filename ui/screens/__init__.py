"""The screens: each composes a page from the stage; which one is decided here."""

from __future__ import annotations

from kiosk.core.view import Card
from ui.items import Page
from ui.metrics import Metrics
from ui.panes import Busy, Choice, Entry, Listing, Pane, Reading, Record, Sealed, Shown, Told
from ui.screens import (
    choice,
    enrol,
    entry,
    fault,
    idle,
    listing,
    mirror,
    notice,
    presence,
    reading,
    record,
    refill,
    result,
    seal,
    shown,
    stick,
    told,
    waiting,
)  # fmt: skip
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
    face = stage.view.face
    if stage.card:
        _card(sheet, stage, stage.card)
    elif stage.away or stage.silent or stage.view.fault:
        fault.draw(sheet, stage)
    elif face and face.enrol:
        mirror.enrol(sheet, stage, face.enrol)
    elif stage.view.flow:
        waiting.draw(sheet, stage, stage.view.flow)
    elif stage.view.stick and (stage.pane is None or isinstance(stage.pane, Busy)):
        stick.draw(sheet, stage, stage.view.stick)
    elif stage.pane:
        _pane(sheet, stage, stage.pane)
    elif face and face.guides:
        mirror.draw(sheet, stage, face)
    elif stage.view.presence:
        presence.draw(sheet, stage, stage.view.presence)
    else:
        idle.draw(sheet, stage)


def _card(sheet: Sheet, stage: Stage, card: Card) -> None:
    match card.kind:
        case "taken" | "repeat":
            result.draw(sheet, stage, card)
        case "enrol":
            enrol.draw(sheet, stage, card)
        case "refill":
            refill.draw(sheet, stage, card)
        case _:
            notice.draw(sheet, stage, card)


def _pane(sheet: Sheet, stage: Stage, pane: Pane) -> None:
    match pane:
        case Choice():
            choice.draw(sheet, stage, pane)
        case Entry():
            entry.draw(sheet, stage, pane)
        case Listing():
            listing.draw(sheet, stage, pane)
        case Reading():
            reading.draw(sheet, stage, pane)
        case Record():
            record.draw(sheet, stage, pane)
        case Shown():
            shown.draw(sheet, stage, pane)
        case Sealed():
            seal.draw(sheet, stage, pane)
        case Told():
            told.draw(sheet, stage, pane)
        case Busy():
            waiting.busy(sheet, stage, pane)
