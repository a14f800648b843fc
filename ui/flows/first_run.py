"""The first administrator by the technician's code, a lost PIN given anew, the clock set by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

from kiosk.core import api, setup
from ui.flows import asking, enrol
from ui.panes import Entry, Reading, Says, Shown, Tile, Told, say
from ui.visit import BackError, Flow, Known, Refused

CODE_DIGITS, ANSWER_DIGITS = 10, 8


def first_admin(known: Callable[[], Known]) -> Flow[None]:
    """Code, number, name, PIN twice; then the finger that raises the screen from now on."""
    title = say("first.title")
    steps = (say("first.1"), say("first.2"), say("first.3"))
    yield from asking.read(Reading(title, steps, (Tile("go", "next", say("first.go")),)))
    code = ""
    while True:
        code = yield from asking.type_in(
            Entry(title, say("first.code"), text=code, least=CODE_DIGITS, most=CODE_DIGITS)
        )
        number = yield from asking.number(title)
        name = yield from asking.type_in(
            Entry(title, say("entry.name"), "letters", least=2, most=100, case="title")
        )
        pin = yield from asking.new_pin(title, number)
        command = setup.ClaimAdmin(code=code, number=number, pin=pin, name=name)
        try:
            yield from asking.ask(command, api.Done)
            found = yield from asking.ask(api.GetPeople(search=number, limit=1), api.People)
        except Refused as error:
            yield from asking.refused(error, title)
            continue
        for person in found.people:
            yield from enrol.enrol(person, known)
        return


def lost_pin(number: str) -> Flow[None]:
    """A challenge to be read out, the answer typed, a new PIN."""
    title = say("reset.title")
    asked = yield from asking.ask(setup.AskReset(number=number), setup.ResetAsked)
    key = Tile("go", "next", say("reset.go"))
    lines = (say("reset.1"), say("reset.2"))
    yield from asking.read(Shown(asked.name, asked.digits, lines, asked.text, (key,)))
    problem: Says = ""
    while True:
        answer = yield from asking.type_in(
            Entry(title, say("reset.answer"), least=ANSWER_DIGITS, most=ANSWER_DIGITS, problem=problem)
        )
        pin = yield from asking.new_pin(asked.name, number)
        try:
            yield from asking.ask(setup.ResetPin(number=number, answer=answer, pin=pin), api.Done)
        except Refused as error:
            if error.error.code != "not_allowed" or "wait" in error.error.hint:
                raise
            problem = say("reset.wrong")
            continue
        yield from asking.tell(Told("ok", "check", say("pin.set"), asked.name))
        return


def set_clock(known: Callable[[], Known]) -> Flow[None]:
    """Day and time as eight and four digits."""
    title = say("clock.set")
    problem: Says = ""
    while True:
        now = known().now
        day = yield from asking.type_in(
            Entry(title, say("clock.day"), text=f"{now:%d%m%Y}", least=8, most=8, problem=problem)
        )
        try:
            clock = yield from asking.type_in(Entry(title, say("clock.time"), least=4, most=4))
            named = date(int(day[4:]), int(day[2:4]), int(day[:2]))
            moment = f"{named} {time(int(clock[:2]), int(clock[2:])):%H:%M}"
        except BackError:
            continue
        except ValueError:
            problem = say("clock.wrong")
            continue
        yield from asking.ask(setup.SetClock(local=moment), api.Done)
        yield from asking.tell(Told("ok", "clock", title, moment, (say("clock.set.1"),)))
        return
