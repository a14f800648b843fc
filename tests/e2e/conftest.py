"""A kiosk of real processes for the end-to-end tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.rig import PEOPLE, Rig, rig


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
