"""The attendance policy and the calendar: sessions, timetables, overrides, deductions, as read from TOML."""

from __future__ import annotations

from datetime import date, time
from typing import Literal

import msgspec

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Mode = Literal["lenient", "strict"]
Category = Literal["PNS", "P3K", "honorer", "guest"]


class _Table(msgspec.Struct, frozen=True, cache_hash=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Session(_Table, frozen=True):
    """A stretch of the day in which people come (`in`), go (`out`) or show that they are there (`stay`).

    `opens`..`closes` is the window punches belong to it, `due` the moment to be there (or not to
    leave before), all local time; `grace_min` minutes of lateness are forgiven entirely. A window that
    crosses midnight says `over_midnight`; one that lies wholly on the day after the shift began, `next_day`.
    """

    name: str
    kind: Literal["in", "out", "stay"]
    opens: time
    due: time
    closes: time
    grace_min: int = 0
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    over_midnight: bool = False
    next_day: bool = False


class Timetable(_Table, frozen=True):
    """Hours of their own for some: by number, else by unit, else by category."""

    name: str
    sessions: tuple[Session, ...] = msgspec.field(name="session", default=())
    people: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    mode: Mode | None = None
    flexible_min: int = 0
    works_on_holidays: bool = False


class Override(_Table, frozen=True):
    """Other sessions on the days `from`..`to` (Ramadan, exams), of one timetable or of the usual hours."""

    name: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    timetable: str = ""
    sessions: tuple[Session, ...] = msgspec.field(name="session", default=())


class Exempt(_Table, frozen=True):
    """Who has no set hours: their punches are taken at any time and nothing is counted."""

    people: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()


class Deduction(_Table, frozen=True):
    """One row of the deduction table, in hundredths of a per cent (`basis_points`).

    `late` and `early`: of one day, from `from_min` whole minutes to below `to_min` (0: without end).
    `missing`: each session without a punch. `absent`, `leave`, `permission`, `sick`: each day.
    `accumulated`: each full `from_min` minutes of lateness and early leave in the whole period.
    """

    kind: Literal["late", "early", "missing", "absent", "leave", "permission", "sick", "accumulated"]
    basis_points: int
    from_min: int = 1
    to_min: int = 0


class PresenceRule(_Table, frozen=True):
    """Random presence checks: `per_day` of them between `earliest` and `latest`, each open `window_s`."""

    per_day: int = 0
    earliest: time = time(9)
    latest: time = time(15)
    window_s: int = 600
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")


class Policy(_Table, frozen=True):
    """`lenient` takes every punch and records lateness; `strict` refuses outside every window.

    `flexible_min`: coming up to so much later is made up by leaving as much later. `half_day`: until when
    a free morning lasts and from when a free afternoon. `overtime_from_min`: staying at least so much longer
    counts (0: never). `photo_days`: how long photos are kept; `backup_days`: how long copies of the
    kiosk are. `radius_m`: with a GPS, how far from the site a plain punch may be (0: any).
    """

    version: str
    mode: Mode = "lenient"
    duplicate_window_s: int = 300
    flexible_min: int = 0
    half_day: time = time(12)
    overtime_from_min: int = 0
    radius_m: int = 0
    two_persons: bool = True
    photo_days: int = 90
    backup_days: int = 30
    deduction_cap: int = 10_000
    sessions: tuple[Session, ...] = msgspec.field(name="session", default=())
    timetables: tuple[Timetable, ...] = msgspec.field(name="timetable", default=())
    overrides: tuple[Override, ...] = msgspec.field(name="override", default=())
    deductions: tuple[Deduction, ...] = msgspec.field(name="deduction", default=())
    exempt: Exempt = Exempt()
    presence: PresenceRule = PresenceRule()


class Holiday(_Table, frozen=True):
    """A day, or the days `date`..`to`, on which nobody (of `categories`, when named) is due."""

    day: date = msgspec.field(name="date")
    name: str
    kind: Literal["national", "regional", "collective"] = "national"
    last: date | None = msgspec.field(name="to", default=None)
    categories: tuple[Category, ...] = ()


class Calendar(_Table, frozen=True):
    """Days on which nobody is due: plain ISO dates in `holidays`, or `[[holiday]]` tables with names."""

    version: str = "none"
    holidays: tuple[str, ...] = ()
    named: tuple[Holiday, ...] = msgspec.field(name="holiday", default=())

    def holiday(self, day: date, category: str = "") -> str:
        """The name of the holiday that `day` is for this category; empty on other days."""
        if day.isoformat() in self.holidays:
            return "hari libur"
        for known in self.named:
            if known.day <= day <= (known.last or known.day) and (
                not known.categories or category in known.categories
            ):
                return known.name
        return ""
