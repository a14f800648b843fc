"""Which hours are whose on which day, and which session a moment belongs to. No clock, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from kiosk.core.policy import WEEKDAYS, Calendar, Mode, Policy, Session, Timetable

DAY_S = 86_400
ONE_DAY = timedelta(days=1)
_USUAL = Timetable(name="")


class Leave(msgspec.Struct, frozen=True):
    """An absence that was granted, on the local days `first` to `last` (ISO), or half of each."""

    kind: Literal["leave", "permission", "sick", "field_duty"]
    first: str
    last: str
    half: Literal["", "morning", "afternoon"] = ""


class Stay(msgspec.Struct, frozen=True):
    """Of the staff from `since_ms` until `until_ms` (UTC), or still."""

    since_ms: int
    until_ms: int | None = None


class Subject(msgspec.Struct, frozen=True):
    """The person, as far as rules care; `number` and `unit` find their timetable.

    `stays` says when they were of the staff at all, for a recap; without any they always were.
    """

    person_id: str
    category: str
    active: bool
    number: str = ""
    unit: str = ""
    absences: tuple[Leave, ...] = ()
    stays: tuple[Stay, ...] = ()

    def stayed(self, moment_ms: int) -> bool:
        """Whether they were of the staff at this moment (UTC)."""
        return not self.stays or any(
            one.since_ms <= moment_ms and (one.until_ms is None or moment_ms < one.until_ms)
            for one in self.stays
        )

    def absence(self, day: date) -> Leave | None:
        """What excuses them on `day`; a whole day before half a one."""
        if not self.absences:
            return None
        text = day.isoformat()
        found = [leave for leave in self.absences if leave.first <= text <= leave.last]
        return min(found, key=lambda leave: bool(leave.half), default=None)


class Slot(NamedTuple):
    """A session on one duty day; seconds count from that day's local midnight."""

    session: Session
    day: date
    opens_s: int
    due_s: int
    closes_s: int


class Hours(NamedTuple):
    """Somebody's hours: `mode` and `flexible_s` hold with the sessions of `timetable`."""

    timetable: Timetable
    mode: Mode
    flexible_s: int


def window(session: Session) -> tuple[int, int, int]:
    """Seconds from the shift's midnight at which a session opens, is due and closes."""
    opens, due, closes = (_seconds(t) for t in (session.opens, session.due, session.closes))
    if session.over_midnight:
        due += DAY_S if due < opens else 0
        closes += DAY_S if closes <= opens else 0
    shift = DAY_S if session.next_day else 0
    return opens + shift, due + shift, closes + shift


def exempt(person: Subject, policy: Policy) -> bool:
    """Whether the person has no set hours."""
    free = policy.exempt
    return person.category in free.categories or person.unit in free.units or person.number in free.people


def hours_of(person: Subject, policy: Policy) -> Hours:
    """Their own timetable, their unit's, their category's, or the usual hours."""
    mine = _USUAL
    if policy.timetables:
        mine = (
            _first(policy, "people", person.number) or _first(policy, "units", person.unit)
            or _first(policy, "categories", person.category) or _USUAL
        )  # fmt: skip
    flexible_min = mine.flexible_min if mine.name else policy.flexible_min
    return Hours(mine, mine.mode or policy.mode, flexible_min * 60)


def sessions_on(hours: Hours, day: date, policy: Policy) -> Sequence[Session]:
    """The sessions of a day, an override's in place of the usual ones; whatever the calendar says."""
    name = hours.timetable.name
    sessions = hours.timetable.sessions if name else policy.sessions
    for override in policy.overrides:
        if override.timetable == name and override.first <= day <= override.last:
            sessions = override.sessions
            break
    weekday = WEEKDAYS[day.weekday()]
    return [session for session in sessions if weekday in session.days]


def slots_on(
    person: Subject, hours: Hours, day: date, policy: Policy, calendar: Calendar
) -> tuple[Slot, ...]:
    """What is due of a person on a duty day, holidays taken away, in the order of the day."""
    return _slots(hours, day, person.category, policy, calendar)


@lru_cache(maxsize=1024)  # a recap asks the same of everybody
def _slots(hours: Hours, day: date, category: str, policy: Policy, calendar: Calendar) -> tuple[Slot, ...]:
    if calendar.holiday(day, category) and not hours.timetable.works_on_holidays:
        return ()
    slots = [Slot(session, day, *window(session)) for session in sessions_on(hours, day, policy)]
    return tuple(sorted(slots, key=lambda slot: slot.opens_s))


def slot_at(
    moment: datetime, person: Subject, hours: Hours, policy: Policy, calendar: Calendar
) -> Slot | None:
    """The session whose window holds the local `moment`; yesterday's shift may reach into today."""
    today = moment.date()
    for day in (today, today - ONE_DAY):
        at_s = seconds_into(moment, day)
        for slot in slots_on(person, hours, day, policy, calendar):
            if slot.opens_s <= at_s < slot.closes_s:
                return slot
    return None


def seconds_into(moment: datetime, day: date) -> int:
    """Whole seconds from the midnight that begins `day` to the local `moment`."""
    return (moment.date() - day).days * DAY_S + moment.hour * 3600 + moment.minute * 60 + moment.second


def _first(policy: Policy, key: str, value: str) -> Timetable | None:
    return next((t for t in policy.timetables if value and value in getattr(t, key)), None)


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second
