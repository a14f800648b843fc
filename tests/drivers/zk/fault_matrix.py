"""Every fault of a ZKTeco terminal and its network: how it begins and ends, what the driver may do.

`python -m tests.drivers.zk.fault_matrix` makes all of them happen and prints the table of
`docs/faults-zk.md`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from drivers.base.errors import DeviceError, ProtocolError, Timeout, Unavailable
from drivers.emulated.zk import ZkEmulator
from drivers.emulated.zk_store import Model
from drivers.zk import Patience, ZkTerminal
from tests.drivers.zk.connect_matrix import SCENARIOS
from tests.drivers.zk.emulated import driver_for

RECORDS = 600
LIMIT_S = 2.5
RECOVERY_S = 5.0
SIZES, PREPARE, DATA = 0, 1, 6
"""Which message of the answers to `log()` is hit: the sizes, the size of the log, a packet amid the data."""

Action = Callable[[ZkEmulator], None]


@dataclass(frozen=True)
class Fault:
    """`begin` arms it before the log is read, `end` takes it away.

    `errors` are the allowed types; empty when the whole log must arrive as if nothing were wrong. `limit_s`
    is how long the typed error may take; `may_heal` that the log may arrive all the same.
    """

    name: str
    tcp: bool
    begin: Action
    errors: tuple[type[DeviceError], ...]
    what: str
    end: Action = lambda emulator: emulator.fault("none")
    limit_s: float = LIMIT_S
    may_heal: bool = False

    @property
    def title(self) -> str:
        """With the transport."""
        return f"{'TCP' if self.tcp else 'UDP'}: {self.name}"


@dataclass(frozen=True)
class Measured:
    """The error's type (empty for none), seconds until it, seconds until the log is complete, rows then."""

    error: str
    error_s: float
    recovery_s: float
    rows: int


def message(kind: str, after: int, count: int = 1) -> Action:
    return lambda emulator: emulator.fault(kind, count, after)


def answer(kind: str, count: int = 1) -> Action:
    return lambda emulator: emulator.fault(kind, count)


def rate(kind: str, probability: float) -> Action:
    return lambda emulator: emulator.faults.set_rates({kind: probability})


def forget_logins(emulator: ZkEmulator) -> None:
    for peer in list(emulator.network._peers.values()):
        peer.client.known = False


GONE, LATE, BROKEN = (Unavailable,), (Timeout,), (ProtocolError, Timeout)
NONE: tuple[type[DeviceError], ...] = ()
SLOW_WORK_S = 10.5
REOPENED = "given up after 2 s, reopened"
REFUSED = "checksum refused, reopened"
TOGETHER = "frames are put together"
AGAIN = "what is missing is asked for again"


def lossy(emulator: ZkEmulator) -> None:
    emulator.faults.arm("none", 2)
    emulator.faults.set_rates({"silence": 0.05})


def unplug(emulator: ZkEmulator) -> None:
    emulator.network.unplug()


def replug(emulator: ZkEmulator) -> None:
    emulator.network.replug()


def reboot(emulator: ZkEmulator) -> None:
    emulator.reboot(0.5)


TCP_FAULTS = [
    Fault("silence after a command", True, rate("silence", 1.0), LATE, REOPENED),
    Fault(
        "silence while it prepares its log",
        True,
        message("silence", PREPARE),
        LATE,
        "given up after 10 s: a full log takes seconds to prepare",
        limit_s=SLOW_WORK_S,
    ),
    Fault("silence in mid-transfer", True, message("silence", DATA, 1000), LATE, REOPENED),
    Fault("one data packet withheld", True, message("silence", DATA), NONE, AGAIN),
    Fault("delay of 0.3 s", True, message("delay", DATA), NONE, "waited for"),
    Fault("answer 4 s late", True, message("late", DATA), LATE, REOPENED),
    Fault("one byte at a time", True, message("byte_by_byte", SIZES, 4), NONE, TOGETHER),
    Fault("split", True, message("split", SIZES, 12), NONE, TOGETHER),
    Fault("coalesced", True, message("coalesce", SIZES, 12), NONE, "frames are taken apart"),
    Fault("stray bytes", True, message("stray", SIZES, 12), NONE, "skipped up to the next frame"),
    Fault("answers twice", True, message("duplicate", SIZES, 30), NONE, "dropped by number"),
    Fault("a bit turned over (sizes)", True, message("corrupt", SIZES), BROKEN, REFUSED),
    Fault("a bit turned over (data)", True, message("corrupt", DATA), BROKEN, REFUSED),
    Fault("truncated (data)", True, message("truncate", DATA), BROKEN, REFUSED),
    Fault("one byte lost (data)", True, message("lose_byte", DATA), BROKEN, REFUSED),
    Fault("number of another command", True, message("wrong_reply", SIZES), LATE, "never believed"),
    Fault("hangs up after a command", True, message("hang_up", SIZES), GONE, "at once, reopened"),
    Fault("hangs up in mid-transfer", True, message("hang_up", DATA), GONE, "at once, no spinning"),
    Fault("a short answer, said to be complete", True, answer("short"), NONE, AGAIN),
    Fault("always short answers", True, answer("short", 999), (ProtocolError,), "given up after 6 tries"),
    Fault("network cable out", True, unplug, LATE, "given up after 2 s, opened when back", replug),
    Fault("reboot", True, reboot, GONE, "at once, opened when back"),
    Fault("login forgotten", True, forget_logins, GONE, "at once, logged in again"),
]
UDP_FAULTS = [
    Fault("silence after a command", False, rate("silence", 1.0), LATE, REOPENED),
    Fault("answer lost (sizes)", False, message("silence", SIZES), LATE, REOPENED),
    Fault("silence in mid-transfer", False, message("silence", DATA, 1000), LATE, REOPENED),
    Fault("one datagram lost (data)", False, message("silence", DATA), NONE, AGAIN),
    Fault("5 % of datagrams lost", False, lossy, NONE, AGAIN),
    Fault("delay of 0.3 s", False, message("delay", DATA), NONE, "waited for"),
    Fault("answer 4 s late", False, message("late", DATA), LATE, REOPENED, may_heal=True),
    Fault("a bit turned over (data)", False, message("corrupt", DATA), NONE, f"dropped, {AGAIN}"),
    Fault("truncated (data)", False, message("truncate", DATA), NONE, f"dropped, {AGAIN}"),
    Fault("datagrams twice", False, message("duplicate", SIZES, 30), NONE, "dropped by number"),
    Fault("datagrams reordered", False, answer("reorder"), NONE, "put in order by number"),
    Fault("25 of 600 rows, said to be complete", False, answer("short"), NONE, AGAIN),
    Fault("word of the end overtakes the data", False, answer("overtake"), NONE, "data waited for"),
    Fault("number of another command", False, message("wrong_reply", SIZES), LATE, "never believed"),
    Fault("network cable out", False, unplug, LATE, "given up after 2 s, opened when back", replug),
    Fault("reboot", False, reboot, (*GONE, *LATE), "opened when back"),
    Fault("login forgotten", False, forget_logins, GONE, "at once, logged in again"),
]
FAULTS = [*TCP_FAULTS, *UDP_FAULTS]


def fixed_now() -> datetime:
    return datetime.fromisoformat("2026-11-22T06:50:00")


def measure(fault: Fault, patience: Patience | None = None) -> Measured:
    """Make `fault` happen while the log is read, end it, and read the log until it is complete."""
    with ZkEmulator(Model(packet_bytes=1008)) as emulator:
        emulator.store.fill(50, RECORDS)
        terminal = driver_for(emulator, tcp=fault.tcp, local_now=fixed_now, patience=patience)
        try:
            terminal.open()
            fault.begin(emulator)
            error, error_s, rows = attempt(terminal)
            fault.end(emulator)
            ended_s = time.monotonic()
            while rows != RECORDS and time.monotonic() - ended_s < 2 * RECOVERY_S:
                terminal = reopened(terminal)
                _, _, rows = attempt(terminal)
            return Measured(error, error_s, time.monotonic() - ended_s, rows)
        finally:
            terminal.close()


def attempt(terminal: ZkTerminal) -> tuple[str, float, int]:
    """Read the log: the error, how long it took, how many rows came."""
    started_s = time.monotonic()
    try:
        rows = len({row.key for row in terminal.log().rows})
        return "", time.monotonic() - started_s, rows
    except DeviceError as error:
        return type(error).__name__, time.monotonic() - started_s, -1


def reopened(terminal: ZkTerminal) -> ZkTerminal:
    """Open again where the driver gave the connection up; a terminal that is not back yet is tried later."""
    try:
        if not terminal.is_open:
            terminal.open()
    except DeviceError:
        time.sleep(0.1)
    return terminal


HEAD = """# Faults of ZKTeco terminals, measured

Made by `python -m tests.drivers.zk.fault_matrix > docs/faults-zk.md` (about a minute): the real driver over
the real pyzk, on the emulated terminal with a log of 600 records in packets of 1008 bytes. Each fault happens
while the whole log is read. After an error the connection is closed and opened again at once.

The last column is the time from the end of the fault until every record has been read; where there is no
error, the time that reading took. `tests/drivers/zk/test_faults.py` runs the same lists and refuses anything
above 2.5 s to the error (10.5 s for the preparation of a log, which takes real terminals seconds), 5 s to
recovery, or a record missing or doubled. That the technician's log has one WARNING and one recovery line is a
test there too; `test_storm.py` reads 10,000 punches while all of these happen at random (last run 2026-11-22:
each one exactly once, over TCP and over UDP), `test_fuzz.py` feeds a million mutated frames to the decoders.

The emulator is not the hardware: `HADIR_ZK=ADDRESS pytest -m hardware tests/drivers/zk` runs the contract on
a real terminal. No real terminal has been at hand so far.

| fault | what the driver does | error | complete after |
|---|---|---|---|
"""


def rows() -> Iterator[str]:
    """The tables, line by line."""
    for fault in FAULTS:
        got = measure(fault)
        error = f"`{got.error}` after {got.error_s:.2f} s" if got.error else "none"
        again = f"{got.recovery_s:.2f} s" if got.error else f"read in {got.error_s:.2f} s"
        yield f"| {fault.title} | {fault.what} | {error} | {again} |"
    yield "\n## Before and beside a transfer\n\n| fault | what the driver does | error | working again |"
    yield "|---|---|---|---|"
    for scenario in SCENARIOS:
        seen = scenario.run()
        error = f"{seen.error} after {seen.error_s:.2f} s" if seen.error else "none"
        yield f"| {scenario.name} | {scenario.what} | {error} | {seen.recovery_s:.2f} s |"


def main() -> None:
    """Print the page."""
    sys.stdout.write(HEAD)
    for row in rows():
        sys.stdout.write(f"{row}\n")


if __name__ == "__main__":
    main()
