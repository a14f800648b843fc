"""Punching without a plain tap: by PIN with a witness, and from field duty, a ceremony, a briefing."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core import api, desk
from kiosk.core.payload import SpecialCategory
from ui.flows import asking
from ui.panes import Choice, Entry, Tile, Told, say
from ui.visit import BackError, Flow, Known, Refused

WAIT_S = 20.0
TURNED_S = 4.0
LETTER_MOST, NOTE_MOST = 60, 120
CATEGORIES: tuple[tuple[SpecialCategory, str], ...] = (
    ("field_duty", "letter"), ("ceremony", "people"), ("briefing", "calendar"), ("other", "dot"),
)  # fmt: skip


def by_pin(known: Callable[[], Known]) -> Flow[None]:
    """Number, PIN, then a colleague's finger; the result comes as a card."""
    title = say("pin.title")
    number, pin = yield from asking.number_and_pin(title)
    while True:
        try:
            yield from asking.ask(desk.PunchPin(number=number, pin=pin, wait_s=WAIT_S), desk.Punched)
        except Refused as error:
            yield from asking.refused(error, title)
            number, pin = yield from asking.number_and_pin(title, number)
        else:
            return


def turn(seq: int, direction: str) -> Flow[None]:
    """The last punch was in or out after all."""
    title = say(f"turned.{direction}")
    command = desk.SetDirection(seq=seq, direction="in" if direction == "in" else "out")
    try:
        yield from asking.ask(command, api.Done)
    except Refused as error:
        yield from asking.refused(error, title)
    else:
        icon = "enter" if direction == "in" else "exit"
        yield from asking.tell(Told("out", icon, title, "", patience_s=TURNED_S))


def special(known: Callable[[], Known]) -> Flow[None]:
    """Category, letter, note, then the person's own finger."""
    title = say("special.title")
    tiles = tuple(Tile(code, icon, say(f"category.{code}")) for code, icon in CATEGORIES)
    while True:
        category = yield from asking.choose(Choice(title, tiles, say("special.lead")))
        try:
            yield from _described(next(code for code, _ in CATEGORIES if code == category))
        except BackError:
            continue
        return


def _described(category: SpecialCategory) -> Flow[None]:
    title = say(f"category.{category}")
    duty = category == "field_duty"
    letter = ""
    while True:
        entry = Entry(
            title, say("special.letter" if duty else "special.letter_if"), "letters", letter,
            least=3 if duty else 0, most=LETTER_MOST, case="upper",
        )  # fmt: skip
        letter = yield from asking.type_in(entry)
        try:
            note = yield from asking.type_in(
                Entry(title, say("special.note"), "letters", least=0, most=NOTE_MOST)
            )
        except BackError:
            continue
        break
    command = desk.PunchSpecial(category=category, letter=letter, note=note, wait_s=WAIT_S)
    try:
        done = yield from asking.ask(command, desk.Punched)
    except Refused as error:
        yield from asking.refused(error, title)
    else:
        steps = (say("special.queued.1"),)
        yield from asking.tell(Told("unsure", "waiting", say("verdict.queued"), done.name, steps))
