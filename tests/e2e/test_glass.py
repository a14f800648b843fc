"""Every flow of the touch screen with real touches: Xvfb, kiosk-ui, kioskd and the emulated reader."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

import cv2
import msgspec
import numpy as np
import pytest

from kiosk.core import api, courier, desk, setup
from kiosk.demo.client import ask as ask_at
from tests.e2e.rig import PEOPLE, Rig, rig, until
from tests.ui.glass import SIZE, Glass, glass
from tests.ui.xdisplay import XDisplay, available, xvfb
from ui.flows import presence, queue, recap
from ui.flows.enrol import FINGERS
from ui.flows.people import ABSENCES, DEEDS, deeds_of, row_of
from ui.flows.presence import WINDOWS_S
from ui.flows.punches import CATEGORIES
from ui.flows.raised import BY_ROLE, PARTS
from ui.panes import Choice, Entry, Listing, Reading, Says, Seconds, Shown, Tile, Told, say

pytestmark = pytest.mark.skipif(
    not available(), reason="needs Xvfb and xdotool (apt-get install xvfb xdotool)"
)
AHMAD, DEWI, AYU = (number for number, _ in PEOPLE)
NAMES = dict(PEOPLE)
PIN, NEW_PIN = "480216", "735192"
LOST = Tile("lost", "question_clock", say("raise.lost"))


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One for all of them: three people enrolled; what one test leaves, the others do not mind."""
    with rig(tmp_path_factory.mktemp("glass") / "rig") as made:
        made.start("reader", "kioskd")
        made.wait_reader()
        for number, name in PEOPLE:
            made.enrol(number, name)
        yield made


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[XDisplay, Path]]:
    folder = tmp_path_factory.mktemp("x")
    with xvfb(folder, SIZE) as made:
        yield made, folder / "Xvfb_screen0"


@pytest.fixture
def screen(kiosk: Rig, display: tuple[XDisplay, Path], tmp_path: Path) -> Iterator[Glass]:
    """A screen just switched on, nobody's, with nothing to validate."""
    ask_at(kiosk.root / "ui.sock", desk.Lower())
    for row in kiosk.ask(desk.GetQueue())["rows"]:
        kiosk.ask(desk.Validate(seq=row["seq"], accept=True))
    with glass(*display, kiosk.root / "ui.sock", tmp_path / "ui.log") as made:
        yield made


def enrolment_says(kiosk: Rig, step: str) -> bool:
    return bool(kiosk.view_part("card", "code") == step)


def waits(screen: Glass, count: int) -> bool:
    return screen.view().queue == count


def number_entry(title: Says, **more: Any) -> Entry:
    return Entry(title, say("entry.number"), least=3, **more)


def pin_entry(title: Says, **more: Any) -> Entry:
    return Entry(title, say("entry.pin"), secret=True, least=6, most=12, **more)


def raise_screen(kiosk: Rig, screen: Glass, role: str = "operator") -> Choice:
    """PIN and finger of Ahmad; the menu he then sees."""
    kiosk.ask(desk.SetPin(number=AHMAD, pin=PIN))
    kiosk.ask(desk.PutRole(number=AHMAD, role=role))  # type: ignore[arg-type]
    screen.begin("operator")
    screen.type_in(number_entry(say("raise.title")), AHMAD)
    screen.type_in(pin_entry(say("raise.title"), other=LOST), PIN)
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
        return str(cv2.QRCodeDetectorAruco().detectAndDecode(twice)[0])  # the other misses one in six

    assert until(receipt).startswith("HADIR1|")
    assert len(kiosk.punches()) == before


def test_an_operator_enrols_a_finger_after_the_consent_is_read(kiosk: Rig, screen: Glass) -> None:
    screen.touch(screen.shows(raise_screen(kiosk, screen)), "choose", "people")
    open_person(kiosk, screen, AYU)
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
    screen.touch(screen.shows(presence.listing_of(())), "choose", "call")
    windows = tuple(
        Tile(str(one), "clock", say("presence.window", duration=Seconds(one))) for one in WINDOWS_S
    )
    choice = Choice(say("presence.call"), windows, say("presence.call.lead"))
    screen.touch(screen.shows(choice), "choose", "600")
    everybody = sum(person["active"] for person in kiosk.ask(api.GetPeople())["people"])
    until(lambda: kiosk.view_part("presence", "expected") == everybody)
    screen.touch(screen.shows(menu(kiosk)), "choose", "presence")
    checks = msgspec.convert(kiosk.ask(desk.GetPresence()), desk.PresenceList).checks
    page = screen.shows(presence.listing_of(checks))
    screen.touch(page, "row", f"row{len(checks) - 1}")
    screen.touch(screen.shows(presence.names_of(checks[-1])), "back", "back")
    screen.touch(screen.shows(presence.listing_of(checks)), "back", "back")
    screen.touch(screen.shows(menu(kiosk)), "back", "back")
    until(lambda: screen.view().raised is None)
    kiosk.touch(DEWI)
    until(lambda: kiosk.view_part("presence", "confirmed") == 1)


def test_an_operator_enters_a_day_from_paper(kiosk: Rig, screen: Glass) -> None:
    screen.touch(screen.shows(raise_screen(kiosk, screen)), "choose", "people")
    open_person(kiosk, screen, DEWI)
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
    week = screen.shows(recap.people_of("week", made))
    (kiosk.root / "stick" / "hadir").mkdir(parents=True)
    kiosk.ask(courier.CourierPair())
    screen.touch(week, "choose", "carry")
    until(lambda: len(list((kiosk.root / "stick").rglob("rekap-minggu-*"))) == 3)
    title = say("recap.week")
    folder = next((kiosk.root / "stick").rglob("rekap-minggu-*")).parent.relative_to(kiosk.root / "stick")
    told = Told("ok", "check", say("stick.carried"), title, (say("stick.files", n=3), str(folder)))
    screen.touch(screen.shows(told), "choose", "done")
    shutil.rmtree(kiosk.root / "stick")
    screen.touch(screen.shows(recap.people_of("week", made)), "row", f"row{at}")
    days = recap.list_of(made.people[at])
    screen.touch(screen.shows(days), "row", days.rows[0].value)
    first = next(one.day for one in made.people[at].days if one.status not in ("off", "future"))
    told = kiosk.ask(desk.Explain(number=DEWI, day=first))
    screen.shows(Reading(told["name"], tuple(told["lines"])))


def test_the_technicians_menu_opens_everything(kiosk: Rig, screen: Glass) -> None:
    technician = raise_screen(kiosk, screen, "technician")
    for part in ("network", "readers", "clock", "diagnostics", "log"):
        screen.touch(screen.shows(technician), "choose", part)
        eventually_titled(screen, say(f"menu.{part}"))
        screen.touch(screen.page(Listing("", ())), "back", "back")


def open_person(kiosk: Rig, screen: Glass, number: str) -> api.PersonOut:
    """From the list of people to what can be done for one of them."""
    people = msgspec.convert(kiosk.ask(api.GetPeople()), api.People)
    at = next(n for n, person in enumerate(people.people) if person.number == number)
    listing = people_list(people)
    page = screen.shows(listing)
    while not any(target.value == f"row{at}" for target in page.targets):
        further = [target.value for target in page.targets if target.name == "page"][-1]
        screen.touch(page, "page", further)
        listing = replace(listing, first=int(further))
        page = screen.shows(listing)
    screen.touch(page, "row", f"row{at}")
    return people.people[at]


def told_and_on(screen: Glass, told: Told) -> None:
    screen.touch(screen.shows(told), "choose", "done")


def test_an_operator_adds_a_person_gives_a_pin_and_a_leave(kiosk: Rig, screen: Glass) -> None:
    number, name = "3201014507950018", "Bu Ningsih"
    screen.touch(screen.shows(raise_screen(kiosk, screen)), "choose", "people")
    people = msgspec.convert(kiosk.ask(api.GetPeople()), api.People)
    screen.touch(screen.shows(people_list(people)), "choose", "add")
    title = say("people.add")
    screen.type_in(number_entry(title), number)
    screen.type_in(Entry(title, say("entry.name"), "letters", least=2, most=100, case="title"), name)
    told_and_on(screen, Told("ok", "check", say("people.added"), name, (say("people.added.1"),)))
    person = open_person(kiosk, screen, number)
    assert person.name == name
    screen.touch(screen.shows(deeds_of(person)), "choose", "pin")
    pin = Entry(name, say("entry.new_pin"), secret=True, least=6, most=12)
    screen.type_in(pin, "111111")
    screen.type_in(replace(pin, problem=say("entry.pin_easy")), NEW_PIN)
    screen.type_in(replace(pin, label=say("entry.pin_again")), NEW_PIN)
    told_and_on(screen, Told("ok", "check", say("pin.set"), name))
    screen.touch(screen.shows(deeds_of(person)), "choose", "absence")
    kinds = tuple(Tile(kind, icon, say(f"absence.{kind}")) for kind, icon in ABSENCES)
    screen.touch(screen.shows(Choice(name, kinds, say("absence.lead"))), "choose", "leave")
    today = datetime.fromisoformat(str(kiosk.status()["local_time"][:10])).date()
    days = [today + timedelta(days=offset) for offset in (0, 1, 2, 3, 4, -1, -2, -3, -4)]
    tiles = tuple(Tile(f"{day}", "calendar", say("day.named", date=day)) for day in days)
    screen.touch(screen.shows(Choice(name, tiles, say("absence.first"))), "choose", f"{days[1]}")
    screen.touch(screen.shows(Entry(name, say("absence.days"), text="1", most=3)), "ok", "ok")
    letter = Entry(name, say("special.letter_if"), "letters", least=0, most=60, case="upper")
    screen.touch(screen.shows(letter), "ok", "ok")
    until(lambda: kiosk.ask(desk.GetAbsences(number=number))["rows"])


def test_somebody_withdraws_their_consent_and_leaves(kiosk: Rig, screen: Glass) -> None:
    number, name = "3201014507950024", "Pak Yanto"
    kiosk.enrol(number, name)
    screen.touch(screen.shows(raise_screen(kiosk, screen)), "choose", "people")
    person = open_person(kiosk, screen, number)
    screen.touch(screen.shows(deeds_of(person)), "choose", "withdraw")
    lines = (say("withdraw.1"), say("withdraw.2"), say("withdraw.3"))
    keys = (Tile("no", "back", say("key.cancel")), Tile("yes", "check", say("deed.withdraw"), tone="bad"))
    screen.touch(screen.shows(Reading(name, lines, keys)), "choose", "yes")
    told_and_on(screen, Told("ok", "check", say("withdrawn"), name, (say("consent.refused.1"),)))
    screen.touch(screen.shows(deeds_of(person)), "choose", "leave")
    keys = (Tile("no", "back", say("key.cancel")), Tile("yes", "check", say("deed.leave"), tone="bad"))
    screen.touch(screen.shows(Reading(name, (say("leave.1"), say("leave.2")), keys)), "choose", "yes")
    told_and_on(screen, Told("ok", "check", say("left"), name))
    person = open_person(kiosk, screen, number)
    assert not person.active
    screen.touch(screen.shows(deeds_of(person)), "choose", "come_back")
    told_and_on(screen, Told("ok", "check", say("came_back"), name))


def test_the_first_administrator_types_the_code_and_a_lost_pin_is_given_anew(
    kiosk: Rig, screen: Glass
) -> None:
    kiosk.ask(desk.PutRole(number=AHMAD, role="none"))
    until(lambda: kiosk.view().get("first_run"))
    title, code = say("first.title"), kiosk.ctl("admin", "code")["code"].replace(" ", "")
    screen.begin("operator")
    steps = (say("first.1"), say("first.2"), say("first.3"))
    screen.touch(screen.shows(Reading(title, steps, (Tile("go", "next", say("first.go")),))), "choose", "go")
    screen.type_in(Entry(title, say("first.code"), least=10, most=10), code)
    screen.type_in(number_entry(title), AHMAD)
    screen.type_in(Entry(title, say("entry.name"), "letters", least=2, most=100, case="title"), "ahmad")
    pin = Entry(title, say("entry.new_pin"), secret=True, least=6, most=12)
    screen.type_in(pin, PIN)
    screen.type_in(replace(pin, label=say("entry.pin_again")), PIN)
    until(lambda: kiosk.view_part("raised", "role") == "operator")
    fingers = (Tile(f, "check" if f == "right-index" else "finger", say(f"finger.{f.replace('-', '_')}"))
               for f in FINGERS)  # fmt: skip
    screen.touch(screen.shows(Choice(NAMES[AHMAD], tuple(fingers))), "back", "back")
    until(lambda: kiosk.view().get("raised") is None)
    screen.begin("operator")
    screen.type_in(number_entry(say("raise.title")), AHMAD)
    screen.touch(screen.shows(pin_entry(say("raise.title"), other=LOST)), "choose", "lost")
    asked = kiosk.ask(setup.AskReset(number=AHMAD))
    lines, go = (say("reset.1"), say("reset.2")), (Tile("go", "next", say("reset.go")),)
    page = screen.shows(Shown(NAMES[AHMAD], asked["digits"], lines, asked["text"], go))
    screen.touch(page, "choose", "go")
    answer = "".join(kiosk.centre("pin-answer", asked["text"]).stdout.split())
    screen.type_in(Entry(say("reset.title"), say("reset.answer"), least=8, most=8), answer)
    pin = Entry(NAMES[AHMAD], say("entry.new_pin"), secret=True, least=6, most=12)
    screen.type_in(pin, NEW_PIN)
    screen.type_in(replace(pin, label=say("entry.pin_again")), NEW_PIN)
    told_and_on(screen, Told("ok", "check", say("pin.set"), NAMES[AHMAD]))


def test_a_wait_for_a_finger_is_cancelled_at_the_screen(kiosk: Rig, screen: Glass) -> None:
    screen.begin("my_record")
    until(lambda: kiosk.view_part("flow", "step") == "finger")
    screen.touch(screen.now(), "cancel", "cancel")
    until(lambda: not kiosk.view_part("flow", "step"))
    screen.begin("my_record")
    until(lambda: kiosk.view_part("flow", "step") == "finger")
    kiosk.ask(desk.Cancel())


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
