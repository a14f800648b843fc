"""What kioskd has asked of kiosk-face and still waits for: photos and enrolments."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from drivers.base.errors import Unavailable
from kiosk.core import facing
from kiosk.daemon.face_socket import Order

Answer = facing.Photo | facing.Enrolled | facing.JobFailed
OnStep = Callable[[facing.EnrolStep], None]
HINT = "look at `systemctl status kiosk-face` and `kioskctl face status`"
MOST_WAITING = 64


class FaceJobs:
    """Numbers jobs and hands answers to whoever waits; any thread."""

    def __init__(self, send: Callable[[Order], bool]) -> None:
        self._send = send
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, tuple[Future[Answer], OnStep]] = {}

    def ask(
        self, make: Callable[[int], facing.FromDaemon], on_step: OnStep = lambda step: None
    ) -> tuple[int, Future[Answer]]:
        """Send what `make` makes of a new job's number; the answer comes as a future.

        It fails with `Unavailable` when kiosk-face is not there, goes, or has left it lying for long.
        """
        job, future = next(self._numbers), Future[Answer]()
        oldest: Future[Answer] | None = None
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                oldest, _ = self._waiting.pop(next(iter(self._waiting)))
            self._waiting[job] = (future, on_step)
        _fail(oldest, "kiosk-face did not get to it")
        message = make(job)
        if not self._send(lambda: (message,)):
            self.forget(job)
            _fail(future, "kiosk-face is not there")
        return job, future

    def cancel(self, job: int) -> None:
        """Have a job given up; its answer still comes."""
        self._send(lambda: (facing.Cancel(job=job),))

    def forget(self, job: int) -> None:
        """Nobody waits for this one any more."""
        with self._lock:
            self._waiting.pop(job, None)

    def step(self, step: facing.EnrolStep) -> None:
        """Hand a step to whoever follows its job."""
        with self._lock:
            found = self._waiting.get(step.job)
        if found:
            found[1](step)

    def answered(self, answer: Answer) -> None:
        """Hand an answer to whoever waits for its job."""
        with self._lock:
            found = self._waiting.pop(answer.job, None)
        if found:
            with suppress(Exception):  # whoever waited has given up in this very moment
                found[0].set_result(answer)

    def lost(self) -> None:
        """kiosk-face is gone: nothing of all this will be answered."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for future, _ in waiting.values():
            _fail(future, "kiosk-face ended meanwhile")


def _fail(future: Future[Answer] | None, why: str) -> None:
    if future is not None:
        with suppress(Exception):  # whoever waited has given up in this very moment
            future.set_exception(Unavailable(why, hint=HINT))
