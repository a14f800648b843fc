"""What the rules cost: a verdict for one punch, and the month's recap of a whole regency."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench.figure import Figure
from kiosk.core.policy import Calendar, Policy
from kiosk.core.policy_file import read_policy
from kiosk.core.recap import Frame, Taken, days_of, person_recap
from kiosk.core.record import TimeBlock
from kiosk.core.rules import Event, Past, Subject, decide

POLICY = Path(__file__).parents[1] / "config" / "policies" / "office.toml"
BENCH = "rules"
DECISIONS, PEOPLE = 20_000, 13_000
SAMPLE = 650


def run() -> Iterator[Figure]:
    policy = read_policy(POLICY.read_text(encoding="utf-8"), POLICY.name)
    yield from _decide(policy)
    yield _recap(policy)


def _decide(policy: Policy) -> Iterator[Figure]:
    person = Subject("p", "PNS", active=True, number="1", unit="U")
    history = [Past(n, _at(date(2026, 3, 2), 27_000 + n * 600), "in") for n in range(8)]
    events = [Event(_at(date(2026, 3, 3), 20_000 + n % 60_000), "WIB", "finger") for n in range(DECISIONS)]
    spent = []
    for event in events:
        start = time.perf_counter_ns()
        decide(person, event, history, policy, Calendar())
        spent.append((time.perf_counter_ns() - start) / 1000)
    cuts = statistics.quantiles(spent, n=100)
    yield Figure(BENCH, "a verdict, median", statistics.median(spent), "us", 100.0, "limit")
    yield Figure(BENCH, "a verdict, 99th percentile", cuts[98], "us", 100.0, "limit")


def _recap(policy: Policy) -> Figure:
    rng, days = random.Random(1), days_of("month", date(2026, 3, 1))
    frame = Frame(policy, Calendar(), "WIB", _at(date(2026, 4, 2), 0).wall_ms)
    people = [[Taken(n, _at(day, s)) for n, (day, s) in enumerate(_month(rng, days))] for _ in range(SAMPLE)]
    start = time.perf_counter()
    for number, punches in enumerate(people):
        person_recap(Subject(str(number), "PNS", active=True), "N", punches, days, frame)
    took_s = (time.perf_counter() - start) * PEOPLE / SAMPLE
    return Figure(BENCH, f"month's recap computed for 13,000 people (from {SAMPLE})", took_s, "s")


def _month(rng: random.Random, days: list[date]) -> Iterator[tuple[date, int]]:
    for day in days:
        if day.weekday() < 5:
            yield day, int(rng.gauss(26_500, 900))
            yield day, int(rng.gauss(58_500, 1200))


def _at(day: date, second: int) -> TimeBlock:
    moment = (
        datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=7) + timedelta(seconds=second)
    )
    wall_ms = round(moment.timestamp() * 1000)
    return TimeBlock(wall_ms, "ntp", 50, "b", wall_ms - 1_700_000_000_000)
