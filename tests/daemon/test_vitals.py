"""Which threads' end is a death: those that run for good, not those of a single request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kiosk.daemon.vitals import Vitals


@contextmanager
def running(name: str) -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=over.wait, name=name)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(("name", "missed"), [("control-1", []), ("reader-r307", ["reader-r307"])])
def test_a_request_that_ends_is_no_death_and_a_devices_thread_that_ends_is(
    name: str, missed: list[str]
) -> None:
    with running(name):
        vitals = Vitals()
    assert vitals.dead() == []
    assert vitals.dead() == missed
