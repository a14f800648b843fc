"""What a person may ask about their own data, and their leaving; what cannot be undone is asked once more."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core import api, desk
from ui.flows import asking, courier
from ui.panes import Reading, Says, Tile, Told, say
from ui.visit import BackError, Flow, Known

MOST_LINES = 400


def withdraw(person: api.PersonOut) -> Flow[None]:
    """They no longer agree: fingers and faces go at once."""
    yield from _sure(person, (say("withdraw.1"), say("withdraw.2"), say("withdraw.3")), say("deed.withdraw"))
    version = (yield from asking.ask(desk.GetConsent(), desk.ConsentText)).version
    command = desk.PutConsent(number=person.number, version=version, given=False)
    yield from asking.ask(command, api.Done)
    yield from asking.tell(Told("ok", "check", say("withdrawn"), person.name, (say("consent.refused.1"),)))


def own_data(person: api.PersonOut, known: Callable[[], Known]) -> Flow[None]:
    """Everything held about them, to be read by themselves, newest first, or taken along on a stick."""
    data = yield from asking.ask(desk.GetOwnData(number=person.number), desk.OwnData)
    head, *lines = data.readable.split("\n")
    keys = (Tile("carry", "stick", say("recap.carry")),)
    yield from asking.read(Reading(person.name, (head, *reversed(lines[-MOST_LINES:])), keys))
    yield from courier.carry(desk.CarryOwnData(number=person.number), person.name, known)


def active(person: api.PersonOut) -> Flow[None]:
    """They left, or came back."""
    if person.active:
        yield from _sure(person, (say("leave.1"), say("leave.2")), say("deed.leave"))
    row = api.PersonRow(1, person.number, person.name, person.category, person.unit, not person.active)
    yield from asking.ask(api.PutPeople((row,)), api.PutResult)
    title = say("left" if person.active else "came_back")
    yield from asking.tell(Told("ok", "check", title, person.name))


def _sure(person: api.PersonOut, lines: tuple[Says, ...], deed: Says) -> Flow[None]:
    keys = (Tile("no", "back", say("key.cancel")), Tile("yes", "check", deed, tone="bad"))
    if (yield from asking.read(Reading(person.name, lines, keys))) != "yes":
        raise BackError
