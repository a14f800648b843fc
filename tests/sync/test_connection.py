"""When the next attempt is made: jittered, ever rarer, and soon again after a connection that lasted."""

from __future__ import annotations

import queue
from typing import Any

from sync.connection import Connection
from sync.link_events import Broker, Down, Up
from tests.sync.conftest import Rig
from tests.sync.rig import free_port


class Trial:
    """A connection whose clock is ours."""

    def __init__(self, port: int) -> None:
        self.now = 100.0
        self.inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        broker = Broker("127.0.0.1", port, "kiosk-1")
        self.connection = Connection(lambda: broker, lambda: None, "5", 60.0, self.inbox, lambda: self.now)

    def begins(self) -> None:
        self.now = max(self.now, self.connection.next_deadline() or 0.0)
        self.connection.tick()

    def sees(self, kind: type[Up] | type[Down]) -> None:
        event = self.inbox.get(timeout=10)
        assert isinstance(event, kind)
        assert self.connection.took(event)

    def wait_s(self) -> float:
        return (self.connection.next_deadline() or 0.0) - self.now


def test_waits_are_random_below_a_bound_that_doubles() -> None:
    trial = Trial(free_port())
    waits = []
    for failure in range(9):
        trial.begins()
        trial.sees(Down)
        waits.append(trial.wait_s())
        assert 0 <= waits[-1] <= min(60.0, 2.0**failure)
    assert trial.connection.cause == "connection_refused"
    assert len(set(waits)) == 9


def test_only_a_connection_that_lasted_makes_the_next_wait_short_again(rig: Rig) -> None:
    broker = rig.broker()
    trial = Trial(broker.port)
    for lasted_s, bound_s in ((1.0, 1.0), (1.0, 2.0), (1.0, 4.0), (20.0, 1.0)):
        trial.begins()
        trial.sees(Up)
        trial.now += lasted_s
        broker.kill()
        trial.sees(Down)
        assert trial.wait_s() <= bound_s
        broker.start()
