"""Looking for a terminal whose address has changed: it is known by its serial number."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from drivers.base.errors import DeviceError, Rejected, Timeout, Unavailable
from drivers.base.terminal import Terminal

FIRST_S = 1.0
MOST_S = 600.0


class Maker(Protocol):
    """Makes the driver of this terminal and finds it again."""

    def make(self, host: str, serial: str) -> Terminal:
        """The driver at `host`; with `serial` no other terminal is believed."""

    def search(self, serial: str, stopping: threading.Event) -> str | None:
        """The host at which the terminal with this serial number answers now."""


class Search:
    """Rarer and rarer while it finds nothing; belongs to one terminal's thread."""

    def __init__(self, maker: Maker, serial: str) -> None:
        """Without `serial` nothing is looked for."""
        self._maker, self._serial = maker, serial
        self.reset()

    def reset(self) -> None:
        """The terminal was found where it was expected."""
        self._due_s, self._wait_s = float("-inf"), FIRST_S

    def after(self, error: DeviceError, stopping: threading.Event) -> str | None:
        """Where the terminal is now, if it may have moved, it is time to look, and it is found."""
        gone = isinstance(error, (Unavailable, Timeout)) or (
            isinstance(error, Rejected) and error.reason == "wrong_terminal"
        )
        if not gone or not self._serial or stopping.is_set() or time.monotonic() < self._due_s:
            return None
        found = self._maker.search(self._serial, stopping)
        self._due_s = time.monotonic() + self._wait_s
        self._wait_s = min(MOST_S, 2 * self._wait_s)
        return found
