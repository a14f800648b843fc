"""An emulated R307 in a process of its own, and the hand that puts fingers on it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from drivers.base.errors import DeviceError
from drivers.base.reader import Touch
from drivers.r307 import R307Reader


class EmulatedR307:
    """Starts `python -m drivers.emulated.r307` and speaks to its control socket."""

    late_ms = 4000.0
    """How late an answer comes that comes too late."""

    def __init__(self, folder: Path, *options: str, speed: float = 0.0) -> None:
        self.port = folder / "r307"
        control = folder / "c"
        command = ["--link", str(self.port), "--control", str(control), "--speed", str(speed), *options]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "drivers.emulated.r307", *command], stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(str(control))
        self._lines = self._socket.makefile("rw")

    def do(self, op: str, **arguments: object) -> dict[str, Any]:
        """One control operation; fails the test when the emulator refuses it."""
        answer = self.ask(op, **arguments)
        assert answer["ok"], answer
        return answer

    def ask(self, op: str, **arguments: object) -> dict[str, Any]:
        self._lines.write(json.dumps({"op": op, **arguments}) + "\n")
        self._lines.flush()
        answer: dict[str, Any] = json.loads(self._lines.readline())
        return answer

    def put(self, label: str, **arguments: object) -> None:
        self.do("lift")
        self.do("finger", label=label, **arguments)

    def enrol(self, slot: int, label: str) -> None:
        """A template in the sensor without going through a driver."""
        self.do("foreign", label=label, slot=slot)

    def reset(self) -> None:
        """As new: empty, plugged, no faults, no finger."""
        self.do("fault", clear=True)
        self.do("lift")
        self.do("impostor", kind="")
        self.do("speed", factor=0)
        self.do("swap", capacity=1000, template_bytes=768, packet_bytes=128)

    def stop(self) -> None:
        self._lines.close()
        self._socket.close()
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Wait for something to become true."""
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, "it never became true"
        time.sleep(0.002)


def reopen(reader: R307Reader, timeout_s: float = 5.0) -> None:
    """What the kiosk's reader thread does: open, and again with a pause in between."""
    end_s = time.monotonic() + timeout_s
    while time.monotonic() < end_s:
        with suppress(DeviceError):
            reader.open()
            return
        time.sleep(0.1)
    raise AssertionError("the reader did not come back")


def touch_somehow(reader: R307Reader, timeout_s: float = 5.0) -> Touch:
    """Poll until a finger gave a result, reopening after errors."""
    end_s = time.monotonic() + timeout_s
    while time.monotonic() < end_s:
        with suppress(DeviceError):
            reader.open()
            if (touch := reader.touch()) is not None:
                return touch
        time.sleep(0.02)
    raise AssertionError("no touch came")
