"""Terminals while everything goes wrong: each row of a log is in the ledger exactly once."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Mapping
from functools import partial

import pytest

from kiosk.core import api
from kiosk.core import terminals as t
from tests.drivers.zk.test_storm import QUIRKS, RATES
from tests.e2e.rig import PEOPLE, Rig, until

NUMBER = PEOPLE[0][0]
QUICK = {"split": 0.2, "coalesce": 0.2, "delay": 0.01, "silence": 0.004, "truncate": 0.004, "hang_up": 0.004}
MakeRig = Callable[..., Rig]


def started(make_rig: MakeRig, *options: str, **more: object) -> Rig:
    """A kiosk with one terminal, its first person mapped to user 7."""
    kiosk = make_rig(terminals=[""], **more)
    kiosk.terminals[0].start(*options)
    kiosk.start("kioskd")
    kiosk.terminals[0].wait()
    assert kiosk.ask(api.PutPeople(rows=(api.PersonRow(1, *PEOPLE[0]),)))["errors"] == []
    kiosk.ask(t.MapTerminalUser(user_id="7", number=NUMBER, terminal="zk0"))
    return kiosk


def keys_of(kiosk: Rig) -> list[str]:
    """The name of every row in the ledger, as often as it is there."""
    keys, after = [], 0
    while records := kiosk.ask(api.GetLedger(after_seq=after, limit=5000))["records"]:
        after = records[-1][0]
        found = [json.loads(body) for _, body, _ in records]
        keys += [r["data"]["source_key"] for r in found if r["data"].get("source_key")]
    return keys


def storm(kiosk: Rig, count: int, rates: Mapping[str, float], quirks: Mapping[str, float]) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    choose, zk = random.Random(seed), kiosk.terminals[0]
    before = len(keys_of(kiosk))
    zk.tell(op="fill", users=50, records=0)
    zk.tell(op="faults", rates=rates, quirks=quirks, seed=seed)
    for _ in range(count):
        user = choose.choice(["7", "99", str(choose.randrange(1001, 1051))])
        day = f"2026-{choose.randrange(1, 11):02}-{choose.randrange(1, 29):02}"
        clock = f"{choose.randrange(6, 18):02}:{choose.randrange(60):02}:{choose.randrange(60):02}"
        zk.tell(op="punch", user_id=user, wall=f"{day}T{clock}")
        if choose.random() < 10 / count:
            zk.tell(op="reboot", down_s=0.2)
    happened = zk.tell(op="status")["faults"]
    zk.tell(op="fault", kind="none")
    until(lambda: len(keys_of(kiosk)) - before >= count, timeout_s=120, every_s=0.2)
    zk.wait()
    kiosk.ask(t.SyncTerminal())
    keys = keys_of(kiosk)
    assert len(keys) == len(set(keys)) == zk.tell(op="status")["taken"] == before + count
    assert happened, "the plan did nothing"


def test_punches_under_a_random_fault_plan_are_in_the_ledger_exactly_once(make_rig: MakeRig) -> None:
    kiosk = started(make_rig, duplicate_s=60)
    _late_rows_are_judged_by_when_they_happened(kiosk)
    storm(kiosk, 200, QUICK, {})


def _late_rows_are_judged_by_when_they_happened(kiosk: Rig) -> None:
    for wall in ("2026-11-20T07:30:00", "2026-11-19T07:00:00", "2026-11-19T07:00:30", "2026-11-20T07:31:01"):
        kiosk.terminals[0].tell(op="punch", user_id="7", wall=wall, live=False)
        kiosk.ask(t.SyncTerminal())
    assert sorted(p["local"] for p in kiosk.punches()) == [
        "2026-11-19 07:00:00", "2026-11-20 07:30:00", "2026-11-20 07:31:01"
    ]  # fmt: skip
    (repeat,) = kiosk.records("terminal_row")
    assert repeat["data"]["why"] == "duplicate"
    assert kiosk.ask(api.Emulate(what="zk", subject=NUMBER))["card"]["kind"] == "taken"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_punches_under_every_fault(make_rig: MakeRig) -> None:
    storm(started(make_rig, "--packet-bytes", "1008"), 10_000, RATES, QUIRKS)


def _is_beyond(kiosk: Rig, seq: int) -> bool:
    return bool(kiosk.status()["ledger"]["seq"] > seq)


def test_killed_in_the_middle_of_reconciling_nothing_is_lost_or_doubled(make_rig: MakeRig) -> None:
    kiosk = make_rig(terminals=[""])
    zk = kiosk.terminals[0]
    zk.start("--users", "20", "--records", "2000")
    kiosk.start("kioskd")
    for seq in (200, 1100):
        until(partial(_is_beyond, kiosk, seq), every_s=0.001)
        kiosk.kill("kioskd")
        kiosk.start("kioskd")
    zk.wait()
    keys = keys_of(kiosk)
    assert len(keys) == len(set(keys)) == 2000
    assert kiosk.ctl("ledger", "verify")["ok"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a small filesystem is mounted as root")
def test_a_disk_that_fills_up_in_the_middle_of_reconciling_loses_and_doubles_no_row(
    make_rig: MakeRig,
) -> None:
    kiosk = started(make_rig, disk_mb=24, reserve_mb=0)
    zk = kiosk.terminals[0]
    kiosk.fill_disk()
    os.truncate(kiosk.root / "ballast", (kiosk.root / "ballast").stat().st_size - 300_000)
    zk.tell(op="fill", users=20, records=1500)
    until(lambda: "not stored" in kiosk.log("kioskd"))
    written = len(keys_of(kiosk))
    assert 0 < written < 1500
    kiosk.free_disk()
    until(lambda: len(keys_of(kiosk)) == 1500)
    assert len(set(keys_of(kiosk))) == 1500
    assert kiosk.log("kioskd").count("not stored") == 1
    assert kiosk.ctl("ledger", "verify")["ok"]
