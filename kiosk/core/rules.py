"""The rules: from a person, an event and their history to a verdict. No clock, no I/O, no globals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from kiosk.core.policy import Calendar, Policy
from kiosk.core.record import TimeBlock
from kiosk.core.shifts import Hours, Leave, Slot, Subject, exempt, hours_of, seconds_into, slot_at, slots_on
from kiosk.core.zone import ZoneName, local, midnight_ms

__all__ = [
    "Code", "Direction", "Event", "Judged", "Leave", "Past", "Subject", "Verdict", "decide", "elapsed_s",
    "judge",
]  # fmt: skip

Code = Literal[
    "on_time", "late", "out", "early_leave", "outside", "time_unknown",
    "duplicate", "closed", "inactive", "extra", "present",
]  # fmt: skip
Direction = Literal["in", "out", "none"]


class Event(msgspec.Struct, frozen=True):
    """Somebody identified themselves at `at`, on a kiosk in `zone`; `override` is what they chose."""

    at: TimeBlock
    zone: ZoneName
    method: str
    override: Direction = "none"


class Past(msgspec.Struct, frozen=True):
    """An earlier punch of the same person."""

    seq: int
    at: TimeBlock
    direction: Direction


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the rules say.

    `outcome`: `take` it as a punch, say it is a `repeat` of `of_seq`, or `refuse` it. `absence` is what
    excuses the person that day (`leave`, `permission`, `sick`, `field_duty`, `holiday`).
    """

    outcome: Literal["take", "repeat", "refuse"]
    code: Code
    direction: Direction = "none"
    session: str = ""
    late_s: int = 0
    early_s: int = 0
    of_seq: int = 0
    absence: str = ""
    overtime_s: int = 0


class Judged(NamedTuple):
    """A verdict with the session it was made by and the moment that was due, both absent outside any."""

    verdict: Verdict
    slot: Slot | None = None
    due_s: int = 0


def decide(
    person: Subject,
    event: Event,
    history: Sequence[Past],
    policy: Policy,
    calendar: Calendar,
) -> Verdict:
    """The verdict on `event`; `history` is the person's recent punches, newest last."""
    return judge(person, event, history, policy, calendar).verdict


def judge(
    person: Subject, event: Event, history: Sequence[Past], policy: Policy, calendar: Calendar
) -> Judged:
    """The same with what it was made by, for a recap that shows its arithmetic."""
    if not person.active:
        return Judged(Verdict("refuse", "inactive"))
    last = history[-1] if history else None
    if last and elapsed_s(last.at, event.at) < policy.duplicate_window_s:
        return Judged(Verdict("repeat", "duplicate", direction=last.direction, of_seq=last.seq))
    if not event.at.trusted:
        return Judged(Verdict("take", "time_unknown", direction=event.override))
    if exempt(person, policy):
        return Judged(Verdict("take", "present", direction=event.override))
    moment = local(event.at.wall_ms, event.zone)
    hours = hours_of(person, policy)
    slot = slot_at(moment, person, hours, policy, calendar)
    if slot is None:
        return Judged(_outside(person, moment, event.override, hours, calendar))
    return _in_slot(_Case(person, event, moment, slot, hours, history), policy, calendar)


def elapsed_s(before: TimeBlock, after: TimeBlock) -> float:
    """Seconds that surely passed between two moments, as far as their clocks can tell.

    Within one boot the monotonic time decides. Over a reboot two trusted wall times decide;
    otherwise at least the time since that reboot has passed, and whatever an untrusted wall clock,
    which restarts at or before the last time it knew, has advanced.
    """
    if before.boot_id == after.boot_id:
        return max(0, after.boot_ms - before.boot_ms) / 1000
    by_wall = (after.wall_ms - before.wall_ms) / 1000
    if before.trusted and after.trusted:
        return max(0.0, by_wall)
    return max(0.0, by_wall, after.boot_ms / 1000)


class _Case(NamedTuple):
    person: Subject
    event: Event
    moment: datetime
    slot: Slot
    hours: Hours
    history: Sequence[Past]

    @property
    def at_s(self) -> int:
        return seconds_into(self.moment, self.slot.day)


def _outside(
    person: Subject, moment: datetime, override: Direction, hours: Hours, calendar: Calendar
) -> Verdict:
    if hours.mode == "strict":
        return Verdict("refuse", "closed")
    away = person.absence(moment.date())
    holiday = "holiday" if calendar.holiday(moment.date(), person.category) else ""
    return Verdict("take", "outside", direction=override, absence=away.kind if away else holiday)


def _in_slot(case: _Case, policy: Policy, calendar: Calendar) -> Judged:
    session, override = case.slot.session, case.event.override
    away = case.person.absence(case.slot.day)
    absence = away.kind if away else ""
    direction: Direction = "none" if session.kind == "stay" else session.kind
    if override not in ("none", direction):
        return Judged(Verdict("take", "outside", override, session.name, absence=absence), case.slot)
    if away and not away.half:
        return Judged(Verdict("take", "present", direction, session.name, absence=absence), case.slot)
    if session.kind == "out":
        return _leaving(case, away, policy, calendar)
    if _was_here(case, direction):
        return Judged(Verdict("take", "extra", "none", session.name, absence=absence), case.slot)
    return _coming(case, away, direction, policy)


def _coming(case: _Case, away: Leave | None, direction: Direction, policy: Policy) -> Judged:
    session, due_s = case.slot.session, case.slot.due_s
    if away and away.half == "morning":
        due_s = max(due_s, _half_day_s(policy))
    flexible_s = case.hours.flexible_s if direction == "in" else 0
    late_s = max(0, case.at_s - due_s - flexible_s)
    late_s = late_s if late_s > session.grace_min * 60 else 0
    code: Code = "late" if late_s else "on_time" if direction == "in" else "present"
    absence = away.kind if away else ""
    verdict = Verdict("take", code, direction, session.name, late_s=late_s, absence=absence)
    return Judged(verdict, case.slot, due_s)


def _leaving(case: _Case, away: Leave | None, policy: Policy, calendar: Calendar) -> Judged:
    due_s = case.slot.due_s
    if away and away.half == "afternoon":
        due_s = min(due_s, _half_day_s(policy))
    due_s += _owed_s(case, policy, calendar)
    early_s, over_s = max(0, due_s - case.at_s), max(0, case.at_s - due_s)
    counts = policy.overtime_from_min and over_s >= policy.overtime_from_min * 60
    verdict = Verdict(
        "take", "early_leave" if early_s else "out", "out", case.slot.session.name, early_s=early_s,
        absence=away.kind if away else "", overtime_s=over_s if counts else 0,
    )  # fmt: skip
    return Judged(verdict, case.slot, due_s)


def _owed_s(case: _Case, policy: Policy, calendar: Calendar) -> int:
    """How much later than usual they came within the flexible time: it is made up at the end of the shift."""
    if not case.hours.flexible_s:
        return 0
    slots = slots_on(case.person, case.hours, case.slot.day, policy, calendar)
    for slot in (slot for slot in slots if slot.session.kind == "in"):
        for past in case.history:
            at_s = _past_s(case, past)
            if past.direction == "in" and past.at.trusted and slot.opens_s <= at_s < slot.closes_s:
                return min(case.hours.flexible_s, max(0, at_s - slot.due_s))
    return 0


def _was_here(case: _Case, direction: Direction) -> bool:
    """Whether this session has its punch already."""
    return any(
        past.direction == direction
        and past.at.trusted
        and case.slot.opens_s <= _past_s(case, past) < case.slot.closes_s
        for past in case.history
    )


def _past_s(case: _Case, past: Past) -> int:
    return (past.at.wall_ms - midnight_ms(case.slot.day, case.event.zone)) // 1000


def _half_day_s(policy: Policy) -> int:
    return policy.half_day.hour * 3600 + policy.half_day.minute * 60 + policy.half_day.second
