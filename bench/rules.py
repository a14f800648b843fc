"""What the rules cost: a verdict for one punch, and the month's recap of a whole regency."""

from __future__ import annotations

import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from bench.figure import Figure
from kiosk.core import desk
from kiosk.core import payload as p
from kiosk.core.policy import Calendar, Policy
from kiosk.core.policy_file import read_policy
from kiosk.core.recap import Frame, Taken, days_of, person_recap
from kiosk.core.record import TimeBlock
from kiosk.core.rules import Event, Past, Subject, decide
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.recap_child import Order
from kiosk.daemon.store import Identity, Store

POLICY = Path(__file__).parents[1] / "config" / "policies" / "office.toml"
BENCH = "rules"
DECISIONS, PEOPLE = 20_000, 13_000
SAMPLE, STORED = 650, 1_000


def run() -> Iterator[Figure]:
    policy = read_policy(POLICY.read_text(encoding="utf-8"), POLICY.name)
    yield from _decide(policy)
    yield _recap(policy)
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        yield from _from_the_store(policy, Path(folder))


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


def _from_the_store(policy: Policy, folder: Path) -> Iterator[Figure]:
    """The child as kioskd starts it: its process, its reads, its answer in JSON."""
    _fill(folder)
    order = Order(
        state_dir=str(folder), site="s", zone="WIB", now_ms=_at(date(2026, 4, 2), 0).wall_ms, policy=policy,
        calendar=Calendar(), wanted=desk.GetRecap(period="month", day="2026-03-01"),
    )  # fmt: skip
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(
        (sys.executable, "-m", "kiosk.daemon.recap_child"), input=msgspec.json.encode(order),
        capture_output=True, check=True,
    )  # fmt: skip
    took_s, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert len(msgspec.json.decode(done.stdout, type=desk.Recap).people) == STORED
    yield Figure(BENCH, f"month's recap of {STORED:,} people from the store", took_s, "s")
    yield Figure(BENCH, "CPU of it", used - before, "s")


def _fill(folder: Path) -> None:
    rng, days, ids = (
        random.Random(1),
        days_of("month", date(2026, 3, 1)),
        [f"{n:016x}" for n in range(STORED)],
    )
    keys, began = DeviceKeys.load_or_create(folder / "keys"), _at(date(2026, 2, 1), 0)
    store = Store.open(folder, keys, Identity("bench", "kiosk", "0"), began)
    shown, versions = p.Shown("on_time", "in"), p.Versions(policy="1", calendar="1", roster="1")
    with store.transaction() as transaction:
        for n, person_id in enumerate(ids):
            person = p.Person(person_id=person_id, category="PNS", active=True, source="bench")
            transaction.append(person, began, p.PersonPrivate(number=f"{n + 1000}", name=f"Nama {n}"))
        for (day, second), person_id in sorted((at, one) for one in ids for at in _month(rng, days)):
            punch = p.Punch(
                person_id=person_id, method="finger", device="r", grade="B", shown=shown,
                place=p.Place("s"), versions=versions,
            )  # fmt: skip
            transaction.append(punch, _at(day, second))
    store.close()


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
