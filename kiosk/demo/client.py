"""A small client of the control socket for what the demo itself must ask."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from kiosk.address import address_of
from kiosk.core import api


class DemoError(RuntimeError):
    """The kiosk refused something the demo needs."""


def ask(
    path: Path,
    command: api.Command,
    timeout_s: float = 60.0,
    on_event: Callable[[dict[str, Any]], None] = lambda event: None,
) -> Any:
    """The result of one command; events on the way go to `on_event`. Raises `DemoError` and `OSError`."""
    with _connection(path, timeout_s) as line:
        line.write(msgspec.json.encode({"id": 1, "do": command}) + b"\n")
        line.flush()
        while True:
            reply = json.loads(line.readline())
            if "error" in reply:
                raise DemoError(f"{reply['error']['message']}; {reply['error']['hint']}")
            if "result" in reply:
                return reply["result"]
            on_event(reply["event"])


def tell(path: Path, order: dict[str, Any], timeout_s: float = 10.0) -> Any:
    """One order to an emulator's own control socket."""
    with _connection(path, timeout_s) as line:
        line.write(json.dumps(order).encode() + b"\n")
        line.flush()
        return json.loads(line.readline())


def answers(path: Path) -> bool:
    """Whether somebody listens on a Unix socket."""
    try:
        with _connection(path, 1.0):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def _connection(path: Path, timeout_s: float) -> Iterator[Any]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as raw:
        raw.settimeout(timeout_s)
        with address_of(path) as address:
            raw.connect(address)
        with raw.makefile("rwb") as line:
            yield line
