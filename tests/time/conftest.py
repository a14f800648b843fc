"""A kiosk on a machine whose clocks are made up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.time.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Off still; at the end its whole ledger is checked."""
    made = World(tmp_path / "state")
    yield made
    made.check()
    made.cut()
