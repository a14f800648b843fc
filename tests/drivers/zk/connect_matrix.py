"""Faults before and beside a transfer: addresses, keys, clocks; measured like those of `fault_matrix`."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from drivers.base.errors import DeviceError
from drivers.base.terminal import LiveEvent
from drivers.emulated.zk import ZkEmulator
from drivers.emulated.zk_store import Model
from drivers.zk import Patience, ZkTerminal, find_by_serial, neighbours
from drivers.zk.timecode import code_of
from tests.drivers.zk.emulated import driver_for, live_punches, local_now

KEY = 4711
PATIENCE = Patience()
"""How long silence is waited out; the tests have less of it."""


@dataclass(frozen=True)
class Seen:
    """Error ('' for none), seconds until it, seconds from the fault's end until all works, if it does."""

    error: str
    error_s: float
    recovery_s: float
    right: bool


@dataclass(frozen=True)
class Scenario:
    """One fault, what the driver does about it, the error it may give, and how it is made."""

    name: str
    what: str
    error: str
    run: Callable[[], Seen]


def failing(call: Callable[[], object]) -> tuple[str, float]:
    """The type of the error that `call` ends with, and after how long."""
    started_s = time.monotonic()
    try:
        call()
    except DeviceError as error:
        reason = getattr(error, "reason", "")
        return type(error).__name__ + (f" `{reason}`" if reason else ""), time.monotonic() - started_s
    return "", time.monotonic() - started_s


def seen(fault: Callable[[], object], working: Callable[[], bool]) -> Seen:
    """Run the fault, then what must work again after it."""
    error, error_s = failing(fault)
    ended_s = time.monotonic()
    right = working()
    return Seen(error, error_s, time.monotonic() - ended_s, right)


@contextmanager
def terminal_with(
    people: int = 20, records: int = 100, **fields: object
) -> Iterator[tuple[ZkEmulator, ZkTerminal]]:
    """An emulator and an open driver."""
    with ZkEmulator(Model(**fields)) as emulator:  # type: ignore[arg-type]
        emulator.store.fill(people, records)
        terminal = driver_for(emulator, patience=PATIENCE)
        try:
            terminal.open()
            yield emulator, terminal
        finally:
            terminal.close()


def wrong_key() -> Seen:
    with ZkEmulator(Model(comm_key=KEY)) as emulator:
        wrong, right = driver_for(emulator, comm_key=KEY + 1), driver_for(emulator)
        outcome = seen(wrong.open, lambda: bool(right.open().serial))
        right.close()
        return outcome


def nothing_there() -> Seen:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
    terminal = ZkTerminal("127.0.0.1", port, local_now=local_now)
    error, error_s = failing(terminal.open)
    with ZkEmulator(port=port):
        outcome = seen(lambda: None, lambda: bool(terminal.open().serial))
        terminal.close()
    return Seen(error, error_s, outcome.recovery_s, outcome.right)


def another_terminal() -> Seen:
    with ZkEmulator(Model(serial="B")) as other:
        wrong = driver_for(other, serial="A")
        return seen(wrong.open, lambda: bool(driver_for(other, serial="B").open().serial))


def moved() -> Seen:
    """DHCP gave it another address: the old one answers no more, the neighbours are asked."""
    with ZkEmulator(Model(serial="A"), host="127.0.5.40") as emulator:
        old = ZkTerminal("127.0.5.7", emulator.port, local_now=local_now, serial="A")

        def found() -> bool:
            host = find_by_serial("A", neighbours("127.0.5.7"), port=emulator.port)
            return host == "127.0.5.40" and bool(ZkTerminal(host, emulator.port, local_now=local_now).open())

        return seen(old.open, found)


def mute() -> Seen:
    """Something accepts the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        terminal = ZkTerminal("127.0.0.1", listener.getsockname()[1], local_now=local_now, patience=PATIENCE)
        error, error_s = failing(terminal.open)
    return Seen(error, error_s, 0.0, not terminal.is_open)


def cable_out_while_waiting() -> Seen:
    with terminal_with() as (emulator, terminal):
        terminal.live(0.0)
        emulator.network.unplug()
        error, error_s = failing(terminal.status)
        emulator.network.replug()

        def working() -> bool:
            terminal.open()
            terminal.live(0.0)
            emulator.punch("1003")
            return len(live_punches(terminal, 1)) == 1

        outcome = seen(lambda: None, working)
        return Seen(error, error_s, outcome.recovery_s, outcome.right)


def events_together() -> Seen:
    with terminal_with() as (emulator, terminal):
        terminal.live(0.0)
        return seen(
            lambda: emulator.punch("1003", count=5),
            lambda: len(live_punches(terminal, 5)) == 5 and len(terminal.log().rows) == 105,
        )


def event_in_pieces() -> Seen:
    with terminal_with(event_bytes=52) as (emulator, terminal):
        terminal.live(0.0)
        emulator.faults.arm("byte_by_byte", 3)

        def working() -> bool:
            ids = [event.user_id for event in live_punches(terminal, 3) if isinstance(event, LiveEvent)]
            return ids == ["1003", "1004", "1005"]

        return seen(lambda: [emulator.punch(user) for user in ("1003", "1004", "1005")], working)


def ids_that_are_no_numbers() -> Seen:
    with terminal_with(id_width=24) as (emulator, terminal):
        terminal.live(0.0)

        def working() -> bool:
            (event,) = live_punches(terminal, 1)
            known = isinstance(event, LiveEvent) and event.user_id == "PNS-0042"
            return known and terminal.log().rows[-1].user_id == "PNS-0042"

        return seen(lambda: emulator.punch("PNS-0042"), working)


def event_of_unknown_length() -> Seen:
    with terminal_with() as (emulator, terminal):
        terminal.live(0.0)
        emulator.announce(bytes(33))
        return seen(lambda: emulator.punch("1003"), lambda: len(live_punches(terminal, 2)) == 2)


def thirtieth_of_february() -> Seen:
    with terminal_with() as (emulator, terminal):
        emulator.punch("1002", wall="2026-02-30T06:50:00")
        emulator.punch("1003", wall="2026-03-01T06:50:00")
        return seen(terminal.log, lambda: (len(terminal.log().rows), len(terminal.log().bad)) == (101, 1))


def clock_jumps() -> Seen:
    with terminal_with() as (emulator, terminal):
        emulator.store.clock.stick(code_of("2083-05-06T07:08:09"))

        def working() -> bool:
            told = terminal.read_clock().wall == "2083-05-06T07:08:09"
            terminal.set_clock(local_now().isoformat(timespec="seconds"))
            return told and abs(terminal.read_clock().offset_ms or 10**9) < 2500

        return seen(lambda: None, working)


def overwritten() -> Seen:
    with terminal_with(records=190, record_capacity=200) as (emulator, terminal):
        before = terminal.log()
        for _ in range(30):
            emulator.punch("1002", live=False)
        return seen(lambda: None, lambda: len(terminal.log_since(before.mark).rows) == 200)


def cleared() -> Seen:
    with terminal_with() as (emulator, terminal):
        before = terminal.log()
        emulator.store.log.clear()
        emulator.punch("1002", live=False)
        return seen(lambda: None, lambda: len(terminal.log_since(before.mark).rows) == 1)


SCENARIOS = [
    Scenario("wrong comm key", "said so", "Rejected `wrong_password`", wrong_key),
    Scenario("nothing at the address", "at once, opened when there", "Unavailable", nothing_there),
    Scenario(
        "another terminal at the address",
        "refused by serial number",
        "Rejected `wrong_terminal`",
        another_terminal,
    ),
    Scenario("DHCP gave another address", "found by serial number among 254", "Unavailable", moved),
    Scenario("a peer that never speaks", "given up after 2 s", "Timeout", mute),
    Scenario(
        "cable out while nobody punches", "the next status finds out", "Timeout", cable_out_while_waiting
    ),
    Scenario("five live events in one segment", "each delivered", "", events_together),
    Scenario("live events one byte at a time", "put together, each to its person", "", event_in_pieces),
    Scenario("a user id that is no number", "kept as it is", "", ids_that_are_no_numbers),
    Scenario("live event of 33 bytes", "shown raw, waiting goes on", "", event_of_unknown_length),
    Scenario("30 February in the log", "quarantined, the others delivered", "", thirtieth_of_february),
    Scenario("clock jumps to 2083", "told, then set", "", clock_jumps),
    Scenario("full log overwrites its oldest", "noticed, read whole", "", overwritten),
    Scenario("log cleared by somebody", "noticed, read whole", "", cleared),
]
