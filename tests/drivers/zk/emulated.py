"""What the tests of the ZKTeco driver share."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from drivers.base.terminal import BadRow, LiveEvent
from drivers.emulated.zk import ZkEmulator
from drivers.zk import Patience, ZkTerminal

QUICK = Patience(connect_s=1.0, answer_s=0.5, work_s=1.0, quiet_s=0.5)
"""For tests of what happens, not of when: a loopback needs no patience."""


def local_now() -> datetime:
    """Our local time without a zone, as a terminal keeps it."""
    return datetime.now().astimezone().replace(tzinfo=None)


def driver_for(emulator: ZkEmulator, **options: Any) -> ZkTerminal:
    """A driver that knows the emulator's address and comm key."""
    settings = {"comm_key": emulator.store.model.comm_key, "local_now": local_now, **options}
    return ZkTerminal("127.0.0.1", emulator.port, **settings)


def wait_until(true: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Wait for a condition, or fail."""
    deadline_s = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline_s, "waited too long"
        time.sleep(0.005)


def live_punches(terminal: ZkTerminal, count: int, timeout_s: float = 3.0) -> list[LiveEvent | BadRow]:
    """At least `count` live events, or what came in time."""
    deadline_s = time.monotonic() + timeout_s
    seen: list[LiveEvent | BadRow] = []
    while len(seen) < count and time.monotonic() < deadline_s:
        seen += terminal.live(0.1)
    return seen
