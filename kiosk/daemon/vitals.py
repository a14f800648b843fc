"""Which of kioskd's own threads must be alive for systemd's watchdog to be fed."""

from __future__ import annotations

import threading

ESSENTIAL = ("engine", "control", "publisher", "down", "face", "photos")
OF_DEVICES = ("reader-", "terminal-")


class Vitals:
    """Looks for threads that were there when it was made and are gone; one is replaced now and then."""

    def __init__(self) -> None:
        self._expected = {n for n in _names() if n in ESSENTIAL or n.startswith(OF_DEVICES)}
        self._missed: set[str] = set()

    def dead(self) -> list[str]:
        """Those missed now and the last time somebody asked."""
        missing = self._expected - _names()
        dead, self._missed = missing & self._missed, missing
        return sorted(dead)


def _names() -> set[str]:
    return {thread.name for thread in threading.enumerate()}
