"""A roster of 13,000 people at one kiosk: how long it takes, and how long a punch may wait for it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import MS_PER_S, Figure
from kiosk.core.config import KioskConfig
from kiosk.core.policy import Calendar, Policy
from kiosk.core.view import ClockView, LinkView, SiteView, View
from kiosk.daemon.clock import Clock
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.down_roster import Due, RosterDown, rows_of
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.rules_files import CentreRules, RuleBook, Rules
from sync.documents import Roster, RosterAbsence, RosterContent, RosterPerson, pack
from sync.wire import MAX_MESSAGE_BYTES, encode

BENCH, PEOPLE, AWAY, LIMIT_MS = "roster", 13_000, 500, 20.0


def run() -> Iterator[Figure]:
    people = tuple(
        RosterPerson(f"P-{n:06}", f"Ahmad Fauzi Nasution {n}, S.Pd., M.M.", f"SMP Negeri {n % 90}")
        for n in range(PEOPLE)
    )
    away = tuple(
        RosterAbsence(f"c-{n}", f"P-{n:06}", "leave", "2026-03-02", "2026-03-06") for n in range(AWAY)
    )
    content = RosterContent(people=people, absences=away)
    size = len(encode(Roster(site="s", version=1, made_ms=0, content=pack(content))))
    yield Figure(BENCH, f"{PEOPLE:,} people as one message", size, "bytes", MAX_MESSAGE_BYTES, "limit")
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        core, down = _core(Path(folder))
        yield from _applied("first time", down, content, 1)
        yield from _applied("nothing changed", down, content, 2)
        fewer = RosterContent(people=people[: PEOPLE // 2])
        yield from _applied("half of them gone", down, fewer, 3)
        core.end("bench")


def _applied(what: str, down: RosterDown, content: RosterContent, version: int) -> Iterator[Figure]:
    rows, numbers = rows_of(content.people)
    due = Due(version, "s", True, "", content, rows, numbers, CentreRules(version), ())
    turns, busy, job = [], [], down.apply(due)
    while True:
        start, began = time.perf_counter(), time.thread_time()
        if next(job, job) is job:
            break
        turns.append((time.perf_counter() - start) * MS_PER_S)
        busy.append((time.thread_time() - began) * MS_PER_S)
    yield Figure(BENCH, f"{what}: all of it", sum(turns) / MS_PER_S, "s")
    yield Figure(BENCH, f"{what}: a turn, 99 in 100", _high(turns), "ms", LIMIT_MS, "limit")
    yield Figure(BENCH, f"{what}: its processor time, 99 in 100", _high(busy), "ms", LIMIT_MS, "limit")


def _high(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def _core(root: Path) -> tuple[CoreState, RosterDown]:
    config = KioskConfig(state_dir=str(root))
    clock = Clock(floor=config.clock.floor, step_ms=config.clock.step_ms)
    book = RuleBook(Rules(Policy(version="1"), Calendar()))
    view = View(
        revision=1, language="id", site=SiteView("S", "WIB"), clock=ClockView("none", 0),
        link=LinkView("off", 0), devices=(),
    )  # fmt: skip
    keys = DeviceKeys.load_or_create(root / "keys")
    core = CoreState.open(config, book, clock, ViewHub(view), keys, "bench", lambda ledger_id, seq: None)
    return core, RosterDown(core, book)
