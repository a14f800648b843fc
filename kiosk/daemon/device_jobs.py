"""What others want done with a device, on the thread that has it open."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from drivers.base.errors import DeviceError, Unavailable

Job = TypeVar("Job")


class DeviceJobs(Generic[Job]):
    """Put by any thread, run and refused by the device's own."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[Job, Future[Any]]] = queue.SimpleQueue()

    def put(self, job: Job) -> Future[Any]:
        """Have `job` done next."""
        future: Future[Any] = Future()
        self._waiting.put((job, future))
        return future

    def run(self, do: Callable[[Job], object], is_open: Callable[[], bool]) -> None:
        """Do what waits. Raises the `DeviceError` of a job after which the device is not open any more."""
        while not self._waiting.empty():
            job, future = self._waiting.get_nowait()
            try:
                future.set_result(do(job))
            except DeviceError as error:
                future.set_exception(error)
                if not is_open():
                    raise
            except Exception as error:  # noqa: BLE001 - handed to whoever waits for the job
                future.set_exception(error)

    def refuse(self, words: str) -> None:
        """Tell whoever waits that it will not be done."""
        while not self._waiting.empty():
            _, future = self._waiting.get_nowait()
            future.set_exception(Unavailable(words))
