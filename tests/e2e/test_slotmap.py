"""The slot map: a swapped, emptied or foreign sensor is recognised and put right from the vault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.e2e.rig import PEOPLE, Rig, until

FIRST, SECOND, THIRD = (number for number, _ in PEOPLE)
NAMES = dict(PEOPLE)


def again(kiosk: Rig) -> None:
    """Out with the plug and in again, so that the kiosk connects anew."""
    kiosk.emulator(op="unplug")
    until(lambda: kiosk.status()["devices"][0]["status"] == "fault")
    kiosk.emulator(op="replug")
    kiosk.wait_reader()


def refills(kiosk: Rig) -> list[Any]:
    return [r["data"]["detail"] for r in kiosk.records("admin") if r["data"]["action"] == "sensor_refilled"]


def refilled(kiosk: Rig, times: int = 1) -> str:
    found = until(lambda: len(found := refills(kiosk)) >= times and found)
    kiosk.wait_reader()
    return str(found[-1])


def test_an_empty_sensor_in_its_place_is_filled_again_with_progress_on_the_screen(kiosk: Rig) -> None:
    kiosk.emulator(op="swap")
    assert refilled(kiosk) == "3 fingers put back, 0 slots of strangers"
    assert kiosk.emulator(op="status")["templates"] == [0, 1, 2]
    assert [kiosk.tap(number)["name"] for number in NAMES] == list(NAMES.values())
    again(kiosk)
    assert len(refills(kiosk)) == 1


def test_a_slot_that_was_emptied_is_put_back(kiosk: Rig) -> None:
    kiosk.emulator(op="erase", slot=1)
    assert kiosk.tap(SECOND)["kind"] == "unknown"
    again(kiosk)
    assert refilled(kiosk) == "1 fingers put back, 0 slots of strangers"
    assert kiosk.tap(SECOND)["name"] == NAMES[SECOND]


def test_strangers_are_told_and_refused(kiosk: Rig) -> None:
    kiosk.emulator(op="foreign", label="stranger/right-index", slot=40)
    again(kiosk)
    assert any("slot 40" in problem for problem in kiosk.status()["problems"])
    card = kiosk.ctl("emulate", "finger", "stranger")["card"]
    assert (card["kind"], card["code"]) == ("unknown", "stranger_slot")
    assert kiosk.punches() == []


def test_another_kiosks_sensor_never_lends_its_fingers_to_our_people(kiosk: Rig) -> None:
    kiosk.stop("kioskd")
    kiosk.emulator(op="swap")
    for slot in range(4):
        kiosk.emulator(op="foreign", label=f"other{slot}/right-index", slot=slot)
    kiosk.start("kioskd")
    assert refilled(kiosk) == "3 fingers put back, 1 slots of strangers"
    for slot in range(4):
        assert kiosk.ctl("emulate", "finger", f"other{slot}")["card"]["kind"] == "unknown"
    assert kiosk.tap(THIRD)["name"] == NAMES[THIRD]


def test_a_sensor_of_another_kind_is_said_and_its_slots_are_not_believed(kiosk: Rig) -> None:
    kiosk.stop("kioskd")
    kiosk.emulator(op="swap", template_bytes=512)
    kiosk.emulator(op="foreign", label="other/right-index", slot=0)
    kiosk.start("kioskd")
    kiosk.wait_reader()
    (problem,) = [p for p in kiosk.status()["problems"] if "another kind of sensor" in p]
    assert "3 fingers" in problem
    assert kiosk.ctl("emulate", "finger", "other")["card"]["kind"] == "unknown"
    assert kiosk.punches() == []


def test_a_refill_that_was_interrupted_goes_on(make_rig: Callable[..., Rig]) -> None:
    kiosk = make_rig()
    kiosk.start("reader", "kioskd")
    kiosk.wait_reader()
    for number in range(8):
        kiosk.enrol(f"L-{number}", f"Orang {number}")
    kiosk.stop("kioskd")
    kiosk.emulator(op="swap")
    kiosk.emulator(op="speed", factor=1)
    kiosk.start("kioskd")
    until(lambda: len(kiosk.emulator(op="status", touches=False)["templates"]) >= 2)
    kiosk.kill("kioskd")
    written = len(kiosk.emulator(op="status", touches=False)["templates"])
    kiosk.emulator(op="speed", factor=0)
    kiosk.start("kioskd")
    put_back = int(refilled(kiosk).split()[0])
    assert 8 - written <= put_back <= 8 - written + 1
    assert kiosk.emulator(op="status")["templates"] == list(range(8))
    assert kiosk.tap("L-7")["name"] == "Orang 7"
