"""`kioskd demo`: everything comes up, the screen comes back, Ctrl-C leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from kiosk.core import api
from kiosk.core.faces import GetFaceStatus
from kiosk.demo.client import ask
from kiosk.demo.people import PEOPLE
from tests.e2e.rig import BIN, until


@contextmanager
def demo(root: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "DISPLAY": ":none", "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
    process = subprocess.Popen(
        (str(BIN / "kioskd"), "demo", "--dir", str(root), *options),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        assert "Ctrl-C" in said, said
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(90)


def test_a_finger_in_the_demo_is_accepted_by_the_centre_and_the_demo_stops_clean(tmp_path: Path) -> None:
    root, number = tmp_path / "demo", PEOPLE[0].number
    with demo(root, "--headless") as process:
        card = ask(root / "control.sock", api.Emulate(what="finger", subject=number))["card"]
        assert (card["kind"], card["name"]) == ("taken", PEOPLE[0].name)
        until(lambda: ask(root / "control.sock", api.GetPunches())["punches"][0]["delivery"] == "accepted")
        until(lambda: ask(root / "control.sock", GetFaceStatus())["templates"] >= 3, 90)
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 4
    assert process.returncode == 0
    assert psutil.wait_procs(family, timeout=5)[1] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo"]
    assert "control.sock" not in [path.name for path in root.iterdir()]


def test_a_killed_demo_leaves_nothing_running(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", "--headless", "--camera", "none") as process:
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        assert psutil.wait_procs(family, timeout=20)[1] == []


@pytest.mark.parametrize("victim", ["kiosk-ui", "mosquitto"])
def test_what_is_killed_comes_back_within_three_seconds_and_punches_go_on(
    tmp_path: Path, victim: str
) -> None:
    root = tmp_path / "demo"
    with demo(root, "--camera", "none") as process:
        killed = until(lambda: find(process.pid, victim))
        killed.kill()
        begin = time.monotonic()
        assert ask(root / "control.sock", api.Emulate(what="finger", subject=PEOPLE[1].number))["card"]["seq"]
        until(lambda: (now := find(process.pid, victim)) and now.pid != killed.pid, timeout_s=3)
        assert time.monotonic() - begin < 8
        until(lambda: ask(root / "control.sock", api.GetPunches())["punches"][0]["delivery"] == "accepted")


def find(pid: int, name: str) -> psutil.Process | None:
    for child in psutil.Process(pid).children(recursive=True):
        if child.status() != psutil.STATUS_ZOMBIE and name in " ".join(child.cmdline()):
            return child
    return None
