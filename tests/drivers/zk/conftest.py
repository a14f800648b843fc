"""Emulated terminals, and the driver connected to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from drivers.emulated.zk import ZkEmulator
from drivers.emulated.zk_store import Model
from drivers.zk import ZkTerminal
from tests.drivers.zk.emulated import driver_for

Emulate = Callable[..., ZkEmulator]
Drive = Callable[..., ZkTerminal]


@pytest.fixture
def emulate() -> Iterator[Emulate]:
    """Starts a terminal with the given fields of its model."""
    with ExitStack() as stack:
        yield lambda **fields: stack.enter_context(ZkEmulator(Model(**fields)))


@pytest.fixture
def drive() -> Iterator[Drive]:
    """A driver for an emulated terminal, closed afterwards."""
    with ExitStack() as stack:

        def start(emulator: ZkEmulator, **options: object) -> ZkTerminal:
            terminal = driver_for(emulator, **options)
            stack.callback(terminal.close)
            return terminal

        yield start
