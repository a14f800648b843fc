"""What the emulated camera does when its control socket is asked to.

| op | fields | does |
|---|---|---|
| `play` | `clip` a folder, `seconds` (the clip's length) | somebody stands there, forth and back |
| `act` | `clip` | once, now, before whatever else is on |
| `leave` | | whoever stands there goes away |
| `idle` | `clip` | what is seen while nobody is there |
| `unplug`, `replug` | | the cable |
| `hang`, `wake` | | the stream stands still, and goes on |
| `status` | | `plugged`, `hanging`, `port`, `shown` frames, `clients`, `visitor_s` left, `acting` |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.emulated.control import Fields, Operations

if TYPE_CHECKING:
    from drivers.emulated.camera import EmulatedCamera


def operations(camera: EmulatedCamera) -> Operations:
    """The table above, for one camera."""
    return {op: partial(operation, camera) for op, operation in _OPERATIONS.items()}


def _play(camera: EmulatedCamera, asked: Fields) -> Fields:
    seconds = asked.get("seconds")
    return {"seconds": camera.play(Path(asked["clip"]), None if seconds is None else float(seconds))}


def _act(camera: EmulatedCamera, asked: Fields) -> Fields:
    camera.act(Path(asked["clip"]))
    return {}


def _leave(camera: EmulatedCamera, _asked: Fields) -> Fields:
    camera.leave()
    return {}


def _idle(camera: EmulatedCamera, asked: Fields) -> Fields:
    camera.idle(Path(asked["clip"]))
    return {}


def _plugged(*, plugged: bool) -> Callable[[EmulatedCamera, Fields], Fields]:
    def operation(camera: EmulatedCamera, _asked: Fields) -> Fields:
        camera.plugged = plugged
        return {}

    return operation


def _hanging(*, hanging: bool) -> Callable[[EmulatedCamera, Fields], Fields]:
    def operation(camera: EmulatedCamera, _asked: Fields) -> Fields:
        camera.hanging = hanging
        return {}

    return operation


_OPERATIONS: Mapping[str, Callable[[EmulatedCamera, Fields], Fields]] = {
    "play": _play,
    "act": _act,
    "leave": _leave,
    "idle": _idle,
    "unplug": _plugged(plugged=False),
    "replug": _plugged(plugged=True),
    "hang": _hanging(hanging=True),
    "wake": _hanging(hanging=False),
    "status": lambda camera, _asked: camera.status(),
}
