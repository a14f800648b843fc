"""Which display the screen is drawn on."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.install.units import SYSTEMD

FINDER = str(SYSTEMD / "kiosk-ui-display")
SAY = ("sh", "-c", 'echo "$SDL_VIDEODRIVER $DISPLAY $WAYLAND_DISPLAY"')


def chosen(root: Path, **environment: str) -> str:
    env = {"PATH": os.environ["PATH"], "HADIR_DISPLAY_ROOT": str(root), **environment}
    done = subprocess.run((FINDER, *SAY), capture_output=True, text=True, check=True, env=env, timeout=20)
    return done.stdout.strip()


def x_server(root: Path) -> None:
    (root / "tmp/.X11-unix").mkdir(parents=True)
    (root / "tmp/.X11-unix/X1").touch()


def wayland(root: Path) -> None:
    folder = root / "run/user/1000"
    folder.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as here:
        os.chdir(folder)
        here.bind("wayland-0")


def monitor(root: Path, state: str) -> None:
    folder = root / "sys/class/drm/card1-HDMI-A-1"
    folder.mkdir(parents=True)
    (folder / "status").write_text(state + "\n")


@pytest.fixture(autouse=True)
def _stay_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_desktops_x_server_comes_first(tmp_path: Path) -> None:
    x_server(tmp_path)
    monitor(tmp_path, "connected")
    assert chosen(tmp_path) == "x11 :1"


def test_a_wayland_session_that_may_be_opened(tmp_path: Path) -> None:
    wayland(tmp_path)
    assert chosen(tmp_path) == "wayland  wayland-0"


@pytest.mark.parametrize("state", ["connected", "unknown"])
def test_the_bare_screen_of_a_pi_without_a_desktop(tmp_path: Path, state: str) -> None:
    monitor(tmp_path, state)
    assert chosen(tmp_path) == "kmsdrm"


def test_a_technicians_own_choice_is_kept(tmp_path: Path) -> None:
    assert chosen(tmp_path, SDL_VIDEODRIVER="dummy") == "dummy"


def test_without_a_display_it_waits_and_says_so_once(tmp_path: Path) -> None:
    monitor(tmp_path, "disconnected")
    env = {"PATH": os.environ["PATH"], "HADIR_DISPLAY_ROOT": str(tmp_path), "HADIR_DISPLAY_WAIT_S": "0.02"}
    waiting = subprocess.Popen(
        (FINDER, *SAY), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    )
    assert waiting.stderr is not None
    assert "waiting" in waiting.stderr.readline()
    began = time.monotonic()
    (tmp_path / "sys/class/drm/card1-HDMI-A-1/status").write_text("connected\n")
    out, err = waiting.communicate(timeout=20)
    assert (out.strip(), err) == ("kmsdrm", "")
    assert time.monotonic() - began < 20
