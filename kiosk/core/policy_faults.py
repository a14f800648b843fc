"""Everything impossible in a policy or a calendar that its types cannot say, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from kiosk.core.policy import WEEKDAYS, Calendar, Deduction, Override, Policy, Session, Timetable
from kiosk.core.shifts import DAY_S, window
from kiosk.core.toml_lines import Path

Found = tuple[Path, str]
WEEK_S = 7 * DAY_S
GRACE, FLEXIBLE = range(241), range(481)


def placed_faults(policy: Policy) -> list[Found]:
    """Each fault with the path of the key it is about."""
    faults = [*_bounds(policy), *_session_faults(policy.sessions, ())]
    for index, timetable in enumerate(policy.timetables):
        faults += _timetable_faults(policy, timetable, index)
    for index, override in enumerate(policy.overrides):
        faults += _override_faults(policy, override, index)
    return [*faults, *_deduction_faults(policy.deductions)]


def unknown_people(policy: Policy, known: Callable[[str], bool]) -> list[Found]:
    """People whom a policy names and nobody has entered; `known` says of a number whether somebody has."""
    named: list[Found] = [(("exempt", "people"), number) for number in policy.exempt.people]
    for index, timetable in enumerate(policy.timetables):
        named += [(("timetable", index, "people"), number) for number in timetable.people]
    return [
        (path, f"nobody here has the number {number}; enter the person or take the number out")
        for path, number in named
        if not known(number)
    ]


def calendar_faults(calendar: Calendar) -> list[Found]:
    """Holidays that end before they begin, or that are given twice."""
    faults: list[Found] = []
    for index, holiday in enumerate(calendar.named):
        if holiday.last and holiday.last < holiday.day:
            faults.append((("holiday", index, "to"), f"{holiday.name!r} ends before it begins"))
    for (i, a), (j, b) in combinations(enumerate(calendar.named), 2):
        if (a.day, a.categories) == (b.day, b.categories):
            faults.append((("holiday", j), f"{a.name!r} (holiday {i + 1}) is on {b.day} already; keep one"))
    return faults


def _bounds(policy: Policy) -> Iterator[Found]:
    for key, low, high in (
        ("duplicate_window_s", 0, 86_400), ("flexible_min", 0, 480), ("overtime_from_min", 0, 720),
        ("radius_m", 0, 100_000), ("photo_days", 1, 3_660), ("backup_days", 0, 3_660),
        ("deduction_cap", 0, 10_000),
    ):  # fmt: skip
        if not low <= getattr(policy, key) <= high:
            yield (key,), f"{key} must be between {low} and {high}"
    rule = policy.presence
    if rule.latest <= rule.earliest:
        yield ("presence", "latest"), "presence: latest must be after earliest"
    if not (0 <= rule.per_day <= 12 and 5 <= rule.window_s <= 7200):
        yield ("presence",), "presence: per_day is 0 to 12, window_s 5 to 7200"


def _session_faults(sessions: tuple[Session, ...], where: Path) -> Iterator[Found]:
    for index, session in enumerate(sessions):
        here = (*where, "session", index)
        opens, due, closes = window(session)
        if not opens <= due <= closes or opens == closes or closes - opens > DAY_S:
            how = "before the same time of the next day" if session.over_midnight else "on one day"
            yield here, f"session {session.name!r}: must open, be due and close in this order {how}"
        if session.over_midnight and session.next_day:
            yield (
                here,
                f"session {session.name!r}: over_midnight or next_day, not both; it would last three days",
            )
        if session.grace_min not in GRACE:
            yield here, f"session {session.name!r}: grace_min must be between 0 and 240"
        if not session.days:
            yield here, f"session {session.name!r}: days is empty, it would never apply"
    for (_, a), (j, b) in combinations(enumerate(sessions), 2):
        for day in _overlaps(a, b):
            yield (*where, "session", j), f"sessions {a.name!r} and {b.name!r} overlap on {day}"
    names = [session.name for session in sessions]
    for name in sorted(set(names)):
        if names.count(name) > 1:
            last = len(names) - 1 - names[::-1].index(name)
            yield (*where, "session", last), f"two sessions are called {name!r}"


def _overlaps(a: Session, b: Session) -> list[str]:
    """The days of `a` on which a window of `b` runs into its own, over the end of the week too."""
    found: list[str] = []
    for day in a.days:
        start, _, end = (WEEKDAYS.index(day) * DAY_S + s for s in window(a))
        for other in b.days:
            begin, _, stop = (WEEKDAYS.index(other) * DAY_S + s for s in window(b))
            if any(start < stop + week and begin + week < end for week in (-WEEK_S, 0, WEEK_S)):
                found.append(day)
    return [day for day in WEEKDAYS if day in found]


def _timetable_faults(policy: Policy, timetable: Timetable, index: int) -> Iterator[Found]:
    here: Path = ("timetable", index)
    yield from _session_faults(timetable.sessions, here)
    if timetable.flexible_min not in FLEXIBLE:
        yield (*here, "flexible_min"), f"timetable {timetable.name!r}: flexible_min must be between 0 and 480"
    if not timetable.sessions:
        yield (
            here,
            f"timetable {timetable.name!r} has no [[timetable.session]]; for no set hours use [exempt]",
        )
    if not (timetable.people or timetable.units or timetable.categories):
        yield here, f"timetable {timetable.name!r} is nobody's: name people, units or categories"
    for other in policy.timetables[:index]:
        if other.name == timetable.name:
            yield here, f"two timetables are called {timetable.name!r}"
        for key in ("people", "units", "categories"):
            for both in sorted(set(getattr(other, key)) & set(getattr(timetable, key))):
                yield (*here, key), f"{both!r} has two timetables, {other.name!r} and {timetable.name!r}"


def _override_faults(policy: Policy, override: Override, index: int) -> Iterator[Found]:
    here: Path = ("override", index)
    yield from _session_faults(override.sessions, here)
    if override.last < override.first:
        yield (*here, "to"), f"override {override.name!r} ends before it begins; swap from and to"
    known = [timetable.name for timetable in policy.timetables]
    if override.timetable and override.timetable not in known:
        yield (*here, "timetable"), f"override {override.name!r}: no timetable {override.timetable!r}"
    for other in policy.overrides[:index]:
        same = other.timetable == override.timetable
        if same and other.first <= override.last and override.first <= other.last:
            day = max(other.first, override.first)
            yield here, f"overrides {other.name!r} and {override.name!r} both rule {day}; shorten one"


def _deduction_faults(rows: tuple[Deduction, ...]) -> Iterator[Found]:
    for index, row in enumerate(rows):
        here: Path = ("deduction", index)
        if not 0 <= row.basis_points <= 10_000:
            yield here, f"deduction {index + 1}: basis_points must be between 0 and 10000 (100 %)"
        if row.from_min < 1 or (row.to_min and row.to_min <= row.from_min):
            yield here, f"deduction {index + 1}: from_min is at least 1 and below to_min"
    for (i, a), (j, b) in combinations(enumerate(rows), 2):
        if a.kind == b.kind and a.from_min < (b.to_min or 1 << 30) and b.from_min < (a.to_min or 1 << 30):
            yield (
                ("deduction", j),
                f"deductions {i + 1} and {j + 1} both fit {a.kind}; make their minutes apart",
            )
