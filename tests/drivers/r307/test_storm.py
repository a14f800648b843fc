"""Touches on a sensor where anything may go wrong: each it took reaches the caller exactly once."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from contextlib import suppress

import pytest

from drivers.base.errors import DeviceError
from drivers.base.reader import Touch
from drivers.r307 import R307Reader
from tests.drivers.r307.emulated import EmulatedR307

PEOPLE = 40
QUICK = {
    "stray": 0.02,
    "duplicate": 0.02,
    "stale_ok": 0.02,
    "stale_no_finger": 0.02,
    "split": 0.01,
    "byte_by_byte": 0.01,
    "bad_checksum": 0.01,
    "wrong_length": 0.005,
    "hang_up": 0.002,
}
ALL = {
    **{kind: rate / 4 for kind, rate in QUICK.items()},
    "corrupt": 0.001,
    "truncate": 0.001,
    "lose_byte": 0.001,
    "long_length": 0.001,
    "silence": 0.0005,
    "delay": 0.001,
    "late": 0.0002,
    "wrong_address": 0.0005,
}

COMMANDS = {"corrupt": 0.0005, "lose_byte": 0.0003, "silence": 0.0002, "split": 0.01}
"""What happens to commands on their way to the sensor."""


def storm(
    device: EmulatedR307, reader: R307Reader, touches: int, rates: Mapping[str, float], seed: int
) -> None:
    chance = random.Random(seed)
    for slot in range(PEOPLE):
        device.enrol(slot, f"person {slot}")
    device.do("fault", rates=rates, seed=seed, replug_ms=50)
    device.do("fault", inbound=True, rates=COMMANDS if rates is ALL else {}, replug_ms=50)
    got: list[int | None] = []
    for _ in range(touches):
        slot = chance.randrange(PEOPLE + 2)
        device.do("finger", label=f"person {slot}")
        got.append(next_touch(reader).slot)
    status = device.do("status")
    assert got == [touch["slot"] for touch in status["touches"][-touches:]]
    assert all(touch["taken"] for touch in status["touches"][-touches:])
    assert status["faults"], "the plan did nothing"


def next_touch(reader: R307Reader) -> Touch:
    """The reader thread's loop: back-off after an error, never giving up."""
    end_s = time.monotonic() + 30
    while time.monotonic() < end_s:
        with suppress(DeviceError):
            reader.open()
            while True:
                if (touch := reader.touch()) is not None:
                    return touch
                assert time.monotonic() < end_s, "the finger was not seen"
        time.sleep(0.02)
    raise AssertionError("the reader did not come back")


def test_each_touch_reaches_the_caller_once(device: EmulatedR307, reader: R307Reader) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    storm(device, reader, 150, QUICK, seed)


@pytest.mark.slow
def test_ten_thousand_touches_in_a_storm_of_every_fault(device: EmulatedR307, reader: R307Reader) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    storm(device, reader, 10_000, ALL, seed)
