"""The reader contract, on emulated sensors of each kind.

On a real one: `HADIR_R307=/dev/ttyUSB0 pytest -s -m hardware tests/drivers/r307`, or with
`--hardware-r307 /dev/ttyUSB0`; it asks for fingers and leaves the sensor's other slots alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.base.reader import Reader
from drivers.r307 import R307Reader
from tests.drivers.contract_reader import Hand, ReaderContract
from tests.drivers.r307.emulated import EmulatedR307

KINDS = [
    {"capacity": 150, "template_bytes": 512, "packet_bytes": 32, "led": False},
    {"capacity": 1000, "template_bytes": 768, "packet_bytes": 128, "led": False},
    {"capacity": 3000, "template_bytes": 1536, "packet_bytes": 256, "led": True},
]


class EmulatedHand(Hand):
    def __init__(self, device: EmulatedR307) -> None:
        self._device = device

    def put(self, finger: str) -> None:
        self._device.put(f"person/{finger}")

    def lift(self) -> None:
        self._device.do("lift")


class PersonsHand(Hand):
    """Asks on the terminal: run pytest with `-s`."""

    def put(self, finger: str) -> None:
        input(f"\nPut your {finger} index finger on the sensor, keep it there and press Enter ")

    def lift(self) -> None:
        input("\nTake your finger off and press Enter ")


class TestEmulated(ReaderContract):
    @pytest.fixture(params=KINDS, ids=lambda kind: f"{kind['capacity']}x{kind['template_bytes']}")
    def reader(self, request: pytest.FixtureRequest, device: EmulatedR307) -> Iterator[Reader]:
        device.do("swap", **request.param)
        reader = R307Reader("reader", device.port, simulated=True)
        reader.open()
        yield reader
        reader.close()

    @pytest.fixture
    def hand(self, device: EmulatedR307) -> Hand:
        return EmulatedHand(device)


@pytest.mark.hardware
class TestReal(ReaderContract):
    @pytest.fixture
    def reader(self, request: pytest.FixtureRequest) -> Iterator[Reader]:
        port = request.config.getoption("--hardware-r307", default=None) or os.environ.get("HADIR_R307")
        if not port:
            pytest.skip("neither --hardware-r307 nor HADIR_R307 names a port")
        reader = R307Reader("reader", Path(port))
        reader.open()
        yield reader
        reader.close()

    @pytest.fixture
    def hand(self) -> Hand:
        return PersonsHand()
