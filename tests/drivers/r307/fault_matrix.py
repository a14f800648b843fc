"""Every fault of the R307 on the wire and on the bus: how it begins, how it ends, what the driver may do.

`python -m tests.drivers.r307.fault_matrix` runs all of them at the sensor's real speed and prints the table
of `docs/faults-r307.md`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drivers.base.errors import DeviceError, ProtocolError, Timeout, Unavailable
from drivers.base.reader import Touch
from drivers.r307 import R307Reader
from tests.drivers.r307.emulated import EmulatedR307

LIMIT_S = 2.5
RECOVERY_S = 5.0
ALICE, BOB = 3, 8
Action = Callable[[EmulatedR307], object]


@dataclass(frozen=True)
class Fault:
    """`begin` arms it before a finger is searched, `end` takes it away.

    `errors` are the allowed types; empty when the driver must deliver the touch as if nothing were wrong.
    `opening` tells that the error measured is that of `open`, the device having been exchanged.
    """

    name: str
    begin: Action
    errors: tuple[type[DeviceError], ...]
    what: str
    end: Action = lambda device: device.do("fault", clear=True)
    opening: bool = False


@dataclass(frozen=True)
class Measured:
    """The error's type (empty for none), seconds until it, and from its end to the next good touch."""

    error: str
    error_s: float
    recovery_s: float
    slot: int | None


def wire(kind: str, after: int = 0, count: int = 1) -> Action:
    """The `kind` of fault on the answer number `after` of a touch (0 image, 1 features, 2 search)."""
    return lambda device: device.do("fault", kind=kind, after=after, count=count)


def always(kind: str) -> Action:
    return lambda device: device.do("fault", rates={kind: 1.0})


def unplug_at(after: int) -> Action:
    """The plug comes out while the answer is under way and is put back by `end`."""
    return lambda device: device.do("fault", kind="hang_up", after=after, replug_ms=300)


def impostor(kind: str) -> Action:
    return lambda device: device.do("impostor", kind=kind)


GONE = (Unavailable,)
BROKEN = (ProtocolError, Timeout)
NONE: tuple[type[DeviceError], ...] = ()
ANSWERS = ("image", "features", "search")

FAULTS = [
    Fault("silence", always("silence"), (Timeout,), "the sensor says nothing"),
    Fault("stray byte before an answer", wire("stray"), NONE, "0x55 and noise are skipped"),
    Fault("one byte at a time", always("byte_by_byte"), NONE, "the frame is put together"),
    Fault("delay of 0.3 s", wire("delay", 2), NONE, "waited for"),
    *(
        Fault(f"answer split ({answer})", wire("split", n), NONE, "the frame is put together")
        for n, answer in enumerate(ANSWERS)
    ),
    *(
        Fault(f"one lost byte ({answer})", wire("lose_byte", n), BROKEN, "refused, reopened")
        for n, answer in enumerate(ANSWERS)
    ),
    *(
        Fault(f"truncated ({answer})", wire("truncate", n), BROKEN, "refused after 0.5 s, reopened")
        for n, answer in enumerate(ANSWERS)
    ),
    *(
        Fault(f"bad checksum ({answer})", wire("bad_checksum", n), (ProtocolError,), "refused at once")
        for n, answer in enumerate(ANSWERS)
    ),
    *(
        Fault(f"one bit turned over ({answer})", wire("corrupt", n), BROKEN, "refused, reopened")
        for n, answer in enumerate(ANSWERS)
    ),
    Fault("length field 0xFFFF", wire("wrong_length", 2), (ProtocolError,), "refused at once"),
    Fault("length field too long", wire("long_length", 2), (ProtocolError,), "refused after 0.5 s"),
    Fault("answer from another address", wire("wrong_address", 2), BROKEN, "skipped, then given up"),
    *(
        Fault(f"two answers ({answer})", wire("duplicate", n), NONE, "the second is dropped")
        for n, answer in enumerate(ANSWERS)
    ),
    *(
        Fault(f"an earlier OK first ({answer})", wire("stale_ok", n), NONE, "told apart, or proven harmless")
        for n, answer in enumerate(ANSWERS)
    ),
    *(
        Fault(f"an earlier 'no finger' first ({answer})", wire("stale_no_finger", n), NONE, "captured again")
        for n, answer in enumerate(ANSWERS)
    ),
    Fault(
        "the answer comes 4 s late", wire("late", 2), (Timeout,), "given up; the late answer is not believed"
    ),
    *(
        Fault(f"unplugged in mid-command ({answer})", unplug_at(n), GONE, "noticed at once, opened when back")
        for n, answer in enumerate(ANSWERS)
    ),
    Fault(
        "unplugged and not back",
        lambda device: device.do("unplug"),
        GONE,
        "`no such device` until it is back",
        lambda device: device.do("replug"),
        opening=True,
    ),
    Fault(
        "another device: GPS",
        impostor("gps"),
        (ProtocolError,),
        "said so",
        lambda device: device.do("impostor", kind=""),
        opening=True,
    ),
    Fault(
        "another device: floods the line",
        impostor("flood"),
        (ProtocolError,),
        "said so",
        lambda device: device.do("impostor", kind=""),
        opening=True,
    ),
]


def measure(device: EmulatedR307, reader: R307Reader, fault: Fault) -> Measured:
    """Put Alice on a faulty sensor, end the fault when it was noticed, put Bob on, and see who is found."""
    reader.open()
    fault.begin(device)
    device.put("alice")
    if fault.opening:
        reader.close()
    started_s = time.monotonic()
    touch, error = opened(reader) if fault.opening else poll(reader, started_s + LIMIT_S)
    error_s = time.monotonic() - started_s
    if error is None:
        fault.end(device)
        return Measured("", error_s, 0.0, touch.slot if touch else None)
    name = type(error).__name__
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


def teach(device: EmulatedR307) -> None:
    device.enrol(ALICE, "alice")
    device.enrol(BOB, "bob")


def main() -> None:
    """Print the table."""
    with sensor_with_two(speed=1.0) as (device, reader):
        for fault in FAULTS:
            seen = measure(device, reader, fault)
            delivered = "none: the touch is delivered" if seen.slot == ALICE else "THE TOUCH IS LOST"
            error = f"`{seen.error}` after {seen.error_s:.2f} s" if seen.error else delivered
            back = f"{seen.recovery_s:.2f} s" if seen.error else "-"
            sys.stdout.write(f"| {fault.name} | {fault.what} | {error} | {back} |\n")
            sys.stdout.flush()
            device.do("lift")


if __name__ == "__main__":
    main()
