"""The engine: one thread that holds all state and the only write connection."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from kiosk.daemon.lanes import Lanes, LanesClosed, Turns

log = logging.getLogger(__name__)
T = TypeVar("T")
TICK_S = 1.0


class Engine:
    """Runs everything that touches the store, punches first.

    `begin` opens what the thread owns, `tick` runs about once a second, `end` closes in order;
    all three run on the engine's thread.
    """

    def __init__(
        self, *, begin: Callable[[], None], tick: Callable[[], None], end: Callable[[], None]
    ) -> None:
        self._begin, self._tick, self._end = begin, tick, end
        self._lanes = Lanes()
        self._thread = threading.Thread(target=self._run, name="engine")
        self._begun: Future[None] = Future()
        self._beat_s = time.monotonic()

    def start(self, timeout_s: float) -> None:
        """Start the thread and wait until `begin` is done; raises what `begin` raised."""
        self._thread.start()
        self._begun.result(timeout_s)

    def submit(self, task: Callable[[], T]) -> Future[T]:
        """Run `task` on the engine, before bulk work. Raises `LanesClosed` when stopping."""
        return self._lanes.put(task)

    def post(self, task: Callable[[], Any]) -> None:
        """Run `task` on the engine; nobody waits for it, its failure is logged."""
        try:
            self._lanes.put(task).add_done_callback(_log_failure)
        except LanesClosed:
            log.debug("dropped after the stop: %s", task)

    def submit_bulk(self, start: Callable[[], Turns]) -> Future[Any]:
        """Run a long job in turns under 20 ms. Raises `LanesClosed` when stopping."""
        return self._lanes.put_bulk(start)

    @property
    def age_s(self) -> float:
        """Seconds since the thread last went round its loop."""
        return time.monotonic() - self._beat_s

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def stop(self, timeout_s: float) -> bool:
        """Work off what is queued, close the store; whether that was done in time."""
        self._lanes.close()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._begin()
        except Exception as error:  # noqa: BLE001 - start() raises it in the caller's thread
            self._begun.set_exception(error)
            return
        self._begun.set_result(None)
        try:
            self._loop()
        finally:
            self._end()

    def _loop(self) -> None:
        next_tick = time.monotonic()
        while not self._lanes.drained:
            self._beat_s = now = time.monotonic()
            if now >= next_tick:
                next_tick = now + TICK_S
                self._guarded_tick()
            self._lanes.work(max(0.0, next_tick - time.monotonic()))

    def _guarded_tick(self) -> None:
        try:
            self._tick()
        except Exception:
            log.exception("the engine's tick failed; it goes on")


def _log_failure(future: Future[Any]) -> None:
    error = future.exception()
    if error is not None:
        log.error("the engine could not do its work: %s", error, exc_info=error)
