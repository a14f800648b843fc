"""Every fault of the R307 on the wire and at the port: how it begins, how it ends, what the driver may do."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from drivers.base.errors import DeviceError, ProtocolError, Rejected, Timeout, Unavailable
from drivers.r307 import R307Reader
from tests.drivers.r307.emulated import EmulatedR307

NOBODY = 65534
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


def teach(device: EmulatedR307) -> None:
    device.enrol(ALICE, "alice")
    device.enrol(BOB, "bob")


def wire(kind: str, after: int = 0, count: int = 1) -> Action:
    """The `kind` of fault on the answer number `after` of a touch (0 image, 1 features, 2 search)."""
    return lambda device: device.do("fault", kind=kind, after=after, count=count, late_ms=device.late_ms)


def inbound(kind: str) -> Action:
    """The `kind` of fault on the way from the kiosk to the sensor, of the first command."""
    return lambda device: device.do("fault", inbound=True, kind=kind)


def always(kind: str) -> Action:
    return lambda device: device.do("fault", rates={kind: 1.0})


def unplug_at(after: int) -> Action:
    """The plug comes out while the answer is under way and is put back by `end`."""
    return lambda device: device.do("fault", kind="hang_up", after=after, replug_ms=300)


def impostor(kind: str) -> Action:
    return lambda device: device.do("impostor", kind=kind)


class OtherProgram:
    """Somebody who has the port open."""

    def __init__(self) -> None:
        self._reader: R307Reader | None = None

    def take(self, device: EmulatedR307) -> None:
        self._reader = R307Reader("other", device.port)
        self._reader.open()

    def leave(self, _device: EmulatedR307) -> None:
        assert self._reader is not None
        self._reader.close()


def forbid(device: EmulatedR307) -> None:
    """Nobody but root may open the port, and we are not root for a while."""
    device.port.resolve().chmod(0)
    if os.getuid() == 0:
        os.seteuid(NOBODY)


def allow(device: EmulatedR307) -> None:
    if os.getuid() == 0:
        os.seteuid(0)
    device.port.resolve().chmod(0o600)


def put_back(device: EmulatedR307) -> None:
    """The sensor that was there before."""
    device.do("swap", password=0, capacity=1000, template_bytes=768)
    teach(device)


other_program = OtherProgram()

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
    Fault("a command lost on its way to the sensor", inbound("silence"), (Timeout,), "given up, asked again"),
    Fault("a command damaged on its way", inbound("corrupt"), BROKEN, "refused by the sensor, reopened"),
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
    Fault(
        "port busy",
        other_program.take,
        GONE,
        "`port busy`; `fuser -v` names who",
        other_program.leave,
        opening=True,
    ),
    Fault("permission denied", forbid, GONE, "names the group `dialout`", allow, opening=True),
    Fault(
        "another sensor with a password",
        lambda device: device.do("swap", password=0xCAFE),
        (Rejected,),
        "`wrong_password`: not ours, or taken from another kiosk",
        put_back,
        opening=True,
    ),
]
