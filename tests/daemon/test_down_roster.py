"""A roster applied in turns: broken off anywhere it is applied again whole, and nothing is written twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.core import payload
from kiosk.core.api import GetPeople, PersonRow, PutPeople
from kiosk.core.config import KioskConfig
from kiosk.core.policy import Calendar, Policy
from kiosk.core.view import ClockView, LinkView, SiteView, View
from kiosk.daemon.clock import Clock
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.down_roster import Due, RosterDown, rows_of
from kiosk.daemon.down_rules import RosterRules, Texts
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.rules_files import CentreRules, RuleBook, Rules
from sync.documents import Decision, RosterAbsence, RosterContent, RosterPerson

GOOD = """\
version = "pusat-{n}"
[[session]]
name = "pagi"
kind = "in"
opens = 06:00:00
due = 07:15:00
closes = 09:00:00
"""


class Core:
    """What the engine's thread owns, on a disk."""

    def __init__(self, root: Path) -> None:
        config = KioskConfig(state_dir=str(root))
        clock = Clock(floor=config.clock.floor, step_ms=config.clock.step_ms)
        hub = ViewHub(View(
            revision=1, language="id", site=SiteView("S", "WIB"), clock=ClockView("none", 0),
            link=LinkView("off", 0), devices=(),
        ))  # fmt: skip
        self.book = RuleBook(Rules(Policy(version="local"), Calendar()))
        keys = DeviceKeys.load_or_create(root / "keys")
        self.state = CoreState.open(config, self.book, clock, hub, keys, "test", lambda ledger_id, seq: None)
        self.down = RosterDown(self.state, self.book)

    def apply(self, version: int, content: RosterContent, *, whole: bool = True) -> payload.RosterApplied:
        *_, done = self.down.apply(due(version, content, whole=whole))
        assert done is not None
        return done.record

    def active(self) -> set[str]:
        return {p.number for p in self.state.store.people(GetPeople()).people if p.active}

    def records(self) -> int:
        return self.state.store.head.seq


def due(version: int, content: RosterContent, *, whole: bool = True) -> Due:
    rows, numbers = rows_of(content.people)
    return Due(version, "site", whole, "00" * 32, content, rows, numbers, CentreRules(version), ())


def people(*numbers: int) -> tuple[RosterPerson, ...]:
    return tuple(RosterPerson(f"L-{n:05}", f"Orang {n}", "SD 1") for n in numbers)


def ids(*numbers: int) -> set[str]:
    return {f"L-{n:05}" for n in numbers}


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    made = Core(tmp_path)
    yield made
    made.state.end("test")


def test_broken_off_after_any_turn_it_is_applied_again_and_nothing_is_written_twice(tmp_path: Path) -> None:
    content = RosterContent(people=people(*range(300)))
    for turns in (1, 2, 3):
        core = Core(tmp_path)
        job = core.down.apply(due(1, content))
        for _ in range(turns):
            next(job)
        core.state.store.close()  # as after a kill: what was committed is there, the rest is not
    core = Core(tmp_path)
    assert core.down.last() is None
    core.apply(1, content)
    before = core.records()
    assert core.active() == ids(*range(300))
    again = core.apply(2, content)
    assert (again.added, again.changed, core.records()) == (0, 0, before + 1)
    core.state.end("test")


def test_whoever_is_off_the_list_is_deactivated_and_whoever_was_entered_here_is_not(core: Core) -> None:
    for _ in core.state.roster.put(PutPeople(rows=(PersonRow(1, "L-99999", "Tamu"),))):
        pass
    core.apply(1, RosterContent(people=people(1, 2, 3)))
    record = core.apply(2, RosterContent(people=people(2)))
    assert (record.deactivated, core.active()) == (2, ids(2, 99999))
    core.apply(3, RosterContent(people=people(4), gone_people=("L-00002",)), whole=False)
    assert core.active() == ids(4, 99999)
    core.apply(4, RosterContent(people=people(1)))
    assert core.active() == ids(1, 99999)


def test_absences_follow_the_list_and_bad_ones_are_named(core: Core) -> None:
    away = RosterAbsence("c-1", "L-00001", "sick", "2026-03-02", "2026-03-04")
    bad = (
        RosterAbsence("c-2", "L-00007", "leave", "2026-03-02", "2026-03-02"),
        RosterAbsence("c-3", "L-00001", "leave", "2026-03-09", "2026-03-02"),
        RosterAbsence("c-4", "L-00001", "leave", "2026-02-30", "2026-03-02"),
    )
    record = core.apply(1, RosterContent(people=people(1), absences=(away, *bad)))
    store = core.state.store
    assert (record.refused, [r.record.absence_id for r in store.desk(payload.Absence)]) == (3, ["c-1"])
    before = core.records()
    core.apply(2, RosterContent(people=people(1), absences=(away,)))
    assert core.records() == before + 1
    core.apply(3, RosterContent(people=people(1)))
    assert store.desk(payload.Absence) == []


def test_a_decision_is_written_once_and_only_for_punches_of_ours(core: Core) -> None:
    core.apply(1, RosterContent(people=people(1)))
    store, journal = core.state.store, core.state.journal
    person = store.person_by_number("L-00001")
    assert person is not None
    (punch,) = journal.note(payload.Punch(
        person_id=person.person_id, method="finger", device="r", grade="B",
        shown=payload.Shown("on_time", "in"), place=payload.Place("s"),
        versions=payload.Versions("p", "c", "r"),
    ))  # fmt: skip
    mine = Decision("d-1", store.head.ledger_id, punch.seq, "reject", "bukan dia")
    other, wrong = Decision("d-2", "elsewhere", 1, "accept"), Decision("d-3", mine.ledger_id, 1, "accept")
    for version in (2, 3):
        record = core.apply(version, RosterContent(people=people(1), decisions=(mine, other, wrong)))
        assert record.refused == 1
    assert [row.record.decision_id for row in store.desk(payload.Decided)] == ["d-1"]
    assert store.rulings(person.person_id) == {(mine.ledger_id, punch.seq): ("reject", "bukan dia")}
    assert store.taken(person.person_id, 0, 1 << 50) == []


def test_a_bad_policy_leaves_the_last_good_one_of_the_centre_in_force(tmp_path: Path) -> None:
    rules = RosterRules(tmp_path)
    first, faults = rules.keep(1, Texts(policy=GOOD.format(n=1)), None)
    assert (first.policy and first.policy.version, faults) == ("pusat-1", [])
    second, faults = rules.keep(2, Texts(policy=GOOD.format(n=2).replace("09:00", "05:00")), 1)
    assert second.policy is not None
    assert second.policy.version == "pusat-1"
    assert len(faults) == 1
    rules.forget_all_but(2)
    assert rules.load(2) == second
    third, _ = rules.keep(3, Texts(), 2)
    assert third.policy is None  # the kiosk's own file again


def test_what_a_row_leaves_out_stays_as_it_was(core: Core) -> None:
    def put(*row: object) -> None:
        for _ in core.state.roster.put(PutPeople(rows=(PersonRow(1, "L-99999", *row),))):  # type: ignore[arg-type]
            pass

    put("Tamu", "guest", "Tata Usaha")
    put("Tamu", "", None, False)
    put("Tamu Agung")
    found = core.state.store.person_by_number("L-99999")
    assert found is not None
    assert (found.name, found.category, found.unit, found.active) == (
        "Tamu Agung",
        "guest",
        "Tata Usaha",
        False,
    )
    put("Tamu Agung", "", "", True)
    found = core.state.store.person_by_number("L-99999")
    assert found is not None
    assert (found.unit, found.active) == ("", True)
