"""What an emulated sensor does when its control socket is asked to, by whoever stands in front of it.

    {"op": "finger", "label": "198501012010011001", "quality": "good", "hold_ms": 800, "wait": true}
    {"op": "lift"}  {"op": "unplug"}  {"op": "replug"}  {"op": "status"}  {"op": "speed", "factor": 0}
    {"op": "fault", "kind": "corrupt", "count": 1, "after": 0}
    {"op": "fault", "rates": {"silence": 0.01}, "seed": 7}  {"op": "fault", "clear": true}
    {"op": "fault", "inbound": true, "kind": "lose_byte"}: on the way from the host to the sensor
    {"op": "impostor", "kind": "gps"}  {"op": "swap", "capacity": 150}
    {"op": "foreign", "label": "L", "slot": 3}  {"op": "erase", "slot": 3}

A finger without `hold_ms` stays until its result reached the host; with `wait` the answer comes when it
has been taken off (or after `wait_s`, 30 by default) and tells what the sensor said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial

from drivers.emulated.control import Fields, Operations
from drivers.emulated.fault import LATE_MS, FaultPlan
from drivers.emulated.r307.emulator import REPLUG_MS, Emulator
from drivers.emulated.r307.faults import ZFM_FAULTS

Operation = Callable[[Emulator, Fields], Fields]
WATCH_S = 0.002


def operations(emulator: Emulator) -> Operations:
    """The lines above, for one sensor: carried out in its thread, waited for outside it."""

    def inside(operation: Operation) -> Callable[[Fields], Fields]:
        return lambda asked: emulator.do(partial(operation, emulator, asked))

    return {"finger": partial(_finger, emulator), **{op: inside(each) for op, each in _OPERATIONS.items()}}


def _finger(emulator: Emulator, asked: Fields) -> Fields:
    label, quality = asked["label"], asked.get("quality", "good")
    touch = emulator.do(lambda: emulator.put(label, quality, asked.get("hold_ms")))
    if not asked.get("wait"):
        return {"ordinal": touch.ordinal}
    end_s = time.monotonic() + float(asked.get("wait_s", 30))
    while (there := emulator.pad.finger is touch) and time.monotonic() < end_s:
        time.sleep(WATCH_S)
    return {"ok": not there, **asdict(touch)}


def _lift(emulator: Emulator, _asked: Fields) -> Fields:
    emulator.pad.lift()
    return {}


def _unplug(emulator: Emulator, _asked: Fields) -> Fields:
    emulator.unplug()
    return {}


def _replug(emulator: Emulator, _asked: Fields) -> Fields:
    emulator.plug()
    return {}


def _speed(emulator: Emulator, asked: Fields) -> Fields:
    emulator.speed = float(asked["factor"])
    return {}


def _fault(emulator: Emulator, asked: Fields) -> Fields:
    emulator.replug_ms = float(asked.get("replug_ms", REPLUG_MS))
    if "seed" in asked:
        emulator.plan = FaultPlan(int(asked["seed"]), extra=ZFM_FAULTS)
        emulator.inbound = FaultPlan(int(asked["seed"]))
    if asked.get("clear"):
        emulator.plan.clear()
        emulator.inbound.clear()
    emulator.plan.late_ms = float(asked.get("late_ms", LATE_MS))
    plan = emulator.inbound if asked.get("inbound") else emulator.plan
    if "rates" in asked:
        plan.set_rates(asked["rates"])
    if "kind" in asked:
        plan.arm(asked["kind"], int(asked.get("count", 1)), int(asked.get("after", 0)))
    return {"happened": dict(plan.happened)}


def _impostor(emulator: Emulator, asked: Fields) -> Fields:
    emulator.impersonate(asked.get("kind", ""))
    return {}


def _swap(emulator: Emulator, asked: Fields) -> Fields:
    emulator.swap(**{name: value for name, value in asked.items() if name != "op"})
    return {}


def _foreign(emulator: Emulator, asked: Fields) -> Fields:
    emulator.enrol_foreign(asked["label"], int(asked["slot"]))
    return {}


def _erase(emulator: Emulator, asked: Fields) -> Fields:
    emulator.sensor.flash.delete(int(asked["slot"]))
    return {}


def _status(emulator: Emulator, asked: Fields) -> Fields:
    flash = emulator.sensor.flash
    return {
        "plugged": emulator.plugged,
        "finger": emulator.pad.finger.label if emulator.pad.finger else None,
        "templates": sorted(flash.templates),
        "touches": [asdict(touch) for touch in emulator.pad.touches] if asked.get("touches", True) else [],
        "taken": sum(touch.taken for touch in emulator.pad.touches),
        "commands": {f"0x{code:02X}": count for code, count in sorted(emulator.sensor.commands.items())},
        "faults": dict(emulator.plan.happened),
        "ring": emulator.sensor.ring.hex(),
        "settings": {key: value for key, value in asdict(flash.settings).items() if key != "notepad"},
        "speed": emulator.speed,
    }


_OPERATIONS: Mapping[str, Operation] = {
    "lift": _lift,
    "unplug": _unplug,
    "replug": _replug,
    "speed": _speed,
    "fault": _fault,
    "impostor": _impostor,
    "swap": _swap,
    "foreign": _foreign,
    "erase": _erase,
    "status": _status,
}
