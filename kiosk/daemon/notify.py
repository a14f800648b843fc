"""Readiness and heartbeats to systemd (`sd_notify`), where there is one."""

from __future__ import annotations

import sdnotify


class Notifier:
    """Speaks to the service manager; does nothing when started by hand."""

    def __init__(self) -> None:
        self._systemd = sdnotify.SystemdNotifier()

    def ready(self, status: str) -> None:
        """The kiosk takes punches now."""
        self._systemd.notify(f"READY=1\nSTATUS={status}")

    def beat(self) -> None:
        """Everything that must be alive is."""
        self._systemd.notify("WATCHDOG=1")

    def stopping(self) -> None:
        """An ordered stop has begun."""
        self._systemd.notify("STOPPING=1")
