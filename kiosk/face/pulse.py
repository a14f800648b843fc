"""Signs of life, as long as the main loop turns: to systemd's watchdog and, as `Beat`, to kioskd."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import sdnotify

from kiosk.core.facing import LOADING_S, Beat
from kiosk.face.link import Link

BEAT_S = 1.0
STUCK_S = 20.0
"""Longer than opening a camera that does not answer, closing it, and starting the network may take."""
SLOWER = 8
"""No turn takes so many times as long as reading the models did, even beside much other work."""
US_PER_S = 1_000_000

log = logging.getLogger(__name__)


class Pulse:
    """Beats on a thread of its own; stops when nothing has turned for `STUCK_S`, on a slow machine longer."""

    def __init__(self) -> None:
        self._systemd = sdnotify.SystemdNotifier()
        self._turned_s = time.monotonic()
        self._link: Link | None = None
        self._frames = 0
        self._busy = False
        self._stuck_s, self._patience_s = STUCK_S, 0.0

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

    @contextmanager
    def loading(self) -> Iterator[None]:
        """While the models are read nothing turns; how long that took tells how slow this machine is."""
        began_s = time.monotonic()
        self._be_patient(LOADING_S)
        try:
            yield
        finally:
            took_s = time.monotonic() - began_s
            self._turned_s, self._patience_s = began_s + took_s, max(self._patience_s, took_s)
            self._be_patient(min(max(STUCK_S, SLOWER * self._patience_s), LOADING_S))

    def _be_patient(self, stuck_s: float) -> None:
        self._stuck_s = stuck_s
        if unit_us := int(os.environ.get("WATCHDOG_USEC", "0")):
            self._systemd.notify(f"WATCHDOG_USEC={max(unit_us, round(stuck_s * US_PER_S))}")

    def _run(self) -> None:
        while True:
            time.sleep(BEAT_S)
            if time.monotonic() - self._turned_s > self._stuck_s:
                log.error("the main loop has not turned for %.0f s: no more beats", self._stuck_s)
                return
            self._systemd.notify("WATCHDOG=1")
            if (link := self._link) is not None:
                link.say(Beat(frames=self._frames, busy=self._busy, patience_s=self._patience_s))
