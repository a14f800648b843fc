"""Keeps a connection to the broker: when to try again, and in which version of the protocol.

Full jitter (each wait is random between 0 and a bound that doubles), so that a thousand kiosks that
lost the broker in one moment do not come back in one. v5 first; 3.1.1 when the broker does not speak it.
"""

from __future__ import annotations

import queue
import random
from collections.abc import Callable
from typing import Any, Literal

from sync.link import Broker, Down, Link, LinkEvent, Protocol, Up, Will

FIRST_BOUND_S = 1.0


class Connection:
    """At most one `Link` at a time; used from one thread. `clock` counts seconds."""

    def __init__(
        self,
        broker: Callable[[], Broker],
        will: Callable[[], Will | None],
        protocol: Literal["auto", "5", "3.1.1"],
        retry_max_s: float,
        inbox: queue.SimpleQueue[Any],
        clock: Callable[[], float],
    ) -> None:
        self.up = False
        self.cause = ""
        self._broker = broker
        self._will = will
        self._fixed = protocol != "auto"
        self._protocol: Protocol = "3.1.1" if protocol == "3.1.1" else "5"
        self._retry_max_s = retry_max_s
        self._inbox = inbox
        self._clock = clock
        self._failures = 0
        self._due: float | None = clock()
        self._link: Link | None = None

    @property
    def link(self) -> Link | None:
        """The link while the broker has let us in."""
        return self._link if self.up else None

    def next_deadline(self) -> float | None:
        """When `tick` has something to do."""
        return self._due

    def tick(self) -> None:
        """Start an attempt when one is due."""
        if self._link is None and self._due is not None and self._clock() >= self._due:
            self._due = None
            self._link = Link(self._broker(), self._protocol, self._will(), self._inbox)
            self._link.start()

    def took(self, event: LinkEvent) -> bool:
        """Note a link's event; `False` when it comes from a link already given up."""
        if event.link is not self._link:
            return False
        if isinstance(event, Up):
            self.up, self.cause = True, ""
        elif isinstance(event, Down):
            self._lost(event)
        return True

    def settled(self) -> None:
        """The connection has proved useful: the next failure is the first again."""
        self._failures = 0

    def drop(self, cause: str) -> None:
        """Give the present link up without ceremony, and try again later."""
        if self._link is not None:
            self._link.abandon()
            self._retry(cause)

    def close(self, timeout_s: float) -> bool:
        """Disconnect in order and stay away; whether that ended in time."""
        link, self._link, self.up, self._due = self._link, None, False, None
        return link.close(timeout_s) if link else True

    def _lost(self, event: Down) -> None:
        was_up = self.up
        if not was_up and not self._fixed and event.cause in {"protocol", "closed", "no_connack"}:
            self._protocol = "3.1.1" if self._protocol == "5" else "5"
        self._retry(event.cause)

    def _retry(self, cause: str) -> None:
        self._link, self.up, self.cause = None, False, cause
        bound = min(self._retry_max_s, FIRST_BOUND_S * 2.0 ** min(self._failures, 16))
        self._failures += 1
        self._due = self._clock() + random.uniform(0, bound)
