"""`kioskctl status` from the shell's point of view: against the bare interpreter, and against the limit."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.figure import MS_PER_S, Figure
from bench.pair import paired
from kiosk.core import api
from kiosk.core.view import ClockView, LinkView
from kiosk.daemon.control import ControlServer

ROUNDS = 31
LIMIT_MS = 150.0
KIOSKCTL = str(Path(sys.executable).with_name("kioskctl"))
STATUS = api.Status(
    software="bench",
    device_id="kiosk-1",
    tenant="bench",
    site="Bench",
    state_dir="/nowhere",
    local_time="2026-01-01 07:00:00 WIB",
    centre_key="c" * 64,
    uptime_s=1,
    ready=True,
    simulated=(),
    ledger=api.LedgerStatus("0" * 32, 1, "0" * 64, 1),
    link=LinkView("online", 0),
    clock=ClockView("ntp", 0),
    devices=(),
    people=0,
    fingers=0,
    punches_today=0,
    policy="none",
    refused={},
)


class _Handler:
    def handle(self, command: api.Command, authority: str, emit: Callable[[object], None]) -> object:
        return STATUS


def run() -> Iterator[Figure]:
    """The median of whole processes, from fork to exit, a daemon answering at once."""
    with tempfile.TemporaryDirectory(prefix="hadir-bench-") as name:
        socket = Path(name) / "control.sock"
        server = ControlServer(
            _Handler(), admin_path=socket, ui_path=Path(name) / "ui.sock", on_refused=lambda *_: None
        )
        server.start()
        try:
            pair = paired(
                lambda: _run(KIOSKCTL, "--socket", str(socket), "status"),
                lambda: _run(sys.executable, "-c", "pass"),
                rounds=ROUNDS,
            )
        finally:
            server.stop(1.0)
    yield Figure.of_pair("ctl", "kioskctl status", pair, "python -c pass")
    yield Figure("ctl", "kioskctl status", pair.ours_s * MS_PER_S, "ms", LIMIT_MS, "limit")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"})
