"""The board of devices: what state each is in, told once to the screen and the ledger.

The drivers themselves log each outage and its end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk.core.payload import DeviceState
from kiosk.core.record import TimeBlock
from kiosk.core.view import DeviceView
from kiosk.daemon.clock import Clock
from kiosk.daemon.hub import ViewHub

log = logging.getLogger(__name__)


class DeviceBoard:
    """Takes reports from device threads; each device reports from one thread only."""

    def __init__(self, clock: Clock, hub: ViewHub, record: Callable[[DeviceState, TimeBlock], None]) -> None:
        self._clock, self._hub, self._record = clock, hub, record
        self._views: dict[str, DeviceView] = {}
        self._info: dict[str, str] = {}

    def now(self) -> TimeBlock:
        """This moment, for what a device just saw."""
        return self._clock.now()

    def info(self, name: str) -> str:
        """The last words about a device: its model when ready, the fault and its remedy otherwise."""
        return self._info.get(name, "")

    def report(self, view: DeviceView, info: str) -> None:
        """A device is in this state now; one record for each change between ready and fault."""
        before = self._views.get(view.name)
        self._views[view.name], self._info[view.name] = view, info
        self._hub.device(view)
        if view.status == "ready" and before and before.status == "starting":
            log.info("%s: ready (%s)", view.name, info)
        if view.status == "starting" or (before and before.status == view.status):
            return
        self._record(
            DeviceState(device=view.name, state=view.status, cause=view.cause, info=info[:500]), self.now()
        )
