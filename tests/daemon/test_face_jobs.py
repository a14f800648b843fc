"""Whoever waits for kiosk-face gets its answer, or is told that none will come."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from drivers.base.errors import Unavailable
from kiosk.core import facing
from kiosk.daemon.face_jobs import MOST_WAITING, Answer, FaceJobs
from kiosk.daemon.face_socket import Order


class Wire:
    def __init__(self) -> None:
        self.there = True
        self.sent: list[facing.FromDaemon] = []
        self.jobs = FaceJobs(self.send)

    def send(self, order: Order) -> bool:
        self.sent += list(order()) if self.there else []
        return self.there

    def ask(self) -> tuple[int, Future[Answer]]:
        return self.jobs.ask(lambda job: facing.TakePhoto(job=job))


def test_answers_go_to_whoever_asked() -> None:
    wire = Wire()
    (one, first), (two, second) = wire.ask(), wire.ask()
    wire.jobs.answered(facing.JobFailed(job=two, reason="no_camera"))
    wire.jobs.answered(facing.Photo(job=one, jpeg=b"x"))
    wire.jobs.answered(facing.Photo(job=99, jpeg=b"nobody's"))
    assert first.result(0) == facing.Photo(job=one, jpeg=b"x")
    assert second.result(0) == facing.JobFailed(job=two, reason="no_camera")
    assert wire.sent == [facing.TakePhoto(job=one), facing.TakePhoto(job=two)]


def test_nobody_waits_for_one_that_is_not_there_or_goes() -> None:
    wire = Wire()
    _, waiting = wire.ask()
    wire.jobs.lost()
    wire.there = False
    for future in (waiting, wire.ask()[1]):
        with pytest.raises(Unavailable):
            future.result(0)


def test_what_lies_for_long_gives_way_to_what_is_new() -> None:
    wire = Wire()
    futures = [wire.ask()[1] for _ in range(MOST_WAITING + 1)]
    assert [future.done() for future in futures].count(True) == 1
    assert futures[0].done()


def test_a_forgotten_job_is_nobodys() -> None:
    wire = Wire()
    job, future = wire.ask()
    wire.jobs.forget(job)
    wire.jobs.answered(facing.Photo(job=job, jpeg=b"x"))
    assert not future.done()
