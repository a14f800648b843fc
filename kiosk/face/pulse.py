"""Signs of life, as long as the main loop turns: to systemd's watchdog and, as `Beat`, to kioskd."""

from __future__ import annotations

import logging
import threading
import time

import sdnotify

from kiosk.core.facing import Beat
from kiosk.face.link import Link

BEAT_S = 1.0
STUCK_S = 20.0
"""Longer than opening a camera that does not answer, closing it, and starting the network may take."""

log = logging.getLogger(__name__)


class Pulse:
    """Beats on a thread of its own; stops when nothing has turned for `STUCK_S`."""

    def __init__(self) -> None:
        self._systemd = sdnotify.SystemdNotifier()
        self._turned_s = time.monotonic()
        self._link: Link | None = None
        self._frames = 0
        self._busy = False

    def start(self) -> None:
        """Ready, and alive from now on."""
        self._systemd.notify("READY=1")
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def stopping(self) -> None:
        """An ordered stop has begun."""
        self._systemd.notify("STOPPING=1")

    def linked(self, link: Link | None) -> None:
        """Whom to beat to."""
        self._link = link

    def turned(self, frames: int = 0, *, busy: bool = False) -> None:
        """The main loop has come round, having seen `frames` in all."""
        self._turned_s, self._frames, self._busy = time.monotonic(), frames, busy

    def _run(self) -> None:
        while True:
            time.sleep(BEAT_S)
            if time.monotonic() - self._turned_s > STUCK_S:
                log.error("the main loop has not turned for %.0f s: no more beats", STUCK_S)
                return
            self._systemd.notify("WATCHDOG=1")
            if (link := self._link) is not None:
                link.say(Beat(frames=self._frames, busy=self._busy))
