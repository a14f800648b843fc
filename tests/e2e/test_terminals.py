"""Terminals in the daemon: each row of a log is in the ledger exactly once, whatever happens meanwhile."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from kiosk.core import api
from kiosk.core import terminals as t
from tests.e2e.rig import PEOPLE, Rig, until

NUMBER, NAME = PEOPLE[0]
STUCK_ON_30_FEBRUARY = ((26 * 12 + 1) * 31 + 29) * 86_400
FAULTS = {"split": 0.2, "coalesce": 0.2, "delay": 0.01, "silence": 0.004, "truncate": 0.004, "hang_up": 0.004}


def add_people(kiosk: Rig, count: int = 3) -> None:
    rows = tuple(api.PersonRow(n, number, name) for n, (number, name) in enumerate(PEOPLE[:count]))
    assert kiosk.ask(api.PutPeople(rows=rows))["errors"] == []


def map_user(kiosk: Rig, user_id: str, number: str, terminal: str = "zk0") -> Any:
    return kiosk.ask(t.MapTerminalUser(user_id=user_id, number=number, terminal=terminal))


def started(make_rig: Callable[..., Rig], *options: str, **more: Any) -> Rig:
    """A kiosk with one terminal, its first person mapped to user 7."""
    kiosk = make_rig(terminals=1, **more)
    kiosk.terminals[0].start(*options)
    kiosk.start("kioskd")
    kiosk.terminals[0].wait()
    add_people(kiosk)
    map_user(kiosk, "7", NUMBER)
    return kiosk


def keys_of(kiosk: Rig) -> list[str]:
    """The name of every row in the ledger, as often as it is there."""
    keys, after = [], 0
    while records := kiosk.ask(api.GetLedger(after_seq=after, limit=5000))["records"]:
        after = records[-1][0]
        found = [json.loads(body) for _, body, _ in records]
        keys += [r["data"]["source_key"] for r in found if r["data"].get("source_key")]
    return keys


def test_a_punch_at_the_terminal_shows_a_verdict_and_is_kept_once(make_rig: Callable[..., Rig]) -> None:
    kiosk = started(make_rig)
    card = kiosk.ctl("emulate", "zk", NUMBER)["card"]
    assert (card["kind"], card["name"], card["device"]) == ("taken", NAME, "zk0")
    kiosk.ctl("terminals", "sync")
    kiosk.stop("kioskd")
    kiosk.start("kioskd")
    kiosk.terminals[0].wait()
    (punch,) = kiosk.punches()
    assert (punch["number"], punch["method"], punch["simulated"]) == (NUMBER, "terminal", True)
    assert punch["seq"] == card["seq"]


def test_equal_seconds_do_not_merge_and_repeats_do_not_double(make_rig: Callable[..., Rig]) -> None:
    kiosk = started(make_rig)
    zk = kiosk.terminals[0]
    zk.tell(op="punch", user_id="7", wall="2026-11-20T07:00:00", count=3, live=False)
    for _ in range(3):
        kiosk.ctl("terminals", "sync")
    assert len(kiosk.punches()) == 3
    assert sorted(p["local"] for p in kiosk.punches()) == ["2026-11-20 07:00:00"] * 3


def test_late_rows_are_judged_by_when_they_happened(make_rig: Callable[..., Rig]) -> None:
    kiosk = started(make_rig, duplicate_s=60)
    zk = kiosk.terminals[0]
    for wall in ("2026-11-20T07:30:00", "2026-11-19T07:00:00", "2026-11-19T07:00:30", "2026-11-20T07:31:01"):
        zk.tell(op="punch", user_id="7", wall=wall, live=False)
        kiosk.ctl("terminals", "sync")
    assert sorted(p["local"] for p in kiosk.punches()) == [
        "2026-11-19 07:00:00", "2026-11-20 07:30:00", "2026-11-20 07:31:01"
    ]  # fmt: skip
    (repeat,) = kiosk.records("terminal_row")
    assert repeat["data"]["why"] == "duplicate"
    assert kiosk.ctl("emulate", "zk", NUMBER)["card"]["kind"] == "taken"


def test_rows_of_an_unknown_user_wait_and_become_punches_once(make_rig: Callable[..., Rig]) -> None:
    kiosk = started(make_rig)
    zk = kiosk.terminals[0]
    zk.tell(op="punch", user_id="99", wall="2026-11-20T07:00:00")
    zk.tell(op="punch", user_id="99", wall="2026-11-20T15:00:00")
    until(lambda: kiosk.ctl("terminals", "list")["waiting"] == 2)
    assert not any("user_id" in row["data"] for row in kiosk.records("terminal_row"))
    zk.tell(op="user", user_id="99", name="Siapa")
    listed = kiosk.ctl("terminals", "users")["users"]
    assert (listed[0]["user_id"], listed[0]["number"]) == ("99", "")
    assert kiosk.ctl("terminals", "map", "99", PEOPLE[1][0])["settled"] == 2
    kiosk.ctl("terminals", "sync")
    assert [(p["number"], p["local"]) for p in kiosk.punches()] == [
        (PEOPLE[1][0], "2026-11-20 07:00:00"), (PEOPLE[1][0], "2026-11-20 15:00:00")
    ]  # fmt: skip
    assert kiosk.ctl("terminals", "list")["waiting"] == 0
    assert kiosk.ctl("rebuild")["differences"] == 0


def test_an_impossible_date_is_quarantined_and_shown_and_the_others_are_delivered(
    make_rig: Callable[..., Rig],
) -> None:
    kiosk = started(make_rig)
    zk = kiosk.terminals[0]
    zk.tell(op="punch", user_id="7", wall="2026-11-20T07:00:00", live=False)
    zk.tell(op="clock", code=STUCK_ON_30_FEBRUARY)
    for _ in range(2):
        zk.tell(op="punch", user_id="7", live=False)
    for _ in range(2):
        kiosk.ctl("terminals", "sync")
    assert len(kiosk.punches()) == 1
    rows = kiosk.ctl("terminals", "rows")["rows"]
    assert [(row["why"], len(row["raw"])) for row in rows] == [("impossible date", 80)] * 2


def test_a_jump_of_the_terminals_clock_is_on_record(make_rig: Callable[..., Rig]) -> None:
    kiosk = started(make_rig, terminal_toml="sync_s = 1.0\nset_clock = false")
    kiosk.terminals[0].tell(op="clock", wall="2083-05-01T00:00:00")
    jump = until(lambda: kiosk.records("terminal_clock"))[0]["data"]
    assert jump["what"] == "jump"
    assert jump["after_ms"] > 50 * 365 * 86_400_000
    card = kiosk.ctl("emulate", "zk", NUMBER)["card"]
    (punch,) = kiosk.punches()
    assert card["kind"] == "taken"
    assert punch["at"]["source"] in ("terminal", "none")


def test_a_user_of_two_terminals_is_one_person(make_rig: Callable[..., Rig]) -> None:
    kiosk = make_rig(terminals=2)
    for zk in kiosk.terminals:
        zk.start()
    kiosk.start("kioskd")
    for zk in kiosk.terminals:
        zk.wait()
    add_people(kiosk)
    map_user(kiosk, "7", NUMBER, "zk0")
    map_user(kiosk, "31", NUMBER, "zk1")
    map_user(kiosk, "7", PEOPLE[1][0], "zk1")
    kiosk.terminals[0].tell(op="punch", user_id="7", wall="2026-11-20T07:00:00")
    kiosk.terminals[1].tell(op="punch", user_id="31", wall="2026-11-20T15:00:00")
    kiosk.terminals[1].tell(op="punch", user_id="7", wall="2026-11-20T16:00:00")
    punches = until(lambda: len(found := kiosk.punches()) == 3 and found)
    assert {(p["number"], p["local"][11:16]) for p in punches} == {
        (NUMBER, "07:00"), (NUMBER, "15:00"), (PEOPLE[1][0], "16:00")
    }  # fmt: skip
    assert len({p["person_id"] for p in punches}) == 2


def test_people_are_put_on_the_terminal_with_ids_that_fit(make_rig: Callable[..., Rig]) -> None:
    kiosk = make_rig(terminals=2, terminal_toml="sync_s = 1.0\npush_people = true")
    for zk in kiosk.terminals:
        zk.start()
    kiosk.terminals[1].tell(op="user", user_id="1", name="Orang lain")
    kiosk.start("kioskd")
    for zk in kiosk.terminals:
        zk.wait()
    add_people(kiosk)
    assert kiosk.ask(api.PutPeople(rows=(api.PersonRow(1, "4711", "Tamu"),)))["errors"] == []

    def known(name: str) -> dict[str, str]:
        users = kiosk.ask(t.GetTerminalUsers(terminal=name))["users"]
        return {user["number"]: user["user_id"] for user in users}

    first = until(lambda: len(found := known("zk0")) == 4 and found)
    second = until(lambda: len(found := known("zk1")) == 5 and found)
    assert first["4711"] == second["4711"] == "4711"
    assert all(len(user_id) <= 9 for user_id in (*first.values(), *second.values()))
    assert second[""] == "1"
    card = kiosk.ctl("emulate", "zk", NUMBER, "--device", "zk1")["card"]
    assert (card["kind"], card["name"]) == ("taken", NAME)


def test_unplugged_rebooted_and_moved_the_terminal_is_found_again(make_rig: Callable[..., Rig]) -> None:
    kiosk = started(
        make_rig, terminal_toml='sync_s = 1.0\nserial = "SERIAL-zk0"\nnetworks = ["127.0.0.0/29"]'
    )
    zk = kiosk.terminals[0]
    kiosk.ctl("emulate", "unplug", "zk0")
    zk.wait("fault")
    assert any("zk0" in problem for problem in kiosk.status()["problems"])
    zk.tell(op="punch", user_id="7", wall="2026-11-20T07:00:00")
    kiosk.ctl("emulate", "replug", "zk0")
    zk.wait()
    assert len(kiosk.punches()) == 1
    zk.tell(op="reboot", down_s=1.0)
    zk.wait("fault")
    zk.wait()
    kiosk.stop("zk0")
    zk.wait("fault")
    zk.start("--host", "127.0.0.5")
    zk.wait()
    zk.tell(op="punch", user_id="7", wall="2026-11-20T15:00:00")
    until(lambda: len(kiosk.punches()) == 2)
    assert zk.state()["address"].startswith("127.0.0.5:")


def test_a_log_that_fills_up_is_told_and_cleared_only_where_that_is_said(
    make_rig: Callable[..., Rig],
) -> None:
    kiosk = started(make_rig, "--record-capacity", "100")
    kiosk.terminals[0].tell(op="punch", user_id="7", wall="2026-11-20T07:00:00", count=97)
    until(lambda: any("97 % full" in problem for problem in kiosk.status()["problems"]))
    assert kiosk.terminals[0].tell(op="status")["records"] == 97
    kiosk.stop("kioskd")
    text = kiosk.config.read_text()
    kiosk.config.write_text(text.replace("sync_s = 1.0", "sync_s = 1.0\nclear_log = true"))
    kiosk.start("kioskd")
    until(lambda: kiosk.terminals[0].tell(op="status")["records"] == 0)
    assert len(kiosk.punches()) == 97
    (cleared,) = [r for r in kiosk.records("admin") if r["data"]["action"] == "terminal_cleared"]
    assert cleared["data"]["subject"] == "SERIAL-zk0"


def _is_beyond(kiosk: Rig, seq: int) -> bool:
    return bool(kiosk.status()["ledger"]["seq"] > seq)


def test_killed_in_the_middle_of_reconciling_nothing_is_lost_or_doubled(make_rig: Callable[..., Rig]) -> None:
    kiosk = make_rig(terminals=1)
    zk = kiosk.terminals[0]
    zk.start("--users", "20", "--records", "3000")
    kiosk.start("kioskd")
    for seq in (200, 900, 1700):
        until(partial(_is_beyond, kiosk, seq), every_s=0.001)
        kiosk.kill("kioskd")
        kiosk.start("kioskd")
    zk.wait()
    keys = keys_of(kiosk)
    assert len(keys) == len(set(keys)) == 3000
    assert kiosk.ctl("ledger", "verify")["ok"]


@pytest.mark.parametrize(
    "count", [300, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
)
def test_punches_under_a_random_fault_plan_are_in_the_ledger_exactly_once(
    make_rig: Callable[..., Rig], count: int
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    choose = random.Random(seed)
    kiosk = started(make_rig, "--seed", str(seed), "--users", "50")
    zk = kiosk.terminals[0]
    zk.tell(op="faults", rates=FAULTS)
    walls = [f"2026-{choose.randrange(1, 11):02}-{choose.randrange(1, 29):02}" for _ in range(count)]
    for day in walls:
        user = choose.choice(["7", "99", str(choose.randrange(1001, 1051))])
        clock = f"{choose.randrange(6, 18):02}:{choose.randrange(60):02}:{choose.randrange(60):02}"
        zk.tell(op="punch", user_id=user, wall=f"{day}T{clock}")
        if choose.random() < 20 / count:
            zk.tell(op="reboot", down_s=0.2)
    zk.tell(op="fault", kind="none")
    zk.tell(op="faults", rates={})
    until(lambda: len(keys_of(kiosk)) >= count, timeout_s=120, every_s=0.5)
    kiosk.ctl("terminals", "sync")
    keys = keys_of(kiosk)
    assert len(keys) == len(set(keys)) == zk.tell(op="status")["taken"] == count
