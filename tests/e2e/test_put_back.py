"""A database put back from a copy: never continued, always linked, nothing numbered twice."""

from __future__ import annotations

import shutil
import sqlite3
from itertools import cycle, islice
from pathlib import Path

from tests.e2e.rig import PEOPLE, Rig, until

NUMBERS = [number for number, _ in PEOPLE]


def copy_database(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as live, sqlite3.connect(target) as copy:
        live.backup(copy)


def put_back(kiosk: Rig, copy: Path) -> None:
    for suffix in ("-wal", "-shm"):
        (kiosk.root / f"kiosk.db{suffix}").unlink(missing_ok=True)
    shutil.copy(copy, kiosk.root / "kiosk.db")


def history(kiosk: Rig) -> None:
    kiosk.start("broker", "centre")
    for number in islice(cycle(NUMBERS), 5):
        kiosk.tap(number)


def test_a_copy_made_fifty_punches_ago_opens_a_linked_ledger(kiosk: Rig) -> None:
    history(kiosk)
    copy = kiosk.root / "copy.db"
    copy_database(kiosk.root / "kiosk.db", copy)
    old = kiosk.status()["ledger"]["ledger_id"]
    for number in islice(cycle(NUMBERS), 50):
        kiosk.tap(number)
    until(lambda: kiosk.status()["link"]["backlog"] == 0)
    kiosk.kill("kioskd")
    put_back(kiosk, copy)

    kiosk.start("kioskd")
    kiosk.wait_reader()
    ledger = kiosk.status()["ledger"]
    assert ledger["ledger_id"] != old
    assert ledger["previous"] == old
    assert kiosk.tap(NUMBERS[0])["kind"] == "taken"
    until(lambda: kiosk.status()["link"]["backlog"] == 0)
    there = kiosk.central_punches()
    assert sum(p["ledger_id"] == old for p in there) == 55
    assert sum(p["ledger_id"] == ledger["ledger_id"] for p in there) == 1
    keys = [(p["ledger_id"], p["seq"]) for p in there]
    assert len(keys) == len(set(keys))
    (shown,) = [entry for entry in kiosk.central_ledgers() if entry["ledger_id"] == old]
    assert shown["only_here"] >= 50
    assert kiosk.ctl("ledger", "verify")["ok"]


def test_the_whole_folder_put_back_is_found_out_by_the_centre(kiosk: Rig) -> None:
    history(kiosk)
    until(lambda: kiosk.status()["link"]["backlog"] == 0)
    kiosk.stop("kioskd")
    kept = kiosk.root.parent / "kept"
    shutil.copytree(
        kiosk.root, kept, ignore=shutil.ignore_patterns("*.sock", "r307*", "centre", "log", "broker")
    )
    kiosk.start("kioskd")
    kiosk.wait_reader()
    for number in islice(cycle(NUMBERS), 10):
        kiosk.tap(number)
    until(lambda: kiosk.status()["link"]["backlog"] == 0)
    old = kiosk.status()["ledger"]["ledger_id"]
    kiosk.stop("kioskd")
    kiosk.kill("broker")
    for name in ("kiosk.db", "kiosk.db-wal", "kiosk.db-shm"):
        (kiosk.root / name).unlink(missing_ok=True)
    shutil.copytree(kept, kiosk.root, dirs_exist_ok=True)

    kiosk.start("kioskd")
    kiosk.wait_reader()
    card = kiosk.tap(NUMBERS[1])
    assert card["kind"] == "taken"
    kiosk.start("broker")
    until(lambda: kiosk.status()["ledger"]["previous"] == old)
    until(lambda: kiosk.status()["link"]["backlog"] == 0)
    there = kiosk.central_punches()
    assert len(there) == 16
    assert len({(p["ledger_id"], p["seq"]) for p in there}) == 16
    assert len(kiosk.punches()) == 6
