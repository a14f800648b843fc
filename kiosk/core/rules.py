"""The rules: from a person, an event and their history to a verdict. No clock, no I/O, no globals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from kiosk.core.policy import WEEKDAYS, Calendar, Policy, Session
from kiosk.core.record import TimeBlock
from kiosk.core.zone import ZoneName, local

Code = Literal[
    "on_time", "late", "out", "early_leave", "outside", "time_unknown",
    "duplicate", "closed", "inactive", "extra", "present",
]  # fmt: skip
Direction = Literal["in", "out", "none"]


class Subject(msgspec.Struct, frozen=True):
    """The person, as far as rules care."""

    person_id: str
    category: str
    active: bool


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

    `outcome`: `take` it as a punch, say it is a `repeat` of `of_seq`, or `refuse` it.
    """

    outcome: Literal["take", "repeat", "refuse"]
    code: Code
    direction: Direction = "none"
    session: str = ""
    late_s: int = 0
    early_s: int = 0
    of_seq: int = 0


def decide(
    person: Subject,
    event: Event,
    history: Sequence[Past],
    policy: Policy,
    calendar: Calendar,
) -> Verdict:
    """The verdict on `event`; `history` is the person's recent punches, newest last."""
    if not person.active:
        return Verdict("refuse", "inactive")
    last = history[-1] if history else None
    if last and elapsed_s(last.at, event.at) < policy.duplicate_window_s:
        return Verdict("repeat", "duplicate", direction=last.direction, of_seq=last.seq)
    if not event.at.trusted:
        return Verdict("take", "time_unknown", direction=event.override)
    moment = local(event.at.wall_ms, event.zone)
    session = session_at(moment, policy, calendar)
    if session is None:
        if policy.mode == "strict":
            return Verdict("refuse", "closed")
        return Verdict("take", "outside", direction=event.override)
    return _in_session(moment, session, event.override)


def session_at(moment: datetime, policy: Policy, calendar: Calendar) -> Session | None:
    """The session whose window holds the local `moment`, if any."""
    if moment.date().isoformat() in calendar.holidays:
        return None
    day, clock = WEEKDAYS[moment.weekday()], moment.time()
    return next(
        (s for s in policy.sessions if day in s.days and s.opens <= clock < s.closes),
        None,
    )


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


def _in_session(moment: datetime, session: Session, override: Direction) -> Verdict:
    due = moment.replace(
        hour=session.due.hour,
        minute=session.due.minute,
        second=session.due.second,
        microsecond=0,
    )
    past_due_s = int((moment - due).total_seconds())
    if override not in ("none", session.kind):
        return Verdict("take", "outside", override, session.name)
    if session.kind == "in":
        late_s = past_due_s if past_due_s > session.grace_min * 60 else 0
        return Verdict("take", "late" if late_s else "on_time", "in", session.name, late_s=late_s)
    early_s = max(0, -past_due_s)
    return Verdict(
        "take",
        "early_leave" if early_s else "out",
        "out",
        session.name,
        early_s=early_s,
    )
