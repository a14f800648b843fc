"""The attendance policy: sessions, lateness and the duplicate window, as read from a TOML file."""

from __future__ import annotations

from datetime import time
from typing import Literal

import msgspec

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Session(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A stretch of the day in which people come (`in`) or go (`out`).

    `opens`..`closes` is the window punches belong to it, `due` the moment to be there (or not to
    leave before), all local time; `grace_min` minutes of lateness are forgiven entirely.
    """

    name: str
    kind: Literal["in", "out"]
    opens: time
    due: time
    closes: time
    grace_min: int = 0
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`lenient` takes every punch and records lateness; `strict` refuses outside every window."""

    version: str
    mode: Literal["lenient", "strict"] = "lenient"
    duplicate_window_s: int = 300
    sessions: tuple[Session, ...] = msgspec.field(name="session", default=())


class Calendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Days on which nobody is due, ISO dates."""

    version: str = "none"
    holidays: tuple[str, ...] = ()


def policy_faults(policy: Policy) -> list[str]:
    """Everything impossible in a policy that its types cannot say; empty when it is sound."""
    faults = []
    if not 0 <= policy.duplicate_window_s <= 86_400:
        faults.append("duplicate_window_s must be between 0 and 86400")
    for session in policy.sessions:
        if not session.opens <= session.due <= session.closes or session.opens == session.closes:
            faults.append(f"session {session.name!r}: must open, be due and close in this order on one day")
        if not 0 <= session.grace_min <= 240:
            faults.append(f"session {session.name!r}: grace_min must be between 0 and 240")
        if not session.days:
            faults.append(f"session {session.name!r}: days is empty, it would never apply")
    faults += [
        f"sessions {a.name!r} and {b.name!r} overlap on {day}"
        for i, a in enumerate(policy.sessions)
        for b in policy.sessions[i + 1 :]
        for day in WEEKDAYS
        if day in a.days and day in b.days and a.opens < b.closes and b.opens < a.closes
    ]
    names = [session.name for session in policy.sessions]
    faults += [f"two sessions are called {name!r}" for name in sorted(set(names)) if names.count(name) > 1]
    return faults
