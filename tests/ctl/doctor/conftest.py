from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.ctl.conftest import Ran
from tests.ctl.doctor.hands import FAST, Hands, workshop


class _Shared:
    """One kiosk for many faults: each test mends what it planted; after one that did not, a new kiosk."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.hands: Hands | None = None

    def end(self) -> None:
        self.hands = None
        self.stack.close()


@pytest.fixture(scope="session")
def shared() -> Iterator[_Shared]:
    made = _Shared()
    yield made
    made.end()


@pytest.fixture
def hands(shared: _Shared, ctl: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> Iterator[Hands]:
    """A kiosk without a fault, and hands that type what doctor says."""
    said: Any = ctl
    if shared.hands is None:
        monkeypatch.delenv("HADIR_SOCKET", raising=False)
        shared.hands = shared.stack.enter_context(workshop(said))
    hands = shared.hands
    hands.use(said)
    for name, value in hands.environment.items():
        monkeypatch.setenv(name, value)
    yield hands
    if hands.faults(*FAST):
        shared.end()
