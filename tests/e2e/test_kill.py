"""kill -9 at random moments: a punch whose tick was shown is never lost, none is doubled."""

from __future__ import annotations

import random
import sqlite3
import time
from itertools import cycle

import pytest

from kiosk.demo.client import DemoError
from tests.e2e.rig import PEOPLE, Rig

KILLS, PARTS = 200, 4
NUMBERS = [number for number, _ in PEOPLE]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))  # side by side where there are workers
def test_two_hundred_kills_lose_and_double_nothing(kiosk: Rig, part: int) -> None:
    seed = random.randrange(2**32)
    print(f"part {part}, seed {seed}")
    choose = random.Random(seed)
    ticks: set[int] = set()
    numbers = cycle(NUMBERS)
    enrolled = kiosk.emulator(op="status")["taken"]
    for _ in range(KILLS // PARTS):
        kiosk.wait_reader()
        screen = kiosk.watch_ticks(ticks)
        end = time.monotonic() + choose.uniform(0, 0.25)
        while time.monotonic() < end:
            kiosk.tap(next(numbers))
        tap_and_die(kiosk, next(numbers), choose)
        screen.join()
        kiosk.start("kioskd")
    stored = [p["seq"] for p in kiosk.punches()]
    taken = kiosk.emulator(op="status")["taken"] - enrolled
    assert len(ticks) > KILLS // PARTS
    assert ticks <= set(stored)
    assert len(stored) == len(set(stored))
    assert len(stored) <= taken
    assert kiosk.ctl("ledger", "verify")["ok"]


def tap_and_die(kiosk: Rig, number: str, choose: random.Random) -> None:
    """A finger is on its way through the kiosk when the power goes."""
    kiosk.emulator(op="finger", label=f"{number}/right-index")
    time.sleep(choose.uniform(0, 0.02))
    kiosk.kill("kioskd")
    kiosk.emulator(op="lift")


def test_a_kill_while_people_are_imported_leaves_each_row_whole(kiosk: Rig) -> None:
    rows = "nip,nama\n" + "".join(f"L-{n:05},Orang {n}\n" for n in range(3000))
    path = kiosk.root / "people.csv"
    path.write_text(rows, encoding="utf-8")
    import_and_kill(kiosk, str(path))
    kiosk.start("kioskd")
    assert kiosk.ctl("ledger", "verify")["ok"]
    result = kiosk.ctl("people", "import", str(path))
    assert result["added"] + result["unchanged"] == 3000
    assert kiosk.ctl("people", "list")["total"] == 3003
    assert result["unchanged"] > 0


def import_and_kill(kiosk: Rig, path: str) -> None:
    import threading

    def run() -> None:
        try:
            kiosk.ctl("people", "import", path, status=3)
        except (AssertionError, DemoError):
            return

    thread = threading.Thread(target=run)
    thread.start()
    database = f"file:{kiosk.root / 'kiosk.db'}?mode=ro"
    with sqlite3.connect(database, uri=True) as db:
        while db.execute("SELECT max(seq) FROM ledger").fetchone()[0] < 300:
            time.sleep(0.005)
    kiosk.kill("kioskd")
    thread.join()
