"""Faces at the screen, as plain data: digits that tell two people apart, and an enrolment."""

from __future__ import annotations

import msgspec

from kiosk.core import api, desk, faces
from kiosk.core.view import FaceView
from kiosk.core.zone import local
from tests.ui.test_visit import NIP, Desk
from ui.flows.faces import enrol_face
from ui.flows.people import deeds_of
from ui.panes import Busy, Entry, Reading, Told, say
from ui.samples import MORNING, VIEW
from ui.visit import Known

PERSON = api.PersonOut(
    person_id="1", number=NIP, kind="nip", name="Ahmad", category="PNS", unit="", active=True, fingers=()
)


def test_four_digits_are_asked_until_they_are_somebodys() -> None:
    at = Desk()
    at.touch("start", "digits")
    assert isinstance(at.type_in("0000"), Busy)
    again = at.answer(error=api.ApiError("not_found", "not of either"))
    assert isinstance(again, Entry)
    assert (again.text, again.problem) == ("", say("digits.wrong"))
    at.type_in(NIP[-4:])
    assert at.answer(api.Done("Ahmad")) is None
    assert at.sent == [faces.PunchDigits(digits="0000"), faces.PunchDigits(digits=NIP[-4:])]


def test_when_nobody_is_asked_any_more_it_says_so() -> None:
    at = Desk()
    at.touch("start", "digits")
    at.type_in("0000")
    assert isinstance(at.answer(error=api.ApiError("conflict", "nobody is asked")), Told)


def test_a_face_is_offered_only_where_there_is_a_camera() -> None:
    def offered(*, camera: bool, active: bool = True) -> bool:
        person = msgspec.structs.replace(PERSON, active=active)
        return "enrol_face" in [tile.value for tile in deeds_of(person, camera=camera).tiles]

    assert offered(camera=True)
    assert not offered(camera=False)
    assert not offered(camera=True, active=False)


def test_a_face_is_enrolled_after_the_consent_and_who_is_alike_is_named() -> None:
    at = Desk()
    at.view = msgspec.structs.replace(VIEW, face=FaceView(1))
    at.visit.begin(enrol_face(PERSON, lambda: Known(at.view, "id", local(MORNING, "WIB"))), 0)
    text = desk.ConsentText("2026-1", "id", "Persetujuan")
    assert isinstance(at.answer(text), Reading)
    assert isinstance(at.touch("choose", "agree"), Busy)
    assert at.sent[-1] == faces.EnrolFace(number=NIP, timeout_s=90.0, consent="2026-1")
    alike = (faces.Alike("1", "Dewi", 970),)
    done = faces.FaceEnrolled(person_id="1", name="Ahmad", templates=5, seq=9, alike=alike)
    told = at.answer(done)
    assert isinstance(told, Told)
    assert told.steps == (say("face.alike", name="Dewi"),)
