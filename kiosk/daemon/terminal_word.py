"""A terminal's clock as a source of time: believed as far as it was right when the time was last known here.

It runs on its own battery through a power cut. The terminal it belongs to, its zone and who set it do not
matter: what counts is how far it was from the time that a good source told.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from kiosk.core.timeline import strong
from kiosk.daemon.durable import write_durably
from kiosk.daemon.rtc import LIMIT_MS, Compared
from kiosk.daemon.terminal_time import READING_MS
from kiosk.daemon.timekeeping import Timekeeper

log = logging.getLogger(__name__)
NAME = "terminal-clocks.json"
PPM = 200
AGAIN_MS = 600_000
MOVED_MS = 1_000


class TerminalWord:
    """Compares terminals' clocks while the time is known, asks them when it is not; engine's thread only."""

    def __init__(self, state_dir: Path, keeper: Timekeeper) -> None:
        self._path = state_dir / NAME
        self._keeper = keeper
        self._compared = self._read()

    def heard(self, serial: str, ahead_of_boot_ms: int, boot_ms: int) -> None:
        """At `boot_ms` of this boot the clock of `serial` was so far ahead of it. Raises `StoreError`."""
        clock = self._keeper.clock
        at = clock.at(boot_ms)
        shown_ms, before = ahead_of_boot_ms + boot_ms, self._compared.get(serial)
        if strong(at.source) and at.uncertainty_ms is not None:
            self._keep(serial, Compared(at.wall_ms, at.uncertainty_ms, shown_ms - at.wall_ms, False))
        elif clock.known is None and before is not None:
            now_ms = shown_ms - before.ahead_ms
            ran_ms = now_ms - before.true_ms
            uncertainty_ms = 2 * READING_MS + before.uncertainty_ms + abs(ran_ms) * PPM // 1_000_000 + 1
            if ran_ms + uncertainty_ms < 0 or uncertainty_ms > LIMIT_MS:
                log.warning("terminal %s: its clock cannot be believed since it was last compared", serial)
            else:
                self._keeper.learn("terminal", now_ms, boot_ms, uncertainty_ms)

    def _keep(self, serial: str, found: Compared) -> None:
        before = self._compared.get(serial)
        if before is not None and (
            found.true_ms - before.true_ms < AGAIN_MS and abs(found.ahead_ms - before.ahead_ms) < MOVED_MS
        ):
            return
        self._compared[serial] = found
        with contextlib.suppress(OSError):  # a full disk: it is believed less, nothing else
            write_durably(self._path, msgspec.json.encode(self._compared))

    def _read(self) -> dict[str, Compared]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Compared])
        except (OSError, msgspec.DecodeError):
            return {}


Heard = Callable[[str, int, int], None]
"""As `TerminalWord.heard`; called on a terminal's thread."""
