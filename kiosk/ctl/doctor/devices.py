"""Readers, terminals, cameras: kioskd's word about each; without it, whether it is plugged in at all."""

from __future__ import annotations

import os
import shlex
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from kiosk.core import api
from kiosk.core.config import Reader, Terminal
from kiosk.ctl import words
from kiosk.ctl.doctor import camera
from kiosk.ctl.doctor.finding import Finding, fault, ok, unknown, warning
from kiosk.ctl.doctor.seen import Seen

DAY_S = 86_400
CONNECT_S = 4.0
MANY_OUTAGES_A_DAY = 5
SERIAL_PORTS = ("/dev/hadir/*", "/dev/serial/by-id/*", "/dev/ttyUSB*", "/dev/ttyACM*", "/dev/ttyAMA*")
REPLUG = "take its plug out, count to five, put it in again"


def devices(seen: Seen) -> Iterator[Finding]:
    """Every device that is configured."""
    if seen.health is not None:
        for device in seen.health.devices:
            yield _told(seen, device)
    elif seen.config is not None:
        for index, reader in enumerate(seen.config.readers):
            yield _plugged(seen, index, reader)
        yield from camera.plugged(seen, seen.config)
        for terminal in seen.config.terminals:
            yield _reached(terminal)
    if seen.config is not None and not seen.config.readers and not seen.config.terminals:
        yield from _none(seen)


def gps(seen: Seen) -> Iterator[Finding]:
    """Whether gpsd answers, where a receiver is fitted."""
    if seen.config is None or not seen.config.gps.host:
        return
    where = (seen.config.gps.host, seen.config.gps.port)
    try:
        with socket.create_connection(where, CONNECT_S) as line:
            said = line.recv(4_096)
    except OSError as error:
        why = error.strerror or "no answer"
        yield fault(
            "gps", f"gpsd at {where[0]}:{where[1]}: {why}", "start it, there", "systemctl restart gpsd"
        )
        return
    if b'"VERSION"' in said:
        yield ok("gps", f"gpsd answers at {where[0]}:{where[1]}")
    else:
        yield fault(
            "gps",
            f"{where[0]}:{where[1]} is no gpsd",
            "name gpsd's port (2947)",
            seen.set_command("gps.port", 2947),
        )


def _told(seen: Seen, device: api.DeviceHealth) -> Finding:
    what = f"{device.kind} {device.name}" + (" (simulated)" if device.simulated else "")
    if device.status == "starting":
        return warning(what, "is starting", "ask again in a minute")
    if device.status == "fault":
        return _at_fault(seen, device, what)
    past = _past(device)
    if device.watched_s and device.outages * DAY_S / max(device.watched_s, DAY_S) > MANY_OUTAGES_A_DAY:
        return warning(
            what,
            f"{device.info}; {past}",
            "a bad cable or a weak supply looks like this: change the cable first",
        )
    return ok(what, f"{device.info}; {past}")


def _at_fault(seen: Seen, device: api.DeviceHealth, what: str) -> Finding:
    if device.kind == "camera":
        return camera.at_fault(seen, device, what)
    said, _, hint = device.info.partition("; ")
    readers = enumerate(seen.config.readers if seen.config else ())
    index, reader = next(((i, r) for i, r in readers if r.name == device.name), (0, None))
    if device.cause == "unavailable" and device.simulated:
        return fault(
            what, said, "put its plug in again", f"kioskctl emulate replug {shlex.quote(device.name)}"
        )
    if device.cause == "unavailable" and reader is not None:
        found = _plugged(seen, index, reader)
        if found.level == "fault":
            return Finding(what, "fault", found.words, found.advice, found.command)
    stuck = device.cause in ("timeout", "protocolerror") or not hint
    return fault(what, said, f"{hint}; {REPLUG}" if stuck else hint)


def _plugged(seen: Seen, index: int, reader: Reader) -> Finding:
    """Whether the port of a reader is there and kioskd's user may open it."""
    what, port = f"reader {reader.name}", Path(reader.port)
    port = port if reader.simulated else seen.machine.path(str(port))
    try:
        found = port.stat()
    except OSError:
        return _no_port(seen, index, reader)
    if not stat.S_ISCHR(found.st_mode):
        return fault(
            what,
            f"{reader.port} is no serial port",
            "name the reader's port",
            seen.set_command(f"reader[{index + 1}].port", "/dev/hadir/r307"),
        )
    if not found.st_mode & 0o060 and not reader.simulated:
        return fault(
            what,
            f"{reader.port} may be opened by its owner only",
            "let the group in, as our udev rule does",
            f"chmod g+rw {shlex.quote(reader.port)}",
        )
    return unknown(what, f"{reader.port} is there; whether it answers, only a running kioskd can say")


def _reached(terminal: Terminal) -> Finding:
    """Whether a terminal can be reached at all; over UDP only kioskd can tell."""
    what, where = f"terminal {terminal.name}", f"{terminal.host}:{terminal.port}"
    if terminal.udp:
        return unknown(what, f"{where} speaks UDP: only a running kioskd can say whether it answers")
    try:
        socket.create_connection((terminal.host, terminal.port), CONNECT_S).close()
    except OSError as error:
        advice = "check its power and its cable, and the address it shows in its menu (Comm., Ethernet)"
        return fault(what, f"{where}: {error.strerror or 'no answer'}", advice, f"ping -c 3 {terminal.host}")
    return unknown(what, f"{where} is there; whether it answers, only a running kioskd can say")


def _no_port(seen: Seen, index: int, reader: Reader) -> Finding:
    what = f"reader {reader.name}"
    others = [path for pattern in SERIAL_PORTS for path in seen.machine.glob(pattern)]
    free = [f"/{path.relative_to(seen.machine.root)}" for path in others if os.fspath(path) != reader.port]
    if not free:
        return fault(
            what,
            f"there is no {reader.port}, and no serial port at all",
            f"plug the reader in: {REPLUG}",
            "ls -l /dev/hadir /dev/serial/by-id",
        )
    return fault(
        what,
        f"there is no {reader.port}, but there is {', '.join(free[:4])}",
        "name the port it is on",
        seen.set_command(f"reader[{index + 1}].port", free[0]),
    )


def _none(seen: Seen) -> Iterator[Finding]:
    if seen.health is not None and not seen.health.devices:
        advice = "describe it in the configuration: `[[reader]]` in config/kiosk.toml"
        yield warning(
            "readers",
            "this kiosk has no device that takes punches",
            advice,
            f"nano {shlex.quote(str(seen.config_file))}",
        )


def _past(device: api.DeviceHealth) -> str:
    if not device.outages:
        return f"no outage in {words.duration(device.watched_s)}"
    share = 100 * (1 - device.fault_s / max(1, device.watched_s))
    outages = f"{words.many(device.outages, 'outage')} in {words.duration(device.watched_s)}"
    return f"{outages}, there {share:.1f} % of the time"
