"""Somebody at the screen, as plain data: flows advance, go back, end, and forget what was typed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kiosk.core import api, desk
from kiosk.core.request import AnyCommand
from kiosk.core.view import RaisedView, View
from kiosk.core.zone import local
from ui.flows import FLOWS
from ui.panes import Busy, Choice, Entry, Pane, Seconds, Told, say
from ui.samples import MORNING, VIEW
from ui.visit import Answer, Known, Touch, Visit

NIP, PIN = "198501012010011001", "480216"


class Desk:
    """A visit, and what it sent."""

    def __init__(self) -> None:
        self.view: View = VIEW
        self.sent: list[AnyCommand] = []
        self.there = True
        self.visit = Visit(FLOWS, self._send, lambda: Known(self.view, "id", local(MORNING, "WIB")))

    def _send(self, command: AnyCommand) -> int | None:
        if not self.there:
            return None
        self.sent.append(command)
        return len(self.sent)

    def touch(self, name: str, *values: str) -> Pane | None:
        for value in values:
            self.visit.touch(Touch(name, value), 0)
        return self.visit.pane

    def type_in(self, text: str) -> Pane | None:
        self.touch("key", *text)
        return self.touch("ok", "ok")

    def answer(self, result: Any = None, error: api.ApiError | None = None) -> Pane | None:
        raw = msgspec.json.encode(result) if error is None else b""
        self.visit.answered(Answer(len(self.sent), raw, error), 0)
        return self.visit.pane


@pytest.fixture
def at() -> Desk:
    return Desk()


def entry(pane: Pane | None) -> Entry:
    assert isinstance(pane, Entry)
    return pane


def test_a_punch_by_pin_asks_number_then_pin_and_ends_with_the_answer(at: Desk) -> None:
    at.touch("start", "pin")
    assert entry(at.type_in(NIP)).secret
    assert isinstance(at.type_in(PIN), Busy)
    assert at.sent == [desk.PunchPin(number=NIP, pin=PIN, wait_s=20.0)]
    done = desk.Punched(seq=1, name="A", grade="D", code="on_time", direction="in")
    assert at.answer(done) is None


def test_back_from_the_pin_keeps_the_number_and_forgets_the_pin(at: Desk) -> None:
    at.touch("start", "pin")
    at.type_in(NIP)
    at.touch("key", *PIN)
    assert entry(at.touch("back", "back")).text == NIP
    assert entry(at.touch("ok", "ok")).text == ""
    assert at.touch("back", "back") is not None
    assert at.touch("back", "back") is None


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("198513012010011001", "number.birth_date"),
        ("198501012010131001", "number.appointment_month"),
        ("198501012010013001", "number.sex"),
        ("3201014513950002", "number.birth_date"),
        ("1985010120100", "number.length"),
    ],
)
def test_a_wrong_number_says_which_part_before_anything_is_sent(at: Desk, typed: str, key: str) -> None:
    at.touch("start", "pin")
    pane = entry(at.type_in(typed))
    assert pane.problem == say(key)
    assert pane.text == typed
    assert at.sent == []


def test_a_wait_after_wrong_pins_is_said_in_words(at: Desk) -> None:
    at.touch("start", "pin")
    at.type_in(NIP)
    at.type_in(PIN)
    told = at.answer(error=api.ApiError("not_allowed", "too many wrong PINs: wait 80 s"))
    assert isinstance(told, Told)
    assert told.steps == (say("said.wait", duration=Seconds(80)),)


def test_whatever_was_typed_is_forgotten_when_nobody_goes_on(at: Desk) -> None:
    at.touch("start", "pin")
    at.touch("key", *NIP)
    at.visit.tick(44)
    assert at.visit.pane
    at.visit.tick(46)
    assert at.visit.pane is None


def test_leaving_the_menu_lowers_the_screen(at: Desk) -> None:
    at.view = msgspec.structs.replace(VIEW, raised=RaisedView(name="A", role="head", until_ms=0))
    menu = at.touch("start", "operator")
    assert isinstance(menu, Choice)
    assert [tile.value for tile in menu.tiles] == ["queue", "today", "presence", "recap", "seal"]
    assert at.touch("back", "back") is None
    assert at.sent == [desk.Lower()]


def test_a_lowered_screen_shows_nothing_more(at: Desk) -> None:
    at.view = msgspec.structs.replace(VIEW, raised=RaisedView(name="A", role="operator", until_ms=0))
    at.touch("start", "operator")
    at.visit.tick(1)
    at.view = VIEW
    at.visit.tick(2)
    assert at.visit.pane is None


def test_a_daemon_that_goes_away_is_said(at: Desk) -> None:
    at.touch("start", "my_record")
    at.visit.lost()
    assert isinstance(at.visit.pane, Told)
    at.touch("choose", "done")
    at.there = False
    assert isinstance(at.touch("start", "my_record"), Told)


def test_an_answer_to_something_else_or_without_sense_does_no_harm(at: Desk) -> None:
    at.touch("start", "my_record")
    at.visit.answered(Answer(99, b"{}", None), 0)
    assert isinstance(at.visit.pane, Busy)
    assert isinstance(at.answer({"what": "is this"}), Told)


def test_text_that_is_far_too_long_stops_at_its_limit(at: Desk) -> None:
    at.touch("start", "special")
    at.touch("choose", "field_duty")
    assert len(entry(at.touch("key", *("x" * 500))).text) == 60


@pytest.mark.parametrize(
    ("case", "typed", "text"),
    [
        ("title", "dr. ahmad s.pd", "Dr. Ahmad S.Pd"),
        ("sentence", "lomba sains", "Lomba sains"),
        ("upper", "st/bkd", "ST/BKD"),
    ],
)
def test_capitals_come_by_themselves(case: Any, typed: str, text: str) -> None:
    pane = Entry("", "", "letters", most=60, case=case)
    for character in typed:
        pane = pane.pressed(character)
    assert pane.text == text
