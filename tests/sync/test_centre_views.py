"""What a BI tool reads: the views in both dialects, and every query of the Grafana dashboard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from kiosk.core.payload import (
    Absence,
    AbsenceDropped,
    AbsenceKind,
    Alias,
    Carried,
    Place,
    Punch,
    Shown,
    Versions,
)
from sync.centre import projection
from sync.centre.config import CentreConfig
from sync.centre.content import KINDS, PunchSeen
from sync.centre.metrics import render, serving
from sync.centre.standing import standing
from sync.centre.store import Store
from sync.centre.store_postgres import PostgresStore
from sync.centre.tally import Tally
from sync.centre.zone import note_zone
from sync.hello import state_message
from tests.house.tracked import ROOT
from tests.sync.book import Book
from tests.sync.conftest import emptied
from tests.sync.desk import NOW_MS, Desk

DASHBOARD = ROOT / "config/grafana/hadir.json"
MONDAY_0730 = 1_793_579_400_000  # 2026-11-02 07:30 WIB


def punch(person: str, at_ms: int, direction: str, late_s: int = 0, **more: Any) -> Punch:
    """A paper entry, whose time is what it claims."""
    return Punch(
        person_id=person, method="paper", device="desk", grade="D",
        shown=Shown("late" if late_s else "on_time", direction, "pagi", late_s),  # type: ignore[arg-type]
        place=Place("sd-1"), versions=Versions("p", "c", "r"), claimed_ms=at_ms, **more,
    )  # fmt: skip


def absence(name: str, kind: AbsenceKind, first: str, last: str) -> Absence:
    return Absence(absence_id=name, person_id="p3", kind=kind, first=first, last=last, source="o")


@pytest.fixture
def book(desk: Desk) -> Book:
    """Two people of one unit on a Monday, one of them under two ids; a third is sick for three days."""
    book = Book()
    for number, person in enumerate(("p1", "p2", "p3")):
        book.person(person, f"19800101200501100{number}", f"Orang {number}")
    book.append(Alias(person_id="p2b", same_as="p2"))
    book.append(punch("p1", MONDAY_0730, "in", 900))
    book.append(punch("p1", MONDAY_0730 + 8 * 3_600_000, "out"))
    book.append(punch("p2b", MONDAY_0730 - 1_800_000, "in"))
    book.append(punch("p2", MONDAY_0730 + 9 * 3_600_000, "out"))
    book.append(punch("p1", MONDAY_0730 + 60_000, "in", 960, queued=True))
    book.append(absence("a", "sick", "2026-11-02", "2026-11-04"))
    book.append(absence("b", "leave", "2026-11-02", "2026-11-02"))
    book.append(absence("c", "leave", "2026-11-99", "2026-11-99"))
    book.append(AbsenceDropped(absence_id="b", person_id="p3", actor="o"))
    desk.send(book)
    return book


def rows(desk: Desk, sql: str) -> list[tuple[str, ...]]:
    return [tuple(str(value) for value in row) for row in desk.rows(sql)]


def test_in_out_late_and_leave_by_person_unit_and_day(desk: Desk, book: Book) -> None:
    assert rows(desk, "SELECT name, day, first_in, last_out, late_s FROM v_days ORDER BY name") == [
        ("Orang 0", "2026-11-02", "2026-11-02 07:30:00", "2026-11-02 15:30:00", "900"),
        ("Orang 1", "2026-11-02", "2026-11-02 07:00:00", "2026-11-02 16:30:00", "0"),
    ]
    assert rows(desk, "SELECT name, kind, day FROM v_leave ORDER BY day") == [
        ("Orang 2", "sick", f"2026-11-0{day}") for day in (2, 3, 4)
    ]
    assert rows(desk, "SELECT day, staff, present, late, away FROM v_units") == [
        ("2026-11-02", "3", "2", "1", "1")
    ]


def test_the_day_is_that_of_the_configured_zone(desk: Desk, book: Book) -> None:
    try:
        note_zone(desk.store, "WIT")
        found = rows(desk, "SELECT local_time FROM v_punches WHERE direction = 'in' ORDER BY local_time")
        assert found[-1] == ("2026-11-02 09:31:00",)
    finally:
        note_zone(desk.store, "WIB")


def test_a_fresh_punch_is_in_every_view_before_its_turn(desk: Desk, book: Book) -> None:
    book.append(punch("p3", MONDAY_0730, "in"))
    book.append(punch("p3", MONDAY_0730 + 3_600_000, "in"))
    seq = len(book.current.rows)
    desk.live(book, seq, seq)
    assert rows(desk, "SELECT provisional, count(*) FROM v_punches GROUP BY provisional ORDER BY 1") == [
        ("0", "5"),
        ("1", "1"),
    ]
    assert ("Orang 2",) in rows(desk, "SELECT name FROM v_days")
    desk.send(book, seq - 1)
    assert rows(desk, "SELECT count(*) FROM v_punches WHERE provisional = 1") == [("0",)]


def test_the_live_state_of_every_kiosk(desk: Desk, book: Book) -> None:
    book.punches(3)
    desk.letter(book.name.up("state"), state_message(book.hello(), book.name, book, "online"))
    found = rows(desk, "SELECT device, status, site, approval, behind, quarantined FROM v_kiosks")
    assert found == [("kiosk-1", "online", "sd-1", "approved", "3", "0")]
    with desk.store.reading() as tx:
        now = standing(tx, NOW_MS + 60_000)
    assert (now.devices, now.online, now.behind, now.behind_s) == (1, 1, 3, 60.0)


def test_every_query_of_the_dashboard_runs(contract_url: str, tmp_path: Path) -> None:
    store = emptied(PostgresStore(contract_url))
    desk = Desk(tmp_path, store=store)
    book = Book()
    book.append(punch("p1", MONDAY_0730, "in"))
    desk.send(book)
    desk.letter(book.name.up("state"), state_message(book.hello(), book.name, book, "online"))
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    assert len(panels) >= 10
    for panel in panels:
        for target in panel["targets"]:
            found = run_as_grafana(store, target["rawSql"])
            assert found or "Leave" in panel["title"], panel["title"]
    store.close()


def run_as_grafana(store: Store, sql: str) -> list[Any]:
    for macro, moment in (("$__timeFrom()", "2026-11-01T00:00:00Z"), ("$__timeTo()", "2026-11-03T00:00:00Z")):
        sql = sql.replace(macro, f"'{moment}'")
    with store.reading() as tx:
        return tx.all(sql)


def test_figures_for_prometheus(desk: Desk, book: Book) -> None:
    book.punches(2)
    desk.send(book, len(book.current.rows) - 1)
    desk.letter("hadir/v1/a/b/up/ledger", b"{")
    with desk.store.reading() as tx:
        page = render(desk.office.tally, standing(tx, NOW_MS))
    lines = dict(line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
    assert lines["hadir_centre_records_committed_total"] == str(len(book.current.rows))
    assert lines['hadir_centre_acks_total{status="ok"}'] == "2"
    assert lines['hadir_centre_refused_total{reason="malformed"}'] == "1"
    assert lines["hadir_centre_commit_seconds_count"] == "3"
    assert lines['hadir_centre_commit_seconds_bucket{le="+Inf"}'] == "3"
    assert lines["hadir_centre_database_up"] == "1"
    assert "hadir_centre_database_up 0" in render(Tally(), None)


def test_the_figures_are_served_and_say_when_the_database_is_away(tmp_path: Path) -> None:
    Desk(tmp_path).send(Book())
    config = CentreConfig(database=str(tmp_path / "centre.db"), metrics="127.0.0.1:0")
    with serving(config, Tally(), lambda: NOW_MS) as port:
        assert "\nhadir_centre_records 1\n" in fetched(port)
    away = CentreConfig(database=str(tmp_path / "no" / "centre.db"), metrics="127.0.0.1:0")
    with serving(away, Tally(), lambda: NOW_MS) as port:
        assert "\nhadir_centre_database_up 0\n" in fetched(port)


def fetched(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return str(answer.read().decode())


def test_whatever_has_consequences_is_read_and_whatever_is_read_has_them() -> None:
    assert {*projection.HANDLERS, PunchSeen, Carried} == set(KINDS)
