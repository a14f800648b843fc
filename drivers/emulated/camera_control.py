"""The control socket of the emulated camera: one JSON object a line, one answer a line.

| op | fields | does |
|---|---|---|
| `play` | `clip` a folder, `seconds` (the clip's length) | somebody stands there, forth and back |
| `act` | `clip` | once, now, before whatever else is on |
| `leave` | | whoever stands there goes away |
| `idle` | `clip` | what is seen while nobody is there |
| `unplug`, `replug` | | the cable |
| `hang`, `wake` | | the stream stands still, and goes on |
| `status` | | `plugged`, `hanging`, `port`, `shown` frames, `clients`, `visitor_s` left, `acting` |

An answer is `{"ok": true, ...}` or `{"ok": false, "error": "..."}`.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drivers.emulated.camera import EmulatedCamera

Fields = Mapping[str, Any]


class ControlSocket:
    """Serves `path` until closed."""

    def __init__(self, camera: EmulatedCamera, path: Path) -> None:
        self._camera = camera
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX)
        fresh = path.with_name(f".{path.name}")
        fresh.unlink(missing_ok=True)
        self._socket.bind(str(fresh))
        fresh.chmod(0o600)
        self._socket.listen()
        fresh.replace(path)  # whoever sees it can connect
        threading.Thread(target=self._accept, name="camera control", daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rwb") as lines:
            for line in lines:
                lines.write(json.dumps(answer(self._camera, line)).encode() + b"\n")
                lines.flush()


def answer(camera: EmulatedCamera, line: bytes) -> dict[str, Any]:
    """Do what one line says."""
    try:
        asked = json.loads(line)
        return {"ok": True, **_OPERATIONS[asked["op"]](camera, asked)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


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
