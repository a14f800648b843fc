"""What the programs tell systemd: ready when they are, and signs of life."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.core.facing import LOADING_S
from kiosk.face.pulse import Pulse
from tests.install.units import SYSTEMD, seconds, service
from ui import app

BIN = Path(sys.executable).parent
WAIT_S = 30.0


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """Where sd_notify(3) messages arrive."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "notify"))
        made.settimeout(WAIT_S)
        yield made


@contextmanager
def started(
    systemd: socket.socket, *command: object, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    env = {**os.environ, "NOTIFY_SOCKET": systemd.getsockname(), **environment}
    with subprocess.Popen([str(word) for word in command], stderr=subprocess.PIPE, env=env) as process:
        try:
            yield process
        finally:
            process.kill()


def heard(systemd: socket.socket, wanted: str) -> list[str]:
    """The lines up to and with `wanted`."""
    lines: list[str] = []
    while wanted not in lines:
        lines += systemd.recv(4096).decode().splitlines()
    return lines


def test_the_screen_is_ready_with_its_first_picture(systemd: socket.socket, tmp_path: Path) -> None:
    with started(systemd, BIN / "kiosk-ui", "--socket", tmp_path / "ui.sock", SDL_VIDEODRIVER="dummy"):
        assert heard(systemd, "STATUS=drawing")[0] == "READY=1"


def test_the_centre_is_ready_when_it_can_commit(systemd: socket.socket, tmp_path: Path) -> None:
    centre = (BIN / "hadir-centre", "--config", tmp_path / "centre.toml")
    subprocess.run((centre[0], "init", tmp_path), check=True, capture_output=True)
    with started(systemd, *centre, "run"):
        assert heard(systemd, "WATCHDOG=1")[0] == "READY=1"


def test_waiting_for_a_display_is_no_fault(systemd: socket.socket, tmp_path: Path) -> None:
    room = {"SDL_VIDEODRIVER": "", "HADIR_DISPLAY_ROOT": str(tmp_path), "HADIR_DISPLAY_WAIT_S": "0.02"}
    with started(systemd, SYSTEMD / "kiosk-ui-display", "true", **room):
        assert {"READY=1", "STATUS=waiting for a display"} <= set(heard(systemd, "WATCHDOG=1"))


def test_the_screens_watchdog_allows_for_a_missed_beat() -> None:
    assert seconds(service("kiosk-ui")["WatchdogSec"][0]) > 2 * app.BEAT_S


def test_kiosk_face_asks_for_time_while_it_reads_its_models(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit_s = seconds(service("kiosk-face")["WatchdogSec"][0])
    monkeypatch.setenv("NOTIFY_SOCKET", systemd.getsockname())
    monkeypatch.setenv("WATCHDOG_USEC", f"{unit_s:.0f}000000")
    with Pulse().loading():
        assert heard(systemd, f"WATCHDOG_USEC={LOADING_S:.0f}000000")
    assert heard(systemd, f"WATCHDOG_USEC={unit_s:.0f}000000")
