"""Waiting for a certain somebody's finger: a witness, an operator, the person of a special punch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import NamedTuple

from kiosk.core.view import FlowView
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.refusal import refuse
from kiosk.daemon.seen import FingerSeen
from kiosk.daemon.store import PersonState

Accept = Callable[[PersonState], bool]


class Came(NamedTuple):
    """Who put a finger on, and what the reader saw."""

    person: PersonState
    seen: FingerSeen


class Waiting:
    """One wait at a time; `offer` belongs to the engine, `finger` to the thread of a command."""

    def __init__(self, hub: ViewHub, wall_ms: Callable[[], int]) -> None:
        self._hub, self._wall_ms = hub, wall_ms
        self._lock = threading.Lock()
        self._open: tuple[Accept, Future[Came]] | None = None

    def offer(self, person: PersonState, seen: FingerSeen) -> bool:
        """Hand a finger to whoever waits; whether it was wanted (then it is no plain punch)."""
        waiting = self._open
        if waiting is None or not waiting[0](person):
            return False
        with suppress(Exception):  # the wait ended in this very moment
            waiting[1].set_result(Came(person, seen))
        self._open = None
        return True

    def finger(self, flow: FlowView, wait_s: float, accept: Accept) -> Came:
        """The next finger that `accept` agrees to. Raises `Refusal` when none came or another waits."""
        if not self._lock.acquire(blocking=False):
            refuse("busy", "the kiosk already waits for somebody's finger", "finish that first")
        try:
            future: Future[Came] = Future()
            self._open = (accept, future)
            until = self._wall_ms() + round(wait_s * 1000)
            self._hub.change(
                flow=FlowView(name=flow.name, step=flow.step, person=flow.person, until_ms=until)
            )
            return self._result(future, time.monotonic() + wait_s)
        finally:
            self._open = None
            self._hub.change(flow=None)
            self._lock.release()

    def cancel(self) -> None:
        """Wait no longer; from any thread."""
        waiting = self._open
        if waiting is not None:
            waiting[1].cancel()

    def _result(self, future: Future[Came], end_s: float) -> Came:
        try:
            return future.result(max(0.0, end_s - time.monotonic()))
        except CancelledError:
            refuse("cancelled", "the wait was given up", "begin again")
        except TimeoutError:
            refuse("timeout", "no such finger in time", "begin again")
