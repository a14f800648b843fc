"""`kioskctl tail` against a real kioskd that is used, restarted and cut off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ctl.conftest import Ran
from tests.e2e.rig import Rig, rig, until

Ctl = Callable[..., Ran]
KIOSKCTL = Path(sys.executable).with_name("kioskctl")
BUDI, NAME = "198501012010011001", "Budi Santoso"


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("tail")) as made:
        made.start("reader", "kioskd")
        made.wait_reader()
        made.enrol(BUDI, NAME)
        made.tap(BUDI)
        yield made


def test_it_begins_with_what_has_just_been(kiosk: Rig, ctl: Ctl) -> None:
    done = ctl("--socket", kiosk.folder.control, "tail", "--lines", 500, "--no-follow")
    assert done.code == 0
    assert f"{NAME} (r307): " in done.out
    for kind in ("genesis", "start", "person", "enrolment", "device", "link"):
        assert f" {kind} " in done.out
    assert max(map(len, done.out.splitlines())) < 150


def test_punches_devices_and_a_restart_come_as_they_happen(kiosk: Rig) -> None:
    seen: list[dict[str, Any]] = []
    command = (KIOSKCTL, "--socket", kiosk.folder.control, "tail", "--json", "--lines", "0")
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ)) as process:
        assert process.stdout is not None
        lines = process.stdout
        follow = threading.Thread(target=lambda: seen.extend(map(json.loads, lines)))
        follow.start()
        try:
            until(lambda: any(event["kind"] == "link" for event in seen))
            kiosk.tap(BUDI)
            until(lambda: any(event["kind"] == "punch" and NAME in str(event["words"]) for event in seen))
            kiosk.emulator(op="unplug")
            until(lambda: any(event["kind"] == "device" and "fault" in str(event["words"]) for event in seen))
            kiosk.stop("kioskd")
            until(lambda: any(event["kind"] == "kioskd" for event in seen))
            kiosk.start("kioskd")
            kiosk.emulator(op="replug")
            until(lambda: any("answers: hadir" in str(event["words"]) for event in seen))
            until(lambda: any(event["kind"] == "start" for event in seen))
        finally:
            process.kill()
            follow.join(10)
    numbers = [event["seq"] for event in seen if event["seq"]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))  # each record once, none left out


def test_without_kioskd_it_is_exit_three(ctl: Ctl, tmp_path: Path) -> None:
    assert ctl("--socket", tmp_path / "none.sock", "tail").code == 3
