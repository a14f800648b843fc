"""The serial line: a pseudo-terminal whose slave appears under a stable name, as udev would give it."""

from __future__ import annotations

import contextlib
import os
import termios
import tty
from pathlib import Path

SPEEDS = {
    termios.B9600: 9600,
    termios.B19200: 19200,
    termios.B38400: 38400,
    termios.B57600: 57600,
    termios.B115200: 115200,
}


class PtyLine:
    """One pseudo-terminal at a time; a new one with every `plug`."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.master = -1
        self._slave = -1

    @property
    def plugged(self) -> bool:
        """Whether the device is on the bus."""
        return self.master >= 0

    def plug(self) -> None:
        """Appear: make a pseudo-terminal and point the link at it."""
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        fresh = self.link.with_name(f"{self.link.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self.link)

    def unplug(self) -> None:
        """Vanish: the host's reads end and the name is gone."""
        if not self.plugged:
            return
        self.link.unlink(missing_ok=True)
        os.close(self.master)
        os.close(self._slave)
        self.master = self._slave = -1

    def host_baud(self) -> int | None:
        """The speed the host has set, or None for one that no sensor has."""
        return SPEEDS.get(termios.tcgetattr(self._slave)[4])

    def read(self) -> bytes:
        """What the host has sent."""
        try:
            return os.read(self.master, 65536)
        except (BlockingIOError, OSError):
            return b""

    def write(self, data: bytes) -> None:
        """Send; bytes that nobody reads are lost, as on a real line."""
        if self.plugged:
            with contextlib.suppress(BlockingIOError):
                os.write(self.master, data)
