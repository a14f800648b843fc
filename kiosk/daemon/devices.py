"""The board of devices: what state each is in, told once to the screen and the ledger.

The drivers themselves log each outage and its end.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.core import api
from kiosk.core.payload import DeviceState
from kiosk.core.record import TimeBlock
from kiosk.core.view import DeviceStatus, DeviceView
from kiosk.daemon.clock import Clock
from kiosk.daemon.hub import ViewHub

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Past:
    """What became of one device since it was first heard of, in seconds of the monotonic clock."""

    since_s: float
    outages: int = 0
    fault_s: float = 0.0
    fault_since_s: float | None = None

    def is_now(self, status: DeviceStatus) -> None:
        now_s = time.monotonic()
        if status == "fault" and self.fault_since_s is None:
            self.outages, self.fault_since_s = self.outages + 1, now_s
        elif status == "ready" and self.fault_since_s is not None:
            self.fault_s, self.fault_since_s = self.fault_s + now_s - self.fault_since_s, None


class DeviceBoard:
    """Takes reports from device threads; each device reports from one thread only."""

    def __init__(self, clock: Clock, hub: ViewHub, record: Callable[[DeviceState, TimeBlock], None]) -> None:
        self._clock, self._hub, self._record = clock, hub, record
        self._views: dict[str, DeviceView] = {}
        self._info: dict[str, str] = {}
        self._pasts: dict[str, _Past] = {}

    def now(self) -> TimeBlock:
        """This moment, for what a device just saw."""
        return self._clock.now()

    def info(self, name: str) -> str:
        """The last words about a device: its model when ready, the fault and its remedy otherwise."""
        return self._info.get(name, "")

    def health(self) -> tuple[api.DeviceHealth, ...]:
        """Every device with its outages; from any thread."""
        return tuple(self._health(view) for view in tuple(self._views.values()))

    def _health(self, view: DeviceView) -> api.DeviceHealth:
        past, now_s = self._pasts[view.name], time.monotonic()
        open_s = now_s - past.fault_since_s if past.fault_since_s is not None else 0.0
        return api.DeviceHealth(
            name=view.name,
            kind=view.kind,
            status=view.status,
            simulated=view.simulated,
            cause=view.cause,
            info=self.info(view.name),
            outages=past.outages,
            fault_s=int(past.fault_s + open_s),
            watched_s=int(now_s - past.since_s),
        )

    def report(self, view: DeviceView, info: str) -> None:
        """A device is in this state now; one record for each change between ready and fault."""
        before = self._views.get(view.name)
        self._pasts.setdefault(view.name, _Past(time.monotonic())).is_now(view.status)
        self._views[view.name], self._info[view.name] = view, info
        self._hub.device(view)
        if view.status == "ready" and before and before.status == "starting":
            log.info("%s: ready (%s)", view.name, info)
        if view.status == "starting" or (before and before.status == view.status):
            return
        self._record(
            DeviceState(device=view.name, state=view.status, cause=view.cause, info=info[:500]), self.now()
        )
