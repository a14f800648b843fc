"""A seeded month of sixty people against a plain-Python oracle that shares no code with the rules."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from kiosk.core.policy_file import read_calendar, read_policy
from kiosk.core.recap import Frame, Taken, days_of, person_recap
from kiosk.core.record import TimeBlock
from kiosk.core.rules import Leave, Subject
from kiosk.core.shifts import Stay

POLICY = read_policy(
    """
version = "oracle"
overtime_from_min = 30
duplicate_window_s = 300
[[session]]
name = "pagi"
kind = "in"
opens = 06:00:00
due = 07:30:00
closes = 12:00:00
grace_min = 5
[[session]]
name = "sore"
kind = "out"
opens = 12:00:00
due = 16:00:00
closes = 22:00:00
[[override]]
name = "Ramadan"
from = 2026-03-16
to = 2026-03-20
[[override.session]]
name = "pagi"
kind = "in"
opens = 06:00:00
due = 08:00:00
closes = 12:00:00
grace_min = 5
[[override.session]]
name = "sore"
kind = "out"
opens = 12:00:00
due = 15:00:00
closes = 22:00:00
[[deduction]]
kind = "late"
from_min = 1
to_min = 31
basis_points = 50
[[deduction]]
kind = "late"
from_min = 31
basis_points = 100
[[deduction]]
kind = "early"
basis_points = 75
[[deduction]]
kind = "missing"
basis_points = 150
[[deduction]]
kind = "absent"
basis_points = 300
[[deduction]]
kind = "accumulated"
from_min = 450
basis_points = 300
""",
    "oracle",
)
CALENDAR = read_calendar('[[holiday]]\ndate = 2026-03-19\nname = "Nyepi"\n', "oracle")
DAYS = days_of("month", date(2026, 3, 1))
Moment = tuple[date, int]
OFFSET = {"WIB": 7, "WITA": 8, "WIT": 9}
KINDS = ("leave", "permission", "sick", "field_duty")


def generate(rng: random.Random) -> tuple[list[tuple[date, int]], dict[date, str]]:
    """Punches as (day, second of the day), and whole days away."""
    punches, away = [], {}
    for day in DAYS:
        kind = rng.random()
        if kind < 0.08:
            away[day] = rng.choice(KINDS)
        if kind < 0.05 or 0.08 <= kind < 0.14:
            continue
        if rng.random() < 0.93:
            first = int(rng.gauss(7 * 3600 + 1500, 1200))
            punches.append((day, min(max(first, 5 * 3600 + 1800), 12 * 3600 - 1)))
            if rng.random() < 0.2:
                punches.append((day, punches[-1][1] + rng.choice((5, 299, 300, 900))))
        if rng.random() < 0.9:
            punches.append((day, min(max(int(rng.gauss(16 * 3600, 2400)), 12 * 3600 + 1300), 86_000)))
    return punches, away


def stay(rng: random.Random) -> tuple[Moment, Moment]:
    """When they came to the staff and left it; most were there before and stay."""
    came, left = (date(2026, 2, 1), 0), (date(2026, 5, 1), 0)
    if rng.random() < 0.25:
        came = (rng.choice(DAYS[:20]), rng.choice((0, 36_000, 61_200)))
    if rng.random() < 0.15:
        left = (rng.choice(DAYS[20:]), 50_400)
    return came, left


def oracle(
    punches: list[tuple[date, int]], away: dict[date, str], came: Moment, left: Moment
) -> dict[str, int]:
    """What a clerk would do with a pencil."""
    sums = dict.fromkeys(("present", "incomplete", "absent", "late_s", "early_s", "overtime_s", "cut"), 0)
    sums.update(dict.fromkeys(KINDS, 0))
    for day in DAYS:
        if day.weekday() >= 5 or day == date(2026, 3, 19):
            continue
        if day in away:
            sums[away[day]] += 1
            continue
        ramadan = date(2026, 3, 16) <= day <= date(2026, 3, 20)
        due_in, due_out = (8 * 3600, 15 * 3600) if ramadan else (7 * 3600 + 1800, 16 * 3600)
        kept: list[int] = []
        for second in sorted(s for d, s in punches if d == day):
            if not kept or second - kept[-1] >= 300:
                kept.append(second)
        morning = [s for s in kept if 6 * 3600 <= s < 12 * 3600]
        evening = [s for s in kept if 12 * 3600 <= s < 22 * 3600]
        wanted = [(due, found) for due, found in ((due_in, morning), (due_out, evening))
                  if found or came <= (day, due) < left]  # fmt: skip
        if not wanted:
            continue
        missing = sum(not found for _, found in wanted)
        if missing == 2:
            sums["absent"] += 1
            sums["cut"] += 300
            continue
        sums["incomplete" if missing else "present"] += 1
        sums["cut"] += 150 * missing
        late = morning[0] - due_in if morning and morning[0] - due_in > 300 else 0
        early = max(0, due_out - evening[-1]) if evening else 0
        over = evening[-1] - due_out if evening and evening[-1] - due_out >= 1800 else 0
        sums["late_s"], sums["early_s"] = sums["late_s"] + late, sums["early_s"] + early
        sums["overtime_s"] += over
        sums["cut"] += (100 if late >= 31 * 60 else 50) if late else 0
        sums["cut"] += 75 if early >= 60 else 0
    sums["cut"] += (sums["late_s"] + sums["early_s"]) // 60 // 450 * 300
    sums["cut"] = min(sums["cut"], 10_000)
    return sums


def test_the_recap_is_the_oracles() -> None:
    rng = random.Random(20260301)
    mixed = part_of_it = 0
    for n in range(60):
        zone = ("WIB", "WITA", "WIT")[n % 3]
        punches, away = generate(rng)
        came, left = stay(rng)
        away = {day: kind for day, kind in away.items() if came[0] < day < left[0]}
        part_of_it += came[0] in DAYS or left[0] in DAYS
        absences = tuple(Leave(kind, str(d), str(d)) for d, kind in away.items())  # type: ignore[arg-type]
        stays = (Stay(block(*came, zone).wall_ms, block(*left, zone).wall_ms),)
        person = Subject(f"p{n}", "PNS", active=True, number=str(n), absences=absences, stays=stays)
        taken = [Taken(i, block(day, second, zone), "none") for i, (day, second) in enumerate(punches)]
        rng.shuffle(taken)
        frame = Frame(POLICY, CALENDAR, zone, block(date(2026, 4, 3), 0, zone).wall_ms)  # type: ignore[arg-type]
        totals = person_recap(person, "N", taken, DAYS, frame).totals
        expected = oracle(punches, away, came, left)
        found = {key: getattr(totals, "cut_bp" if key == "cut" else key) for key in expected}
        assert found == expected, (n, zone)
        mixed += all(expected[key] for key in ("present", "incomplete", "absent", "late_s", "early_s"))
    assert mixed > 20, "the generator must make all kinds of days"
    assert part_of_it > 10, "and people who came or left within the month"


def test_nobody_is_absent_before_they_were_entered() -> None:
    day = date(2026, 3, 9)
    person = Subject("p", "PNS", active=True, number="1", stays=(Stay(block(day, 36_000, "WIB").wall_ms),))
    frame = Frame(POLICY, CALENDAR, "WIB", block(date(2026, 3, 12), 0, "WIB").wall_ms)
    made = person_recap(person, "N", [], DAYS[:11], frame)
    assert [one.status for one in made.days] == ["off"] * 8 + ["incomplete", "absent", "absent"]
    assert made.totals.due == 3
    assert made.days[4].why == ("2026-03-05: belum atau tidak lagi terdaftar",)
    assert made.days[8].missing == ("sore",), "the morning was over when they were entered"


def block(day: date, second: int, zone: str) -> TimeBlock:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=OFFSET[zone])
    wall = round(midnight.timestamp() * 1000) + second * 1000
    return TimeBlock(wall, "ntp", 50, "b", wall - 1_700_000_000_000)
