"""One emulated sensor for a test file, as new for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.r307 import R307Reader
from tests.drivers.r307.emulated import EmulatedR307


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--hardware-r307", metavar="PORT", help="also run the contract on the sensor at PORT")


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedR307]:
    device = EmulatedR307(tmp_path_factory.mktemp("r307"))
    yield device
    device.stop()


@pytest.fixture
def device(emulated: EmulatedR307) -> EmulatedR307:
    """The emulated sensor as new."""
    emulated.reset()
    return emulated


@pytest.fixture
def reader(device: EmulatedR307) -> Iterator[R307Reader]:
    """Open, on the emulated sensor."""
    reader = R307Reader("reader", Path(device.port), simulated=True)
    reader.open()
    yield reader
    reader.close()
