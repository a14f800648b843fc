"""What an emulated terminal does when its control socket is asked to.

| op | fields | does |
|---|---|---|
| `punch` | `user_id`, `state` 0, `verify` 1, `live` true, `count` 1, `wall` now | somebody punches |
| `user` | `user_id`, `name`, `uid` | somebody is enrolled on the terminal |
| `template` | `user_id`, `finger` 6, `data` in hex | and puts a finger on, which the terminal keeps |
| `templates` | | every finger it holds: user id, finger, hex |
| `fill` | `users`, `records` | people and punches are made up |
| `status` | | what it holds, `taken` punches ever |
| `unplug`, `replug` | | the network cable |
| `reboot` | `down_s` 0.5 | power off and on |
| `fault` | `kind`, `count` 1, `after` 0 | the next messages go wrong; `none` ends all faults |
| `faults` | `rates`, `quirks`, `seed` | how likely per message, per large answer |
| `clock` | `offset_s` or `wall` or `code` | the clock jumps, or is stuck at an impossible date |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from drivers.emulated.control import Fields, Operations
from drivers.emulated.zk_wire import Moment, Person

if TYPE_CHECKING:
    from drivers.emulated.zk import ZkEmulator


def operations(emulator: ZkEmulator) -> Operations:
    """The table above, for one terminal."""
    return {op: partial(operation, emulator) for op, operation in _OPERATIONS.items()}


def _punch(emulator: ZkEmulator, asked: Fields) -> Fields:
    wanted = {key: asked[key] for key in ("state", "verify", "wall", "live", "count") if key in asked}
    return {"wall": emulator.punch(str(asked["user_id"]), **wanted)}


def _user(emulator: ZkEmulator, asked: Fields) -> Fields:
    with emulator.lock:
        uid = asked.get("uid") or max(emulator.store.people, default=0) + 1
        emulator.store.add_person(Person(uid, str(asked["user_id"]), asked.get("name", "")))
    return {"uid": uid}


def _template(emulator: ZkEmulator, asked: Fields) -> Fields:
    with emulator.lock:
        person = emulator.store.person(str(asked["user_id"]))
        if person is None:
            raise ValueError(f"no user {asked['user_id']} here")
        emulator.store.templates[person.uid, asked.get("finger", 6)] = (1, bytes.fromhex(asked["data"]))
    return {}


def _templates(emulator: ZkEmulator, _asked: Fields) -> Fields:
    with emulator.lock:
        people = emulator.store.people
        held = [
            [people[uid].user_id, finger, data.hex()]
            for (uid, finger), (_, data) in emulator.store.templates.items()
        ]
    return {"templates": held}


def _fill(emulator: ZkEmulator, asked: Fields) -> Fields:
    with emulator.lock:
        emulator.store.fill(asked["users"], asked["records"])
        return {"records": emulator.store.records}


def _reboot(emulator: ZkEmulator, asked: Fields) -> Fields:
    emulator.reboot(float(asked.get("down_s", 0.5)))
    return {}


def _fault(emulator: ZkEmulator, asked: Fields) -> Fields:
    emulator.fault(asked["kind"], asked.get("count", 1), asked.get("after", 0))
    return {}


def _faults(emulator: ZkEmulator, asked: Fields) -> Fields:
    with emulator.lock:
        for plan, rates in ((emulator.faults, "rates"), (emulator.quirks, "quirks")):
            plan.set_rates(asked.get(rates, {}))
            if "seed" in asked:
                plan.reseed(asked["seed"])
    return {}


def _clock(emulator: ZkEmulator, asked: Fields) -> Fields:
    clock = emulator.store.clock
    if "code" in asked:
        clock.stick(asked["code"])
    elif "wall" in asked:
        clock.set(Moment.from_text(asked["wall"]))
    else:
        clock.offset_s = float(asked["offset_s"])
    return {"wall": clock.now().text}


def _unplug(emulator: ZkEmulator, _asked: Fields) -> Fields:
    emulator.network.unplug()
    return {}


def _replug(emulator: ZkEmulator, _asked: Fields) -> Fields:
    emulator.network.replug()
    return {}


_OPERATIONS: Mapping[str, Callable[[ZkEmulator, Fields], Fields]] = {
    "punch": _punch,
    "user": _user,
    "template": _template,
    "templates": _templates,
    "fill": _fill,
    "status": lambda emulator, _asked: emulator.status(),
    "unplug": _unplug,
    "replug": _replug,
    "reboot": _reboot,
    "fault": _fault,
    "faults": _faults,
    "clock": _clock,
}
