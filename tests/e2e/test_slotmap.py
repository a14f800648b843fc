"""The slot map: a swapped, emptied or foreign sensor is recognised and put right from the vault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kiosk.core import desk
from tests.e2e.rig import PEOPLE, Rig, rig, until

FIRST, SECOND, THIRD = (number for number, _ in PEOPLE)
NAMES = dict(PEOPLE)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Reader and kioskd, three people enrolled."""
    with rig(tmp_path_factory.mktemp("office") / "rig") as made:
        made.start("reader", "kioskd")
        made.wait_reader()
        for number, name in PEOPLE:
            made.enrol(number, name)
        yield made


@pytest.fixture
def kiosk(office: Rig) -> Rig:
    """A sensor in it that holds those three and nobody else."""
    before = len(refills(office))
    office.emulator(op="swap", template_bytes=768)
    refilled(office, before)
    return office


def again(kiosk: Rig) -> None:
    """Out with the plug and in again, so that the kiosk connects anew."""
    kiosk.emulator(op="unplug")
    until(lambda: kiosk.status()["devices"][0]["status"] == "fault")
    kiosk.emulator(op="replug")
    kiosk.wait_reader()


def refills(kiosk: Rig) -> list[Any]:
    return [r["data"]["detail"] for r in kiosk.records("admin") if r["data"]["action"] == "sensor_refilled"]


def refilled(kiosk: Rig, before: int) -> str:
    """What was put back after the first `before` times."""
    found = until(lambda: len(found := refills(kiosk)) > before and found)
    kiosk.wait_reader()
    return str(found[-1])


def test_an_empty_sensor_in_its_place_is_filled_again(kiosk: Rig) -> None:
    before = len(refills(kiosk))
    kiosk.emulator(op="swap")
    assert refilled(kiosk, before) == "3 fingers put back, 0 slots of strangers"
    assert kiosk.emulator(op="status")["templates"] == [0, 1, 2]
    assert [kiosk.tap(number)["name"] for number in NAMES] == list(NAMES.values())
    again(kiosk)
    assert len(refills(kiosk)) == before + 1


def test_a_slot_that_was_emptied_is_put_back(kiosk: Rig) -> None:
    before = len(refills(kiosk))
    kiosk.emulator(op="erase", slot=1)
    assert kiosk.tap(SECOND)["kind"] == "unknown"
    again(kiosk)
    assert refilled(kiosk, before) == "1 fingers put back, 0 slots of strangers"
    assert kiosk.tap(SECOND)["name"] == NAMES[SECOND]


def test_strangers_are_told_and_refused(kiosk: Rig) -> None:
    punches = kiosk.punches()
    kiosk.emulator(op="foreign", label="stranger/right-index", slot=40)
    again(kiosk)
    assert any("slot 40" in problem for problem in kiosk.status()["problems"])
    found = kiosk.ctl("doctor", "devices", "--config", str(kiosk.config))["findings"]
    assert any("slot 40" in finding["words"] and finding["advice"] for finding in found)
    card = kiosk.ctl("emulate", "finger", "stranger")["card"]
    assert (card["kind"], card["code"]) == ("unknown", "stranger_slot")
    assert kiosk.punches() == punches


def test_another_kiosks_sensor_never_lends_its_fingers_to_our_people(kiosk: Rig) -> None:
    before = len(refills(kiosk))
    with kiosk.held("kioskd"):
        kiosk.emulator(op="swap")
        for slot in range(4):
            kiosk.emulator(op="foreign", label=f"other{slot}/right-index", slot=slot)
    assert refilled(kiosk, before) == "3 fingers put back, 1 slots of strangers"
    for slot in range(4):
        assert kiosk.tap(f"other{slot}")["kind"] == "unknown"
    assert kiosk.tap(THIRD)["name"] == NAMES[THIRD]


def test_a_sensor_of_another_kind_is_said_and_its_slots_are_not_believed(kiosk: Rig) -> None:
    """Nothing is remembered of the sensor before: same make, same capacity, other templates."""
    punches = kiosk.punches()
    with kiosk.held("kioskd"):
        kiosk.emulator(op="swap", template_bytes=512)
        kiosk.emulator(op="foreign", label="other/right-index", slot=0)
    problem = until(lambda: [p for p in kiosk.status()["problems"] if "another kind of sensor" in p])
    assert "3 fingers" in problem[0]
    assert kiosk.tap("other")["kind"] == "unknown"
    assert kiosk.punches() == punches


def test_a_refill_that_was_interrupted_goes_on_and_its_progress_is_on_the_screen(kiosk: Rig) -> None:
    for number in range(3):
        kiosk.enrol(f"L-{number}", f"Orang {number}")
    before = len(refills(kiosk))
    kiosk.emulator(op="speed", factor=1)
    kiosk.emulator(op="swap")
    until(lambda: kiosk.view_part("card", "code") == "filling")
    until(lambda: len(kiosk.emulator(op="status", touches=False)["templates"]) >= 2)
    kiosk.kill("kioskd")
    written = len(kiosk.emulator(op="status", touches=False)["templates"])
    kiosk.emulator(op="speed", factor=0)
    kiosk.start("kioskd")
    put_back = int(refilled(kiosk, before).split()[0])
    assert 6 - written <= put_back <= 6 - written + 1
    assert kiosk.emulator(op="status")["templates"] == list(range(6))
    assert kiosk.tap("L-2")["name"] == "Orang 2"


def test_a_new_key_for_the_vault_opens_all_that_was_sealed_with_the_old_one(kiosk: Rig) -> None:
    vault, keys = kiosk.root / "vault", kiosk.root / "keys"
    sealed = {path.name: path.read_bytes() for path in vault.iterdir()}
    kiosk.ask(desk.SetPin(number=FIRST, pin="739164"))
    done = kiosk.ctl("privacy", "reseal")
    assert (done["resealed"], done["unreadable"]) == (len(sealed) + 1, 0)
    assert [path.name for path in keys.glob("vault.key*")] == ["vault.key"]
    assert not any((vault / name).read_bytes() == content for name, content in sealed.items())
    before = len(refills(kiosk))
    kiosk.emulator(op="swap")
    assert refilled(kiosk, before).startswith(f"{len(sealed)} fingers put back")
    assert kiosk.tap(SECOND)["name"] == NAMES[SECOND]
    (rotated,) = [r for r in kiosk.records("admin") if r["data"]["action"] == "vault_key_rotated"]
    assert rotated["data"]["actor"] == "socket:admin"
