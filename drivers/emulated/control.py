"""The control socket of an emulated device: one JSON object a line, one answer a line.

A line's `op` names the operation, its other fields say how. An answer is `{"ok": true, ...}` or
`{"ok": false, "error": "..."}`. Which operations there are is the device's own affair.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

Fields = Mapping[str, Any]
Operations = Mapping[str, Callable[[Fields], Fields]]
"""By the name of the `op`: takes the line's fields, returns the answer's."""
REFUSALS = (OSError, ValueError, KeyError, TypeError, OverflowError)
"""What an operation raises when it cannot be done as asked."""


class ControlSocket:
    """Serves `path` until closed, each connection in a thread of its own."""

    def __init__(self, path: Path, operations: Operations) -> None:
        self._path, self._operations = path, operations
        self._socket = socket.socket(socket.AF_UNIX)
        fresh = path.with_name(f".{path.name}")
        fresh.unlink(missing_ok=True)
        self._socket.bind(str(fresh))
        fresh.chmod(0o600)
        self._socket.listen()
        fresh.replace(path)  # whoever sees it can connect
        threading.Thread(target=self._accept, name="device control", daemon=True).start()

    def close(self) -> None:
        """Stop serving and remove the socket."""
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
                lines.write(json.dumps(answer(self._operations, line)).encode() + b"\n")
                lines.flush()


def answer(operations: Operations, line: bytes) -> dict[str, Any]:
    """Do what one line says."""
    try:
        asked = json.loads(line)
        return {"ok": True, **operations[asked["op"]](asked)}
    except REFUSALS as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}
