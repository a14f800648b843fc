"""Runs the faults and measures: seconds to the typed error, seconds to the next person's match.

`python -m tests.drivers.r307.fault_matrix` runs all of them at a real sensor's speed and prints
`docs/faults-r307.md`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drivers.base.errors import DeviceError
from drivers.base.reader import CALL_S, Touch
from drivers.r307 import R307Reader
from tests.drivers.r307.emulated import EmulatedR307
from tests.drivers.r307.faults import ALICE, FAULTS, Fault, teach

LIMIT_S = 2.5
RECOVERY_S = 5.0


@dataclass(frozen=True)
class Measured:
    """The error's type (empty for none), seconds until it, and from its end to the next good touch."""

    error: str
    error_s: float
    recovery_s: float
    slot: int | None


def measure(device: EmulatedR307, reader: R307Reader, fault: Fault, *, give_up_s: float = CALL_S) -> Measured:
    """Put Alice on a faulty sensor, end the fault when it was noticed, put Bob on, and see who is found.

    While the fault lasts the reader gives up after `give_up_s`.
    """
    reader.open()
    reader.call_s = give_up_s
    if fault.opening:
        reader.close()
    fault.begin(device)
    device.put("alice")
    started_s = time.monotonic()
    touch, error = opened(reader) if fault.opening else poll(reader, started_s + LIMIT_S)
    error_s = time.monotonic() - started_s
    if error is None:
        fault.end(device)
        return Measured("", error_s, 0.0, touch.slot if touch else None)
    name, reader.call_s = type(error).__name__, CALL_S
    fault.end(device)
    device.put("bob")
    ended_s = time.monotonic()
    found = recover(reader, ended_s + 2 * RECOVERY_S)
    return Measured(name, error_s, time.monotonic() - ended_s, found.slot if found else None)


def poll(reader: R307Reader, until_s: float) -> tuple[Touch | None, DeviceError | None]:
    """What the reader thread does, up to the first error or touch."""
    while time.monotonic() < until_s:
        try:
            touch = reader.touch()
        except DeviceError as error:
            return None, error
        if touch is not None:
            return touch, None
    return None, None


def opened(reader: R307Reader) -> tuple[Touch | None, DeviceError | None]:
    """The error of `open`."""
    try:
        reader.open()
    except DeviceError as error:
        return None, error
    return None, None


def recover(reader: R307Reader, until_s: float) -> Touch | None:
    """Open and poll as the reader thread does, half a second between attempts to open."""
    while time.monotonic() < until_s:
        try:
            reader.open()
            while time.monotonic() < until_s:
                if (touch := reader.touch()) is not None:
                    return touch
        except DeviceError:
            time.sleep(0.5)
    return None


@contextmanager
def sensor_with_two(speed: float) -> Iterator[tuple[EmulatedR307, R307Reader]]:
    """An emulated sensor that knows Alice and Bob."""
    with tempfile.TemporaryDirectory() as folder:
        device = EmulatedR307(Path(folder), speed=speed)
        reader = R307Reader("reader", device.port, simulated=True)
        try:
            teach(device)
            yield device, reader
        finally:
            reader.close()
            device.stop()


HEAD = """# Faults of the R307 reader, measured

Made by `python -m tests.drivers.r307.fault_matrix > docs/faults-r307.md` (about a minute): the real
driver on the emulated sensor at a real sensor's pace. The faults marked with an answer happen in that answer
of a touch: to the image, to the features or to the search. After an error the reader is closed, and opened
again at once; while that fails, every half second.

The last column is the time from the end of the fault to the next person's match, which itself takes 0.6 s.
`tests/drivers/r307/test_faults.py` runs the same list and refuses anything above 2.5 s to the error, 5 s to
recovery, or another person's slot. That the log has one WARNING and one recovery line is a test there too.

| fault | what the driver does | error | working again |
|---|---|---|---|
"""


def main() -> None:
    """Print the table."""
    sys.stdout.write(HEAD)
    with sensor_with_two(speed=1.0) as (device, reader):
        for fault in FAULTS:
            sys.stdout.write(row(fault, measure(device, reader, fault)))
            device.do("lift")


def row(fault: Fault, seen: Measured) -> str:
    delivered = "none: the touch is delivered" if seen.slot == ALICE else "THE TOUCH IS LOST"
    error = f"`{seen.error}` after {seen.error_s:.2f} s" if seen.error else delivered
    back = f"{seen.recovery_s:.2f} s" if seen.error else "-"
    return f"| {fault.name} | {fault.what} | {error} | {back} |\n"


if __name__ == "__main__":
    main()
