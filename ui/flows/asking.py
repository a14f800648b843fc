"""The questions all flows are made of: choose, type, browse, read, be told."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

import msgspec

from kiosk.core import api
from kiosk.core.identity import BadNumberError, parse_number
from kiosk.core.pin import LEAST, MOST, pin_fault
from kiosk.core.request import AnyCommand
from ui.panes import Choice, Entry, Listing, Reading, Record, Says, Sealed, Seconds, Shown, Told, say
from ui.visit import Ask, BackError, Flow, Refused, Touch

S = TypeVar("S", bound=msgspec.Struct)


def choose(choice: Choice) -> Flow[str]:
    """The value of the tile that was touched."""
    while True:
        touch: Touch = yield choice
        if touch.name == "choose":
            return touch.value


class OtherWay(Exception):
    """The key beside an entry was touched instead of typing."""


def type_in(entry: Entry) -> Flow[str]:
    """What was typed, without blanks around it. Raises `OtherWay` where the entry has another key."""
    while True:
        touch: Touch = yield entry
        if touch.name == "key":
            entry = entry.pressed(touch.value)
        elif touch.name == "ok" and entry.enough:
            return entry.text.strip()
        elif touch.name == "choose":
            raise OtherWay


def browse(listing: Listing) -> Flow[Touch]:
    """The row or key that was touched."""
    while True:
        touch: Touch = yield listing
        if touch.name == "page":
            listing = replace(listing, first=int(touch.value))
        elif touch.name in ("row", "choose"):
            return touch


def read(pane: Reading | Record | Sealed | Shown) -> Flow[str]:
    """The key that was touched under a text."""
    while True:
        touch: Touch = yield pane
        if touch.name == "page" and isinstance(pane, Reading | Record):
            pane = replace(pane, first=int(touch.value))
        elif touch.name == "choose":
            return touch.value


def tell(told: Told) -> Flow[None]:
    """Show how it ended until it is touched away."""
    while True:
        touch: Touch = yield told
        if touch.name == "choose":
            return


def ask(command: AnyCommand, answer: type[S], busy: Says = "") -> Flow[S]:
    """The daemon's answer; `busy` says what it waits for. Raises `Refused`."""
    result: S = yield Ask(command, answer, busy)
    return result


def number(title: Says, text: str = "") -> Flow[str]:
    """A staff number, checked part by part before it is sent."""
    entry = Entry(title, say("entry.number"), text=text, least=3)
    while True:
        typed = yield from type_in(entry)
        try:
            return parse_number(typed).text
        except BadNumberError as error:
            entry = replace(entry, text=typed, problem=say(f"number.{error.part.replace(' ', '_')}"))


def number_and_pin(title: Says, typed: str = "") -> Flow[tuple[str, str]]:
    """Both; a step back from the PIN leads to the number again."""
    while True:
        typed = yield from number(title, typed)
        try:
            pin = yield from type_in(Entry(title, say("entry.pin"), secret=True, least=6, most=12))
        except BackError:
            continue
        return typed, pin


def new_pin(title: Says, number: str) -> Flow[str]:
    """A PIN that is not easily guessed, typed twice."""
    problem: Says = ""
    while True:
        entry = Entry(title, say("entry.new_pin"), secret=True, least=LEAST, most=MOST, problem=problem)
        first = yield from type_in(entry)
        if pin_fault(first, number):
            problem = say("entry.pin_easy")
            continue
        again = yield from type_in(replace(entry, label=say("entry.pin_again"), problem=""))
        if first == again:
            return first
        problem = say("entry.pin_differs")


def refused(error: Refused, title: Says) -> Flow[None]:
    """Say why the daemon did not do it, in the person's words."""
    yield from tell(why(error.error, title))


def why(error: api.ApiError, title: Says) -> Told:
    """The notice for an error: its code in words, and how long to wait if it says so."""
    wait = re.search(r"wait (\d+) s", f"{error.message} {error.hint}")
    if wait:
        text = say("said.wait", duration=Seconds(int(wait[1])))
        return Told("bad", "closed", say("said.not_allowed"), title, (text,))
    known = error.code if error.code in _SAID else "failed"
    steps = (say(f"said.{known}.1"),)
    return Told("help" if known == "timeout" else "bad", _SAID[known], say(f"said.{known}"), title, steps)


_SAID = {
    "not_allowed": "closed", "not_found": "person", "conflict": "forbidden", "timeout": "waiting",
    "busy": "waiting", "device": "plug", "storage": "disk_full",
    "bad_request": "question_clock", "failed": "warning",
}  # fmt: skip
