"""A thread of kioskd that died: the watchdog goes hungry, systemd starts anew."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kiosk.daemon.vitals import Vitals


@contextmanager
def living(name: str) -> Iterator[None]:
    """A thread called `name`, gone at the end."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait, name=name)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_thread_that_died_is_named_once_it_was_missed_twice() -> None:
    with living("reader-finger"), living("passing by"):
        vitals = Vitals()
        assert vitals.dead() == []
    assert vitals.dead() == []
    assert vitals.dead() == ["reader-finger"]


def test_a_thread_that_was_replaced_is_alive() -> None:
    with living("publisher"):
        vitals = Vitals()
    assert vitals.dead() == []
    with living("publisher"):
        assert vitals.dead() == []
    assert vitals.dead() == []


def test_a_request_that_ends_is_no_death() -> None:
    with living("control-1"):
        vitals = Vitals()
    assert vitals.dead() == []
    assert vitals.dead() == []
