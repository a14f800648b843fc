"""A store in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Store
from tests.store.samples import IDENTITY, Reopen, at


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def keys(state: Path) -> DeviceKeys:
    return DeviceKeys.load_or_create(state / "keys")


@pytest.fixture
def reopen(state: Path, keys: DeviceKeys) -> Iterator[Reopen]:
    """Opens the store; a store that was opened before is closed first."""
    opened: list[Store] = []

    def open_again() -> Store:
        close()
        opened.append(Store.open(state, keys, IDENTITY, at(), reserve_mb=0))
        return opened[-1]

    def close() -> None:
        while opened:
            opened.pop().close()

    yield open_again
    close()


@pytest.fixture
def store(reopen: Reopen) -> Store:
    return reopen()
