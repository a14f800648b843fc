"""The control socket: whoever stands in front of the sensor, over a Unix socket, one JSON object a line.

    {"op": "finger", "label": "198501012010011001", "quality": "good", "hold_ms": 800, "wait": true}
    {"op": "lift"}  {"op": "unplug"}  {"op": "replug"}  {"op": "status"}  {"op": "speed", "factor": 0}
    {"op": "fault", "kind": "corrupt", "count": 1, "after": 0}
    {"op": "fault", "rates": {"silence": 0.01}, "seed": 7}  {"op": "fault", "clear": true}
    {"op": "fault", "inbound": true, "kind": "lose_byte"}: on the way from the host to the sensor
    {"op": "impostor", "kind": "gps"}  {"op": "swap", "capacity": 150}
    {"op": "foreign", "label": "L", "slot": 3}  {"op": "erase", "slot": 3}

Each answer is one line with `"ok"`. A finger without `hold_ms` stays until its result reached the host;
with `wait` the answer comes when it has been taken off (or after `wait_s`, 30 by default) and tells what
the sensor said.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from drivers.emulated.fault import LATE_MS, FaultPlan
from drivers.emulated.r307.emulator import REPLUG_MS, Emulator
from drivers.emulated.r307.faults import ZFM_FAULTS
from drivers.emulated.r307.finger import Touch

Request = dict[str, Any]
LINE_BYTES = 65536
WATCH_S = 0.002


class Control:
    """Listens on a Unix socket and does what it is told to the emulator."""

    def __init__(self, path: Path, emulator: Emulator) -> None:
        self._path = path
        self._emulator = emulator
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen()
        emulator.selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def close(self) -> None:
        """Stop listening and remove the socket."""
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        client, _address = self._listener.accept()
        waiting = bytearray()
        self._emulator.selector.register(client, selectors.EVENT_READ, lambda: self._read(client, waiting))

    def _read(self, client: socket.socket, waiting: bytearray) -> None:
        data = b""
        with contextlib.suppress(ConnectionError):
            data = client.recv(LINE_BYTES)
        waiting += data
        if not data or len(waiting) > LINE_BYTES:
            self._emulator.selector.unregister(client)
            client.close()
            return
        while b"\n" in waiting:
            line, _, rest = bytes(waiting).partition(b"\n")
            waiting[:] = rest
            self._obey(client, line)

    def _obey(self, client: socket.socket, line: bytes) -> None:
        try:
            request = json.loads(line)
            operation = OPERATIONS[request.pop("op")]
            answer = operation(self, client, request)
        except (KeyError, TypeError, ValueError) as error:
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        if answer is not None:
            self._send(client, answer)

    def _send(self, client: socket.socket, answer: Request) -> None:
        with contextlib.suppress(OSError):
            client.sendall(json.dumps(answer).encode() + b"\n")

    def _finger(self, client: socket.socket, request: Request) -> Request | None:
        touch = self._emulator.put(request["label"], request.get("quality", "good"), request.get("hold_ms"))
        if not request.get("wait"):
            return {"ok": True, "ordinal": touch.ordinal}
        self._watch(client, touch, float(request.get("wait_s", 30)))
        return None

    def _watch(self, client: socket.socket, touch: Touch, left_s: float) -> None:
        gone = self._emulator.pad.finger is not touch
        if gone or left_s <= 0:
            self._send(client, {"ok": gone, **asdict(touch)})
        else:
            self._emulator.after(WATCH_S, lambda: self._watch(client, touch, left_s - WATCH_S))

    def _lift(self, _client: socket.socket, _request: Request) -> Request:
        self._emulator.pad.lift()
        return {"ok": True}

    def _unplug(self, _client: socket.socket, _request: Request) -> Request:
        self._emulator.unplug()
        return {"ok": True}

    def _replug(self, _client: socket.socket, _request: Request) -> Request:
        self._emulator.plug()
        return {"ok": True}

    def _speed(self, _client: socket.socket, request: Request) -> Request:
        self._emulator.speed = float(request["factor"])
        return {"ok": True}

    def _fault(self, _client: socket.socket, request: Request) -> Request:
        emulator = self._emulator
        emulator.replug_ms = float(request.get("replug_ms", REPLUG_MS))
        if "seed" in request:
            emulator.plan = FaultPlan(int(request["seed"]), extra=ZFM_FAULTS)
            emulator.inbound = FaultPlan(int(request["seed"]))
        if request.get("clear"):
            emulator.plan.clear()
            emulator.inbound.clear()
        emulator.plan.late_ms = float(request.get("late_ms", LATE_MS))
        plan = emulator.inbound if request.get("inbound") else emulator.plan
        if "rates" in request:
            plan.set_rates(request["rates"])
        if "kind" in request:
            plan.arm(request["kind"], int(request.get("count", 1)), int(request.get("after", 0)))
        return {"ok": True, "happened": plan.happened}

    def _impostor(self, _client: socket.socket, request: Request) -> Request:
        self._emulator.impersonate(request.get("kind", ""))
        return {"ok": True}

    def _swap(self, _client: socket.socket, request: Request) -> Request:
        self._emulator.swap(**request)
        return {"ok": True}

    def _foreign(self, _client: socket.socket, request: Request) -> Request:
        self._emulator.enrol_foreign(request["label"], int(request["slot"]))
        return {"ok": True}

    def _erase(self, _client: socket.socket, request: Request) -> Request:
        self._emulator.sensor.flash.delete(int(request["slot"]))
        return {"ok": True}

    def _status(self, _client: socket.socket, request: Request) -> Request:
        emulator = self._emulator
        flash = emulator.sensor.flash
        return {
            "ok": True,
            "plugged": emulator.plugged,
            "finger": emulator.pad.finger.label if emulator.pad.finger else None,
            "templates": sorted(flash.templates),
            "touches": [asdict(touch) for touch in emulator.pad.touches]
            if request.get("touches", True)
            else [],
            "taken": sum(touch.taken for touch in emulator.pad.touches),
            "commands": {f"0x{code:02X}": count for code, count in sorted(emulator.sensor.commands.items())},
            "faults": emulator.plan.happened,
            "ring": emulator.sensor.ring.hex(),
            "settings": {key: value for key, value in asdict(flash.settings).items() if key != "notepad"},
            "speed": emulator.speed,
        }


OPERATIONS: dict[str, Callable[[Control, socket.socket, Request], Request | None]] = {
    "finger": Control._finger,
    "lift": Control._lift,
    "unplug": Control._unplug,
    "replug": Control._replug,
    "speed": Control._speed,
    "fault": Control._fault,
    "impostor": Control._impostor,
    "swap": Control._swap,
    "foreign": Control._foreign,
    "erase": Control._erase,
    "status": Control._status,
}
