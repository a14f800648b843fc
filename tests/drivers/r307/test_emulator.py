"""The emulated sensor itself: its state over a restart, its plug, its pace, its book-keeping."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from drivers.base.errors import DeviceError, NotSupported, Unavailable
from drivers.base.reader import Led
from drivers.emulated.fault import FaultPlan
from drivers.r307 import R307Reader
from tests.drivers.r307.emulated import EmulatedR307, until


def test_templates_and_settings_survive_a_kill(tmp_path: Path) -> None:
    options = ("--state", str(tmp_path / "flash"), "--capacity", "150")
    device = EmulatedR307(tmp_path, *options)
    reader = R307Reader("reader", device.port, password=99)
    reader.open()
    device.enrol(7, "alice")
    template = reader.download(7)
    device.process.kill()
    device.stop()
    with pytest.raises(Unavailable):
        reader.touch()
    again = EmulatedR307(tmp_path, *options)
    assert again.do("status")["settings"]["password"] == 99
    reader.open()
    assert reader.index() == {7}
    assert reader.download(7) == template
    reader.close()
    again.stop()


def test_a_template_finds_its_finger_in_another_sensor(device: EmulatedR307, reader: R307Reader) -> None:
    device.enrol(1, "alice")
    template = reader.download(1)
    device.do("swap")
    with pytest.raises(Unavailable):
        reader.touch()
    reader.open()
    assert reader.index() == frozenset()
    reader.upload(5, template)
    device.put("alice")
    touch = reader.touch()
    assert touch is not None
    assert touch.slot == 5


def test_two_captures_of_a_finger_differ(device: EmulatedR307, reader: R307Reader) -> None:
    templates = set()
    for _ in range(2):
        for step in (1, 2):
            device.put("alice")
            reader.enrol_capture(step)
        templates.add(reader.enrol_merge())
    assert len(templates) == 2


def test_a_finger_stays_until_its_result_was_told(device: EmulatedR307, reader: R307Reader) -> None:
    taken = device.do("status")["taken"]
    device.put("alice")
    assert reader.finger_present()
    assert reader.touch() is not None
    until(lambda: not reader.finger_present())
    status = device.do("status")
    assert status["taken"] == taken + 1
    assert status["touches"][-1]["outcome"] == "unknown"


def test_a_held_finger_is_lifted_after_its_time(device: EmulatedR307, reader: R307Reader) -> None:
    device.do("finger", label="alice", hold_ms=100)
    until(lambda: not reader.finger_present(), 5)


def test_a_second_finger_is_refused(device: EmulatedR307) -> None:
    device.put("alice")
    assert not device.ask("finger", label="bob")["ok"]


def test_nonsense_on_the_control_socket_is_answered(device: EmulatedR307) -> None:
    assert not device.ask("dance")["ok"]
    assert not device.ask("finger")["ok"]
    assert not device.ask("fault", kind="nonsense")["ok"]
    assert device.ask("status")["ok"]


def test_the_line_takes_its_time_at_real_speed(device: EmulatedR307, reader: R307Reader) -> None:
    device.enrol(1, "alice")
    device.do("speed", factor=1)
    started_s = time.monotonic()
    reader.download(1)
    assert time.monotonic() - started_s > 768 * 10 / 57600


def test_a_sensor_without_a_light_says_so(reader: R307Reader) -> None:
    with pytest.raises(NotSupported):
        reader.led(Led.READY)
    assert reader.info is not None


def test_an_r503_shows_its_light_and_its_serial_number(device: EmulatedR307) -> None:
    device.do("swap", led=True, model="R503", capacity=200)
    reader = R307Reader("reader", device.port)
    info = reader.open()
    assert (info.model, info.serial, info.capacity, info.has_led) == ("R503", "SN000001", 200, True)
    reader.led(Led.REFUSED)
    assert device.do("status")["ring"] == "02280102"
    reader.close()


def test_clear_empties_every_slot(device: EmulatedR307, reader: R307Reader) -> None:
    device.enrol(1, "alice")
    device.enrol(999, "bob")
    reader.clear()
    assert reader.index() == frozenset()


def test_the_same_seed_gives_the_same_faults() -> None:
    rates = {"corrupt": 0.2, "silence": 0.1, "stray": 0.2}
    plans = (FaultPlan(5, rates), FaultPlan(5, rates))
    first, second = ([plan.apply(bytes([n] * 12)) for n in range(200)] for plan in plans)
    assert first == second
    assert {outcome.kind for outcome in first} == {"none", *rates}


def test_a_reader_that_lost_its_sensor_is_closed(device: EmulatedR307, reader: R307Reader) -> None:
    device.do("unplug")
    with pytest.raises(DeviceError):
        reader.touch()
    assert reader.info is None
