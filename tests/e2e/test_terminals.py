"""Terminals in the daemon: each row of a log is in the ledger exactly once, and its trouble is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kiosk.core import api
from kiosk.core import terminals as t
from tests.e2e.rig import PEOPLE, Rig, Zk, rig, until

NUMBER, NAME = PEOPLE[0]
STUCK_ON_30_FEBRUARY = ((26 * 12 + 1) * 31 + 29) * 86_400
TABLES = {
    "plain": "", "second": "", "own clock": "set_clock = false", "udp": "udp = true",
    "moves": 'serial = "SERIAL-zk4"\nnetworks = ["127.0.0.0/29"]', "small": "",
    "cleared": "clear_log = true",
}  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A kiosk with seven terminals; its first person is user 7 of each."""
    with rig(tmp_path_factory.mktemp("office") / "rig", terminals=list(TABLES.values())) as made:
        for zk in made.terminals:
            zk.start("--record-capacity", "100" if zk.name in ("zk5", "zk6") else "100000", wait=False)
        for zk in made.terminals:
            zk.tell(op="status")
        made.start("kioskd")
        for zk in made.terminals:
            zk.wait()
        rows = tuple(api.PersonRow(n, number, name) for n, (number, name) in enumerate(PEOPLE))
        assert made.ask(api.PutPeople(rows=rows))["errors"] == []
        for zk in made.terminals:
            map_user(zk, "7", NUMBER)
        yield made


def at(office: Rig, table: str) -> Zk:
    return office.terminals[list(TABLES).index(table)]


def map_user(zk: Zk, user_id: str, number: str) -> None:
    zk.rig.ask(t.MapTerminalUser(user_id=user_id, number=number, terminal=zk.name))


def sync(zk: Zk) -> Any:
    return zk.rig.ask(t.SyncTerminal(terminal=zk.name))


def punches(zk: Zk) -> list[Any]:
    return [punch for punch in zk.rig.punches() if punch["device"] == zk.name]


def test_a_punch_at_the_terminal_shows_a_verdict_and_is_kept_once(office: Rig) -> None:
    zk = at(office, "plain")
    card = office.ctl("emulate", "zk", NUMBER, "--device", zk.name)["card"]
    assert (card["kind"], card["name"], card["device"]) == ("taken", NAME, zk.name)
    office.ctl("terminals", "sync", "--terminal", zk.name)
    office.stop("kioskd")
    office.start("kioskd")
    zk.wait()
    (punch,) = punches(zk)
    assert (punch["number"], punch["method"], punch["simulated"]) == (NUMBER, "terminal", True)
    assert punch["seq"] == card["seq"]


def test_equal_seconds_do_not_merge_and_repeats_do_not_double(office: Rig) -> None:
    zk = at(office, "second")
    zk.wait()
    zk.tell(op="punch", user_id="7", wall="2026-11-18T07:00:00", count=3, live=False)
    for _ in range(3):
        sync(zk)
    assert [p["local"] for p in punches(zk)] == ["2026-11-18 07:00:00"] * 3


def test_rows_of_an_unknown_user_wait_and_become_punches_once(office: Rig) -> None:
    zk = at(office, "plain")
    zk.tell(op="punch", user_id="99", wall="2026-11-20T07:00:00")
    zk.tell(op="punch", user_id="99", wall="2026-11-20T15:00:00")
    until(lambda: office.ask(t.GetTerminals())["waiting"] == 2)
    assert not any("user_id" in row["data"] for row in office.records("terminal_row"))
    zk.tell(op="user", user_id="99", name="Siapa")
    listed = office.ctl("terminals", "users", "--terminal", zk.name)["users"]
    assert (listed[0]["user_id"], listed[0]["number"]) == ("99", "")
    second = PEOPLE[1][0]
    assert office.ctl("terminals", "map", "99", second, "--terminal", zk.name)["settled"] == 2
    sync(zk)
    assert [p["local"] for p in punches(zk) if p["number"] == second] == [
        "2026-11-20 07:00:00", "2026-11-20 15:00:00"
    ]  # fmt: skip
    assert office.ctl("terminals", "list")["waiting"] == 0
    assert office.ask(api.Rebuild())["differences"] == 0


def test_a_user_of_two_terminals_is_one_person(office: Rig) -> None:
    one, other = at(office, "plain"), at(office, "second")
    map_user(other, "31", NUMBER)
    map_user(other, "8", PEOPLE[1][0])
    map_user(one, "8", PEOPLE[2][0])
    one.tell(op="punch", user_id="7", wall="2026-11-17T07:00:00")
    other.tell(op="punch", user_id="31", wall="2026-11-17T15:00:00")
    other.tell(op="punch", user_id="8", wall="2026-11-17T16:00:00")
    one.tell(op="punch", user_id="8", wall="2026-11-17T17:00:00")

    def that_day() -> list[Any]:
        return [p for p in office.punches() if p["local"].startswith("2026-11-17")]

    until(lambda: len(that_day()) == 4)
    assert {(p["local"][11:16], p["number"]) for p in that_day()} == {
        ("07:00", NUMBER), ("15:00", NUMBER), ("16:00", PEOPLE[1][0]), ("17:00", PEOPLE[2][0])
    }  # fmt: skip
    assert len({p["person_id"] for p in that_day()}) == 3


def test_a_jump_of_the_terminals_clock_is_on_record(office: Rig) -> None:
    zk = at(office, "own clock")
    zk.wait()
    zk.tell(op="clock", wall="2083-05-01T00:00:00")

    def jumps() -> list[Any]:
        told = [r["data"] for r in office.records("terminal_clock") if r["data"]["device"] == zk.name]
        return [c for c in told if c["what"] == "jump" and c["after_ms"] > 50 * 365 * 86_400_000]

    until(jumps)
    card = office.ask(api.Emulate(what="zk", subject=NUMBER, device=zk.name))["card"]
    assert card["kind"] == "taken"
    (punch,) = punches(zk)
    assert punch["at"]["source"] in ("terminal", "none")


def test_an_impossible_date_is_quarantined_and_shown_and_the_others_are_delivered(office: Rig) -> None:
    zk = at(office, "own clock")
    zk.tell(op="punch", user_id="7", wall="2026-11-20T07:00:00", live=False)
    zk.tell(op="clock", code=STUCK_ON_30_FEBRUARY)
    for _ in range(2):
        zk.tell(op="punch", user_id="7", live=False)
    for _ in range(2):
        sync(zk)
    assert "2026-11-20 07:00:00" in [p["local"] for p in punches(zk)]
    rows = [r for r in office.ctl("terminals", "rows")["rows"] if r["terminal"] == zk.name]
    assert [(row["why"], len(row["raw"])) for row in rows] == [("impossible date", 80)] * 2


def test_over_udp_rows_come_once_although_datagrams_and_whole_rows_go_missing(office: Rig) -> None:
    zk = at(office, "udp")
    zk.tell(op="faults", rates={"silence": 0.02, "duplicate": 0.1}, quirks={"short": 0.3, "reorder": 0.2})
    for minute in range(60):
        zk.tell(op="punch", user_id="7", wall=f"2026-11-20T07:{minute:02}:00")
    until(lambda: len(punches(zk)) >= 60)
    zk.tell(op="fault", kind="none")
    zk.wait()
    sync(zk)
    assert sorted(p["local"][14:16] for p in punches(zk)) == [f"{minute:02}" for minute in range(60)]


def test_unplugged_rebooted_and_moved_the_terminal_is_found_again(office: Rig) -> None:
    zk = at(office, "moves")
    office.ctl("emulate", "unplug", zk.name)
    zk.wait("fault")
    assert any(zk.name in problem for problem in office.status()["problems"])
    zk.tell(op="punch", user_id="7", wall="2026-11-20T07:00:00")
    office.ctl("emulate", "replug", zk.name)
    zk.wait()
    assert len(punches(zk)) == 1
    zk.tell(op="reboot", down_s=1.0)
    zk.wait("fault")
    zk.wait()
    office.stop(zk.name)
    zk.wait("fault")
    zk.start("--host", "127.0.0.5")
    zk.wait()
    zk.tell(op="punch", user_id="7", wall="2026-11-20T15:00:00")
    until(lambda: len(punches(zk)) == 2)
    assert zk.state()["address"].startswith("127.0.0.5:")


def test_a_log_that_fills_up_is_told_and_cleared_only_where_that_is_said(office: Rig) -> None:
    kept, cleared = at(office, "small"), at(office, "cleared")
    for zk in (kept, cleared):
        zk.tell(op="punch", user_id="7", wall="2026-11-20T07:00:00", count=97)
    until(lambda: any(f"{kept.name}: its log is 97 %" in problem for problem in office.status()["problems"]))
    until(lambda: cleared.tell(op="status")["records"] == 0)
    assert kept.tell(op="status")["records"] == 97
    for zk in (kept, cleared):
        until(lambda zk=zk: len(punches(zk)) == 97)  # type: ignore[misc]
    told = until(lambda: [r for r in office.records("admin") if r["data"]["action"] == "terminal_cleared"])
    assert [record["data"]["subject"] for record in told] == [cleared.serial]
