"""Faces at the screen: enrolling one, and telling two people apart who look alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.core import api, faces
from ui.flows import asking, enrol
from ui.panes import Entry, Told, say
from ui.visit import Flow, Known, Refused

ENROL_S = 90.0


def enrol_face(person: api.PersonOut, known: Callable[[], Known]) -> Flow[None]:
    """The consent read, then the poses; the screen shows them by itself meanwhile."""
    consent = yield from enrol.agreed(person, known)
    if not consent:
        return
    command = faces.EnrolFace(number=person.number, timeout_s=ENROL_S, consent=consent)
    done = yield from asking.ask(command, faces.FaceEnrolled)
    steps = tuple(say("face.alike", name=other.name) for other in done.alike)
    yield from asking.tell(Told("ok", "check", say("face.saved"), person.name, steps))


def digits(known: Callable[[], Known]) -> Flow[None]:
    """The last four digits of the NIP; the punch's own card shows how it ended."""
    entry = Entry(say("digits.title"), say("digits.label"), least=4, most=4)
    while True:
        typed = yield from asking.type_in(entry)
        try:
            yield from asking.ask(faces.PunchDigits(digits=typed), api.Done)
        except Refused as error:
            if error.error.code != "not_found":
                yield from asking.refused(error, say("digits.title"))
                return
            entry = replace(entry, text="", problem=say("digits.wrong"))
        else:
            return
