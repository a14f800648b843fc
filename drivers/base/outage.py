"""What a technician reads at night: one WARNING when a device fails, one INFO when it works again."""

from __future__ import annotations

import logging
import time

from drivers.base.errors import DeviceError

log = logging.getLogger(__name__)


class Outage:
    """Keeps the log of one device quiet: repeats of a failure are DEBUG."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._since_s: float | None = None

    def failed(self, error: DeviceError) -> None:
        """The device did not do what was asked."""
        level = logging.DEBUG if self._since_s is not None else logging.WARNING
        if self._since_s is None:
            self._since_s = time.monotonic()
        log.log(level, "%s: %s (%s): %s", self._name, type(error).__name__, error, error.hint)

    def works(self) -> None:
        """The device answers."""
        if self._since_s is not None:
            log.info("%s: working again after %.1f s", self._name, time.monotonic() - self._since_s)
            self._since_s = None
