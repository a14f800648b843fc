"""A kiosk of real processes for the end-to-end tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from rig import Rig, rig

PEOPLE = (
    ("198501012010011001", "Ahmad Fauzi Nasution, S.Pd."),
    ("199002142015032002", "Dewi Lestari Wulandari, S.Si."),
    ("3201014507950002", "Ayu Puspitasari"),
)


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Makes rigs; all their processes end with the test."""
    with ExitStack() as stack:
        made = 0

        def make(**options: Any) -> Rig:
            nonlocal made
            made += 1
            return stack.enter_context(rig(tmp_path / f"rig{made}", **options))

        yield make


@pytest.fixture
def kiosk(make_rig: Callable[..., Rig]) -> Rig:
    """Reader and kioskd running, three people enrolled; broker and centre not started."""
    made = make_rig()
    made.start("reader", "kioskd")
    made.wait_reader()
    for number, name in PEOPLE:
        made.enrol(number, name)
    return made
