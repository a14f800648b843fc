"""Enrolling a finger: which one, the consent read and agreed to, then the reader's own steps."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core import api, desk
from ui.flows import asking
from ui.panes import Choice, Reading, Tile, Told, say
from ui.visit import Flow, Known

FINGERS = (
    "right-index", "left-index", "right-thumb", "left-thumb", "right-middle", "left-middle", "right-ring",
    "left-ring", "right-little", "left-little",
)  # fmt: skip
ENROL_S = 45.0


def enrol(person: api.PersonOut, known: Callable[[], Known]) -> Flow[None]:
    """For one person; ends when they do not agree."""
    tiles = tuple(
        Tile(
            finger,
            "check" if finger in person.fingers else "finger",
            say(f"finger.{finger.replace('-', '_')}"),
        )
        for finger in FINGERS
    )
    finger = yield from asking.choose(Choice(person.name, tiles))
    consent = yield from agreed(person, known)
    if consent:
        command = api.EnrolFinger(number=person.number, finger=finger, timeout_s=ENROL_S, consent=consent)
        yield from asking.ask(command, api.Enrolled)


def agreed(person: api.PersonOut, known: Callable[[], Known]) -> Flow[str]:
    """The version of the text that they have read and agreed to; empty when they do not agree."""
    text = yield from asking.ask(desk.GetConsent(language=known().language), desk.ConsentText)
    keys = (Tile("refuse", "cross", say("consent.refuse")), Tile("agree", "check", say("consent.agree")))
    answer = yield from asking.read(Reading(person.name, tuple(text.text.split("\n")), keys, whole=True))
    if answer == "agree":
        return text.version
    steps = (say("consent.refused.1"),)
    yield from asking.tell(Told("note", "person", say("consent.refused"), person.name, steps))
    return ""
