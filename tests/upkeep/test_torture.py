"""`make torture N=5000`: kioskd is killed N times while people punch."""

from __future__ import annotations

import os
import random
import time
from itertools import cycle
from pathlib import Path

import pytest

from kiosk.demo.client import DemoError
from tests.e2e.rig import PEOPLE, Rig, rig

KILLS = int(os.environ.get("KILLS", "1000"))
LOOK_EVERY = 50
NUMBERS = [number for number, _ in PEOPLE]


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    with rig(tmp_path / "kiosk", reserve_mb=1) as kiosk:
        kiosk.start("reader", "kioskd")
        kiosk.wait_reader()
        for number, name in PEOPLE:
            kiosk.enrol(number, name)
        torture(kiosk, random.Random(random.randrange(2**32)))


def torture(kiosk: Rig, choose: random.Random) -> None:
    ticks: set[int] = set()
    numbers = cycle(NUMBERS)
    enrolled = kiosk.emulator(op="status")["taken"]
    for kills in range(1, KILLS + 1):
        kiosk.wait_reader()
        screen = kiosk.watch_ticks(ticks)
        end = time.monotonic() + choose.uniform(0, 0.25)
        while time.monotonic() < end:
            touch(kiosk, next(numbers))
        kiosk.emulator(op="finger", label=f"{next(numbers)}/right-index")
        time.sleep(choose.uniform(0, 0.02))
        kiosk.kill("kioskd")
        kiosk.emulator(op="lift")
        screen.join()
        kiosk.start("kioskd")
        if kills % LOOK_EVERY == 0 or kills == KILLS:
            look(kiosk, kills, ticks, enrolled)
    assert len(ticks) > KILLS // 2
    assert kiosk.ctl("ledger", "verify")["ok"]


def look(kiosk: Rig, kills: int, ticks: set[int], enrolled: int) -> None:
    """Every punch shown so far is there, once."""
    stored = [punch["seq"] for punch in kiosk.punches()]
    taken = kiosk.emulator(op="status")["taken"] - enrolled
    lost = len(ticks - set(stored))
    doubled = len(stored) - len(set(stored)) + max(0, len(stored) - taken)
    print(f"{kills} kills, {len(ticks)} punches shown, {len(stored)} stored: {lost} lost, {doubled} doubled")
    assert (lost, doubled) == (0, 0)


def touch(kiosk: Rig, number: str) -> None:
    try:
        kiosk.tap(number)
    except DemoError:  # the card of the finger before was the one seen
        return
