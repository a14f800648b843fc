"""The serial line itself: the only file that imports pyserial. Nothing here waits without a deadline."""

from __future__ import annotations

import errno
import os
import select
import termios
import threading
from contextlib import suppress
from pathlib import Path

import serial

from drivers.base.deadline import Deadline
from drivers.base.errors import ProtocolError, Timeout, Unavailable

MOST_LEFT_BYTES = 8192
"""More than a sensor can have left to say."""

REASONS = {
    errno.ENOENT: ("no such device", "plug the sensor in; `ls /dev/serial/by-id` shows what is there"),
    errno.ENXIO: ("no such device", "plug the sensor in; `ls /dev/serial/by-id` shows what is there"),
    errno.ENODEV: ("no such device", "plug the sensor in; `ls /dev/serial/by-id` shows what is there"),
    errno.EACCES: ("permission denied", "the kiosk's user must be in the group `dialout`"),
    errno.EPERM: ("permission denied", "the kiosk's user must be in the group `dialout`"),
    errno.EBUSY: ("port busy", "another program has the port open: `fuser -v` names it"),
    errno.EAGAIN: ("port busy", "another program has the port open: `fuser -v` names it"),
}


class SerialLine:
    """An open serial port, ours alone, whose blocked calls `cancel` ends from any thread."""

    def __init__(self, path: Path, baud: int) -> None:
        self.path = path
        try:
            self._serial = serial.Serial(str(path), baud, timeout=0, exclusive=True)
        except (OSError, ValueError) as error:
            raise _unavailable(path, error) from error
        self._fd = self._serial.fileno()
        self._wake_read, self._wake_write = os.pipe()
        self._closing = threading.Lock()
        self._readable = select.poll()
        self._readable.register(self._fd, select.POLLIN)
        self._readable.register(self._wake_read, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(self._fd, select.POLLOUT)
        self._writable.register(self._wake_read, select.POLLIN)

    def read(self, deadline: Deadline) -> bytes:
        """At least one byte, or `Timeout`."""
        while True:
            self._wait(self._readable, deadline, "read")
            try:
                data = os.read(self._fd, 4096)
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._gone() from error
            if not data:
                raise self._gone()
            return data

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Send all of `data`."""
        while data:
            self._wait(self._writable, deadline, "write")
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._gone() from error

    def waiting(self) -> bytes:
        """What has arrived, without waiting."""
        return self.read(Deadline.after(0)) if self._readable.poll(0) else b""

    def settle(self, quiet_s: float, deadline: Deadline) -> None:
        """Throw away what arrives until nothing has for `quiet_s`."""
        thrown_away = 0
        while deadline.left_s > quiet_s and thrown_away < MOST_LEFT_BYTES:
            try:
                thrown_away += len(self.read(Deadline.after(quiet_s)))
            except Timeout:
                return
        raise ProtocolError(f"{self.path}: another device sends on this port without pause")

    def cancel(self) -> None:
        """End the blocked call in another thread and every later one; does not block. Closed: nothing."""
        with self._closing:
            if self._wake_write >= 0:
                os.write(self._wake_write, b"\0")

    def close(self) -> None:
        """Release the port, once."""
        with self._closing:
            if self._wake_write < 0:
                return
            os.close(self._wake_read)
            os.close(self._wake_write)
            self._wake_read = self._wake_write = -1
        # Else the kernel waits up to 30 s for a dead adapter to take the rest (setserial(8), closing_wait).
        with suppress(OSError, termios.error):
            termios.tcflush(self._fd, termios.TCIOFLUSH)
        self._serial.close()

    def _wait(self, poll: select.poll, deadline: Deadline, doing: str) -> None:
        ready = dict(poll.poll(max(0.0, deadline.left_s) * 1000))
        if self._wake_read in ready:
            raise Unavailable(f"{self.path}: closed during {doing}")
        if not ready:
            raise Timeout(f"{self.path}: silent")
        if ready[self._fd] & (select.POLLHUP | select.POLLERR | select.POLLNVAL) and not (
            ready[self._fd] & select.POLLIN
        ):
            raise self._gone()

    def _gone(self) -> Unavailable:
        return Unavailable(f"{self.path}: unplugged")


def _unavailable(path: Path, error: Exception) -> Unavailable:
    number = getattr(error, "errno", None)
    if number is None and path.exists():
        return Unavailable(f"{path}: not a serial port", hint="correct the reader's port in kiosk.toml")
    reason, hint = REASONS.get(number or errno.ENOENT, (str(error), Unavailable.hint))
    return Unavailable(f"{path}: {reason}", hint=hint)
