"""Fingers on a sensor where anything may go wrong: each one it matched is in the ledger exactly once.

A sensor keeps no log. What it took is what the emulator knows: a finger that was searched and found, the
whole answer on the host's side of the line, whereupon the person takes it off. No duplicate window hides a
doubled punch here.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from kiosk.core import api
from tests.drivers.r307.test_storm import ALL, COMMANDS, QUICK
from tests.e2e.rig import PEOPLE, Rig, until

STRANGERS = ("nobody", "somebody else")
FINGER_S = 90.0


def punches_of(kiosk: Rig) -> list[tuple[str, int]]:
    """Who punched, and the record's seq, in the ledger's order."""
    found, after = [], 0
    while records := kiosk.ask(api.GetLedger(after_seq=after, limit=5000))["records"]:
        after = records[-1][0]
        bodies = [json.loads(body) for _, body, _ in records]
        found += [(b["data"]["person_id"], b["seq"]) for b in bodies if b["type"] == "punch"]
    return found


def put(kiosk: Rig, number: str) -> None:
    """Somebody puts a finger on, and takes it off when it was searched."""
    kiosk.wait_lifted()
    kiosk.emulator(op="finger", label=f"{number}/right-index", wait=True, wait_s=FINGER_S)


def put_on_a_dead_sensor(kiosk: Rig, number: str) -> None:
    """The plug is out; it is put back while the finger lies there."""
    kiosk.emulator(op="unplug")
    until(lambda: kiosk.status()["devices"][0]["status"] == "fault")
    kiosk.emulator(op="finger", label=f"{number}/right-index")
    kiosk.emulator(op="replug")
    until(lambda: kiosk.emulator(op="status", touches=False)["finger"] is None, timeout_s=FINGER_S)


def storm(kiosk: Rig, count: int, rates: dict[str, float], commands: dict[str, float]) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, ticks = random.Random(seed), set[int]()
    numbers = [number for number, _ in PEOPLE]
    people = {p["number"]: p["person_id"] for p in kiosk.ask(api.GetPeople(limit=100))["people"]}
    before = len(kiosk.emulator(op="status")["touches"])
    screen = kiosk.watch_ticks(ticks)
    kiosk.emulator(op="fault", rates=rates, seed=seed, replug_ms=50)
    kiosk.emulator(op="fault", inbound=True, rates=commands, replug_ms=50)
    for turn in range(count):
        who = chance.choice(numbers) if chance.random() < 0.95 else chance.choice(STRANGERS)
        (put_on_a_dead_sensor if turn % 500 == 10 else put)(kiosk, who)
    kiosk.emulator(op="fault", clear=True)
    touches = kiosk.emulator(op="status")["touches"][before:]
    assert len(touches) == count
    assert all(touch["taken"] for touch in touches)
    taken = [people[t["label"].split("/")[0]] for t in touches if t["slot"] is not None]
    assert [t["slot"] is None for t in touches] == [t["label"].startswith(STRANGERS) for t in touches]
    until(lambda: len(punches_of(kiosk)) >= len(taken))
    kiosk.stop("kioskd")
    screen.join()
    kiosk.start("kioskd")
    found = punches_of(kiosk)
    assert [person_id for person_id, _ in found] == taken
    assert ticks <= {seq for _, seq in found}
    assert kiosk.emulator(op="status")["faults"], "the plan did nothing"


def test_each_finger_the_sensor_took_is_in_the_ledger_once(kiosk: Rig) -> None:
    storm(kiosk, 15, QUICK, {})


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_ten_thousand_fingers_in_a_storm_of_every_fault(make_rig: Callable[..., Any]) -> None:
    kiosk = make_rig()
    kiosk.start("reader", "kioskd")
    kiosk.wait_reader()
    for number, name in PEOPLE:
        kiosk.enrol(number, name)
    storm(kiosk, 10_000, ALL, COMMANDS)
