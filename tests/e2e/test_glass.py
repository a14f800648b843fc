"""Every flow of the touch screen with real touches: Xvfb, kiosk-ui, kioskd and the emulated reader."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

import cv2
import msgspec
import numpy as np
import pytest

from kiosk.core import api, desk
from tests.e2e.rig import PEOPLE, Rig, until
from tests.ui.glass import SIZE, Glass, glass
from tests.ui.xdisplay import available, xvfb
from ui.flows import queue, recap
from ui.flows.enrol import FINGERS
from ui.flows.people import DEEDS, row_of
from ui.flows.presence import WINDOWS_S
from ui.flows.punches import CATEGORIES
from ui.flows.raised import BY_ROLE, PARTS
from ui.panes import Choice, Entry, Listing, Reading, Says, Seconds, Tile, Told, say

pytestmark = pytest.mark.skipif(
    not available(), reason="needs Xvfb and xdotool (apt-get install xvfb xdotool)"
)
AHMAD, DEWI, AYU = (number for number, _ in PEOPLE)
NAMES = dict(PEOPLE)
PIN = "480216"


@pytest.fixture
def screen(kiosk: Rig, tmp_path: Path) -> Iterator[Glass]:
    folder = tmp_path / "x"
    folder.mkdir()
    with (
        xvfb(folder, SIZE) as display,
        glass(display, folder / "Xvfb_screen0", kiosk.root / "ui.sock", tmp_path / "ui.log") as made,
    ):
        yield made


def enrolment_says(kiosk: Rig, step: str) -> bool:
    return bool(kiosk.view_part("card", "code") == step)


def waits(screen: Glass, count: int) -> bool:
    return screen.view().queue == count


def number_entry(title: Says, **more: Any) -> Entry:
    return Entry(title, say("entry.number"), least=3, **more)


def pin_entry(title: Says) -> Entry:
    return Entry(title, say("entry.pin"), secret=True, least=6, most=12)


def raise_screen(kiosk: Rig, screen: Glass, role: str = "operator") -> Choice:
    """PIN and finger of Ahmad; the menu he then sees."""
    kiosk.ask(desk.SetPin(number=AHMAD, pin=PIN))
    kiosk.ask(desk.PutRole(number=AHMAD, role=role))  # type: ignore[arg-type]
    screen.begin("operator")
    screen.type_in(number_entry(say("raise.title")), AHMAD)
    screen.type_in(pin_entry(say("raise.title")), PIN)
    until(lambda: kiosk.view_part("flow", "step") == "finger")
    kiosk.touch(AHMAD)
    until(lambda: kiosk.view_part("raised", "role") == role)
    return menu(kiosk, role)


def menu(kiosk: Rig, role: str = "operator", waiting: int = 0) -> Choice:
    tiles = tuple(
        Tile(name, PARTS[name][0], say(f"menu.{name}"), waiting if name == "queue" else 0)
        for name in BY_ROLE[role]
    )
    return Choice(say("menu.of", name=NAMES[AHMAD]), tiles, patience_s=120.0)


def test_a_punch_by_pin_with_a_witness(kiosk: Rig, screen: Glass) -> None:
    kiosk.ask(desk.SetPin(number=AHMAD, pin=PIN))
    title = say("pin.title")
    screen.begin("pin")
    screen.type_in(number_entry(title), AHMAD)
    screen.type_in(pin_entry(title), "000001")
    told = Told("bad", "closed", say("said.not_allowed"), title, (say("said.not_allowed.1"),))
    screen.touch(screen.shows(told), "choose", "done")
    screen.touch(screen.shows(number_entry(title, text=AHMAD)), "ok", "ok")
    screen.type_in(pin_entry(title), PIN)
    until(lambda: kiosk.view_part("flow", "step") == "witness")
    kiosk.touch(DEWI)
    (punch,) = until(lambda: [r for r in kiosk.records("punch") if r["data"]["method"] == "pin"])
    assert punch["data"]["witness"] != punch["data"]["person_id"]
    screen.begin("pin")
    screen.shows(number_entry(title))


def test_a_number_that_cannot_be_is_refused_before_the_pin(kiosk: Rig, screen: Glass) -> None:
    title, wrong = say("pin.title"), f"{AHMAD[:12]}13{AHMAD[14:]}"
    screen.begin("pin")
    screen.type_in(number_entry(title), wrong)
    page = screen.shows(number_entry(title, text=wrong, problem=say("number.appointment_month")))
    screen.touch(page, "back", "back")
    screen.begin("pin")
    screen.shows(number_entry(title))


def test_field_duty_with_its_letter(kiosk: Rig, screen: Glass) -> None:
    title = say("special.title")
    tiles = tuple(Tile(code, icon, say(f"category.{code}")) for code, icon in CATEGORIES)
    screen.begin("special")
    screen.touch(screen.shows(Choice(title, tiles, say("special.lead"))), "choose", "field_duty")
    title = say("category.field_duty")
    letter = Entry(title, say("special.letter"), "letters", least=3, most=60, case="upper")
    screen.type_in(letter, "st-dinas/bkd")
    screen.type_in(Entry(title, say("special.note"), "letters", least=0, most=120), "lomba sains")
    until(lambda: kiosk.view_part("flow", "step") == "finger")
    kiosk.touch(DEWI)
    told = Told("unsure", "waiting", say("verdict.queued"), NAMES[DEWI], (say("special.queued.1"),))
    screen.touch(screen.shows(told), "choose", "done")
    (row,) = kiosk.ctl("queue", "list")["rows"]
    assert (row["letter"], row["note"]) == ("ST-DINAS/BKD", "Lomba sains")


def test_ones_own_record_with_a_receipt_that_a_phone_reads(kiosk: Rig, screen: Glass) -> None:
    kiosk.tap(AHMAD)
    before = len(kiosk.punches())
    screen.begin("my_record")
    until(lambda: kiosk.view_part("flow", "step") == "finger")
    kiosk.touch(AHMAD)

    def receipt() -> str:
        frame = np.frombuffer(screen.pixels(), np.uint8).reshape(SIZE[1], SIZE[0], 3)
        twice = cv2.resize(frame, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
        return str(cv2.QRCodeDetector().detectAndDecode(twice)[0])

    assert until(receipt).startswith("HADIR1|")
    assert len(kiosk.punches()) == before


def test_an_operator_enrols_a_finger_after_the_consent_is_read(kiosk: Rig, screen: Glass) -> None:
    screen.touch(screen.shows(raise_screen(kiosk, screen)), "choose", "people")
    people = msgspec.convert(kiosk.ask(api.GetPeople()), api.People)
    at = next(number for number, person in enumerate(people.people) if person.number == AYU)
    screen.touch(screen.shows(people_list(people)), "row", f"row{at}")
    screen.touch(screen.shows(person_of(AYU)), "choose", "enrol")
    fingers = tuple(
        Tile(one, "check" if one == "right-index" else "finger", say(f"finger.{one.replace('-', '_')}"))
        for one in FINGERS
    )
    screen.touch(screen.shows(Choice(NAMES[AYU], fingers)), "choose", "right-thumb")
    text = kiosk.ask(desk.GetConsent(language="id"))["text"]
    answers = (Tile("refuse", "cross", say("consent.refuse")), Tile("agree", "check", say("consent.agree")))
    page = screen.shows(Reading(NAMES[AYU], tuple(text.split("\n")), answers, whole=True))
    while not any(target.value == "agree" for target in page.targets):
        (further,) = [t.value for t in page.targets if t.name == "page"][-1:]
        screen.touch(page, "page", further)
        page = screen.shows(Reading(NAMES[AYU], tuple(text.split("\n")), answers, int(further), whole=True))
    screen.touch(page, "choose", "agree")
    for step in ("place", "again"):
        until(partial(enrolment_says, kiosk, step))
        kiosk.emulator(op="finger", label=f"{AYU}/right-thumb")
    until(lambda: any("right-thumb" in p["fingers"] for p in kiosk.ask(api.GetPeople())["people"]))
    screen.shows(person_of(AYU))


def test_an_operator_validates_two_late_entries_and_calls_a_presence_check(kiosk: Rig, screen: Glass) -> None:
    today = datetime.fromisoformat(str(kiosk.status()["local_time"][:10]))
    day = (today - timedelta(days=1)).date().isoformat()
    for number in (DEWI, AYU):
        kiosk.ctl("queue", "add", number, f"{day} 07:10", "--reason", "listrik padam")
    raise_screen(kiosk, screen)
    screen.touch(screen.shows(menu(kiosk, waiting=2)), "choose", "queue")
    for left in (1, 0):
        rows = msgspec.convert(kiosk.ask(desk.GetQueue()), desk.Queue).rows
        screen.touch(screen.shows(queue.listing_of(rows)), "row", "row0")
        screen.touch(screen.shows(queue.reading_of(rows[0])), "choose", "accept")
        until(partial(waits, screen, left))
    screen.touch(screen.shows(Listing(say("menu.queue"), (), empty=say("queue.empty"))), "back", "back")
    screen.touch(screen.shows(menu(kiosk)), "choose", "presence")
    call = Tile("call", "bell", say("presence.call"))
    empty = Listing(say("menu.presence"), (), empty=say("presence.empty"), keys=(call,))
    screen.touch(screen.shows(empty), "choose", "call")
    windows = tuple(
        Tile(str(one), "clock", say("presence.window", duration=Seconds(one))) for one in WINDOWS_S
    )
    choice = Choice(say("presence.call"), windows, say("presence.call.lead"))
    screen.touch(screen.shows(choice), "choose", "600")
    until(lambda: kiosk.view_part("presence", "expected") == 3)
    screen.touch(screen.shows(menu(kiosk)), "back", "back")
    until(lambda: screen.view().raised is None)
    kiosk.touch(DEWI)
    until(lambda: kiosk.view_part("presence", "confirmed") == 1)


def test_an_operator_enters_a_day_from_paper(kiosk: Rig, screen: Glass) -> None:
    screen.touch(screen.shows(raise_screen(kiosk, screen)), "choose", "people")
    people = msgspec.convert(kiosk.ask(api.GetPeople()), api.People)
    at = next(number for number, person in enumerate(people.people) if person.number == DEWI)
    screen.touch(screen.shows(people_list(people)), "row", f"row{at}")
    screen.touch(screen.shows(person_of(DEWI)), "choose", "paper")
    today = datetime.fromisoformat(str(kiosk.status()["local_time"][:10])).date()
    days = [today - timedelta(days=back) for back in range(9)]
    tiles = tuple(Tile(f"{day}", "calendar", say("day.named", date=day)) for day in days)
    screen.touch(screen.shows(Choice(NAMES[DEWI], tiles, say("paper.day"))), "choose", f"{days[1]}")
    screen.type_in(Entry(NAMES[DEWI], say("paper.time"), least=4, most=4), "0710")
    screen.type_in(Entry(NAMES[DEWI], say("paper.reason"), "letters", least=3, most=120), "listrik padam")
    (row,) = until(lambda: kiosk.ctl("queue", "list")["rows"])
    assert (row["number"], row["local"][:16], row["note"]) == (DEWI, f"{days[1]} 07:10", "Listrik padam")


def test_the_headmaster_sees_the_week_and_the_arithmetic_of_a_day(kiosk: Rig, screen: Glass) -> None:
    kiosk.tap(DEWI)
    screen.touch(screen.shows(raise_screen(kiosk, screen, "head")), "choose", "recap")
    periods = tuple(Tile(period, icon, say(f"recap.{period}")) for period, icon in recap.PERIODS)
    screen.touch(screen.shows(Choice(say("menu.recap"), periods)), "choose", "week")
    day = str(kiosk.status()["local_time"][:10])
    made = msgspec.convert(kiosk.ask(desk.GetRecap(period="week", day=day)), desk.Recap)
    at = next(number for number, one in enumerate(made.people) if one.number == DEWI)
    screen.touch(screen.shows(recap.people_of("week", made)), "row", f"row{at}")
    days = recap.list_of(made.people[at])
    screen.touch(screen.shows(days), "row", days.rows[0].value)
    first = next(one.day for one in made.people[at].days if one.status not in ("off", "future"))
    told = kiosk.ask(desk.Explain(number=DEWI, day=first))
    screen.shows(Reading(told["name"], tuple(told["lines"])))


def test_the_technicians_menu_opens_everything(kiosk: Rig, screen: Glass) -> None:
    technician = raise_screen(kiosk, screen, "technician")
    for part in ("network", "readers", "clock", "diagnostics"):
        screen.touch(screen.shows(technician), "choose", part)
        eventually_titled(screen, say(f"menu.{part}"))
        screen.touch(screen.page(Listing("", ())), "back", "back")


def people_list(people: api.People) -> Listing:
    keys = (Tile("add", "plus", say("people.add")), Tile("search", "search", say("people.search")))
    rows = tuple(row_of(number, person) for number, person in enumerate(people.people))
    return Listing(say("menu.people"), rows, say("people.total", n=people.total), keys=keys)


def person_of(number: str) -> Choice:
    deeds = tuple(Tile(deed, icon, say(f"deed.{deed}")) for deed, icon in DEEDS)
    return Choice(NAMES[number], deeds, number, patience_s=120.0)


def eventually_titled(screen: Glass, title: Says) -> None:
    """Until the header is that of a list with this title, and there is something below it."""
    until(lambda: screen.header(Listing(title, ())) == screen.header())
    until(lambda: len(set(screen.pixels()[SIZE[0] * 3 * 72 :])) > 16)
