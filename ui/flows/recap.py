"""The recap on the screen: people, their days, and the arithmetic of one day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from kiosk.core import desk
from kiosk.core.recap import DayLine, PersonRecap
from ui.flows import asking, courier
from ui.panes import Choice, Listing, Reading, Row, Says, Seconds, Tile, say
from ui.theme import ToneName
from ui.visit import BackError, Flow, Known, Refused

PERIODS: tuple[tuple[desk.Period, str], ...] = (("day", "clock"), ("week", "calendar"), ("month", "sum"))
_TONES: dict[str, tuple[ToneName, str]] = {
    "present": ("ok", "check"), "incomplete": ("late", "question_clock"), "absent": ("bad", "cross"),
}  # fmt: skip


def recap(known: Callable[[], Known]) -> Flow[None]:
    """Which period, then everybody in it."""
    tiles = tuple(Tile(period, icon, say(f"recap.{period}")) for period, icon in PERIODS)
    while True:
        chosen = yield from asking.choose(Choice(say("menu.recap"), tiles))
        period = next(period for period, _ in PERIODS if period == chosen)
        try:
            yield from _everybody(period, known)
        except BackError:
            continue


def _everybody(period: desk.Period, known: Callable[[], Known]) -> Flow[None]:
    day = known().now.date().isoformat()
    found = yield from asking.ask(desk.GetRecap(period=period, day=day, days=False), desk.Recap)
    while True:
        touch = yield from asking.browse(people_of(period, found))
        if touch.value == "carry":
            yield from courier.carry(desk.CarryRecap(period=period, day=day), say(f"recap.{period}"), known)
            continue
        person = found.people[int(touch.value.removeprefix("row"))]
        try:
            yield from days_of(person.number, period, known)
        except BackError:
            continue
        except Refused as error:
            yield from asking.refused(error, person.name)


def days_of(number: str, period: desk.Period, known: Callable[[], Known]) -> Flow[None]:
    """One person's days."""
    command = desk.GetRecap(period=period, day=known().now.date().isoformat(), number=number)
    found = yield from asking.ask(command, desk.Recap)
    for person in found.people[:1]:
        yield from _days(person)


def _days(person: PersonRecap) -> Flow[None]:
    while True:
        touch = yield from asking.browse(list_of(person))
        day = person.days[int(touch.value.removeprefix("row"))].day
        try:
            told = yield from asking.ask(desk.Explain(number=person.number, day=day), desk.Explained)
            yield from asking.read(Reading(told.name, told.lines))
        except BackError:
            continue


def people_of(period: desk.Period, found: desk.Recap) -> Listing:
    """Everybody with their sums."""
    rows = tuple(_person(number, one) for number, one in enumerate(found.people))
    lead = say("recap.from", first=_short(found.first), last=_short(found.last))
    keys = (Tile("carry", "stick", say("recap.carry")),)
    return Listing(say(f"recap.{period}"), rows, lead, keys=keys)


def list_of(person: PersonRecap) -> Listing:
    """One person's duty days so far."""
    days = enumerate(person.days)
    rows = tuple(_day(number, day) for number, day in days if day.status not in ("off", "future"))
    return Listing(person.name, rows, _sums(person))


def _short(day: str) -> str:
    return f"{date.fromisoformat(day):%d/%m/%Y}"


def _person(number: int, person: PersonRecap) -> Row:
    late_s = person.totals.late_s
    end = say("recap.late", duration=Seconds(late_s)) if late_s else ""
    return Row(person.name, _sums(person), end, value=f"row{number}")


def _sums(person: PersonRecap) -> Says:
    totals = person.totals
    away = totals.leave + totals.permission + totals.sick + totals.field_duty
    return say("recap.sums", present=totals.present + totals.incomplete, absent=totals.absent, away=away)


def _day(number: int, day: DayLine) -> Row:
    tone, icon = _TONES.get(day.status, ("note", "calendar"))
    times = f"{day.time_in[:5]} – {day.time_out[:5]}" if day.time_in or day.time_out else ""
    detail = say("recap.day_late", status=say(f"status_of.{day.status}"), duration=Seconds(day.late_s))
    named = say("day.named", date=date.fromisoformat(day.day))
    return Row(
        named, detail if day.late_s else say(f"status_of.{day.status}"), times, f"row{number}", icon, tone
    )
