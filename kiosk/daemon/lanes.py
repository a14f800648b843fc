"""The two lanes into the engine: punches first, bulk work in short turns between them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

Task = Callable[[], Any]
Turns = Iterator[Any]
"""A bulk job: each `next` is one turn under 20 ms; the last value yielded is its result."""


@dataclass(frozen=True, slots=True)
class _Urgent:
    task: Task
    future: Future[Any]


class _Bulk:
    def __init__(self, start: Callable[[], Turns], future: Future[Any]) -> None:
        self.start = start
        self.future = future
        self.turns: Turns | None = None
        self.last: Any = None


class LanesClosed(RuntimeError):
    """The engine is stopping and takes no more work."""


class Lanes:
    """A queue with two lanes; any thread puts, the engine thread takes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._urgent: deque[_Urgent] = deque()
        self._bulk: deque[_Bulk] = deque()
        self._closed = False

    def put(self, task: Task) -> Future[Any]:
        """Run `task` on the engine before any bulk work. Raises `LanesClosed`."""
        future: Future[Any] = Future()
        self._put(self._urgent, _Urgent(task, future))
        return future

    def put_bulk(self, start: Callable[[], Turns]) -> Future[Any]:
        """Run a long job in turns; the future has the last value it yields. Raises `LanesClosed`."""
        future: Future[Any] = Future()
        self._put(self._bulk, _Bulk(start, future))
        return future

    def close(self) -> None:
        """Take nothing more; what is inside is still worked off."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    @property
    def drained(self) -> bool:
        """Whether it is closed and empty."""
        with self._changed:
            return self._closed and not self._urgent and not self._bulk

    def work(self, timeout_s: float) -> bool:
        """Do one piece of work, waiting up to `timeout_s` for it; whether there was any."""
        item = self._take(timeout_s)
        if isinstance(item, _Urgent):
            _settle(item.future, item.task)
        elif item is not None:
            self._turn(item)
        return item is not None

    def _put(self, lane: deque[Any], item: Any) -> None:
        with self._changed:
            if self._closed:
                raise LanesClosed("kioskd is stopping")
            lane.append(item)
            self._changed.notify()

    def _take(self, timeout_s: float) -> _Urgent | _Bulk | None:
        end = time.monotonic() + timeout_s
        with self._changed:
            while not self._urgent and not self._bulk and not self._closed:
                left = end - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            if self._urgent:
                return self._urgent.popleft()
            return self._bulk[0] if self._bulk else None

    def _turn(self, job: _Bulk) -> None:
        try:
            if job.turns is None:
                job.turns = job.start()
            job.last = next(job.turns)
            return
        except StopIteration:
            job.future.set_result(job.last)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the job
            job.future.set_exception(error)
        with self._changed:
            self._bulk.popleft()


def _settle(future: Future[Any], task: Task) -> None:
    try:
        future.set_result(task())
    except Exception as error:  # noqa: BLE001 - handed to whoever waits for the task
        future.set_exception(error)
