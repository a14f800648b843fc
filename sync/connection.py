"""Keeps a connection to the broker: when to try again, and in which version of the protocol.

Full jitter (each wait is random between 0 and a bound that doubles), so that a thousand kiosks that
lost the broker in one moment do not come back in one. v5 first; 3.1.1 when the broker does not speak it.
"""

from __future__ import annotations

import logging
import queue
import random
from collections.abc import Callable
from typing import Any, Literal

from sync.link import Link
from sync.link_events import Broker, Down, LinkEvent, Protocol, Up, Will

log = logging.getLogger(__name__)
FIRST_BOUND_S = 1.0
STEADY_S = 10.0  # a shorter connection was no success: two clients of one name chase each other away


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
        self._up_at = 0.0
        self._due: float | None = clock()
        self._link: Link | None = None
        self._down_since: float | None = None

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
            try:
                broker = self._broker()
            except OSError as error:
                self._retry("unreadable_file", str(error))
                return
            self._link = Link(broker, self._protocol, self._will(), self._inbox)
            self._link.start()

    def took(self, event: LinkEvent) -> bool:
        """Note a link's event; `False` when it comes from a link already given up."""
        if event.link is not self._link:
            return False
        if isinstance(event, Up):
            self._recovered()
        elif isinstance(event, Down):
            self._lost(event)
        return True

    def renew(self) -> None:
        """Give the present link up and make a new one at once."""
        if self._link is not None:
            self._link.abandon()
            self._link, self.up, self._due = None, False, self._clock()

    def drop(self, cause: str) -> None:
        """Give the present link up without ceremony, and try again later."""
        if self._link is not None:
            self._link.abandon()
            self._retry(cause, "")

    def close(self, timeout_s: float) -> bool:
        """Disconnect in order and stay away; whether that ended in time."""
        was_up = self.up
        link, self._link, self.up, self._due = self._link, None, False, None
        if link and not was_up:
            link.abandon()  # it may be deep in a connect(); there is nothing to say goodbye to
            return True
        return link.close(timeout_s) if link else True

    def _lost(self, event: Down) -> None:
        if not self.up and not self._fixed and event.cause in {"protocol", "closed", "no_connack"}:
            self._protocol = "3.1.1" if self._protocol == "5" else "5"
        self._retry(event.cause, event.detail)

    def _recovered(self) -> None:
        self.up, self.cause, self._up_at = True, "", self._clock()
        since, self._down_since = self._down_since, None
        protocol = self._link.protocol if self._link else ""
        after = f" after {self._clock() - since:.0f} s" if since is not None else ""
        log.info("connected, MQTT %s%s", protocol, after)

    def _retry(self, cause: str, detail: str) -> None:
        level = logging.WARNING if self._down_since is None or cause != self.cause else logging.DEBUG
        log.log(level, "no connection to the broker: %s %s", cause, detail)
        if self._down_since is None:
            self._down_since = self._clock()
        if self.up and self._clock() - self._up_at >= STEADY_S:
            self._failures = 0
        self._link, self.up, self.cause = None, False, cause
        bound = min(self._retry_max_s, FIRST_BOUND_S * 2.0 ** min(self._failures, 16))
        self._failures += 1
        self._due = self._clock() + random.uniform(0, bound)
