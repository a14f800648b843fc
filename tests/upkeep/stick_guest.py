"""What runs in the machine with the stick: mounted and let go by the unit's own script, one export between.

Each line on the serial port is one word and its JSON: `tick` (how far it is), `stored`, `wrong`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from kiosk.daemon import sticks
from kiosk.daemon.courier_child import Task
from kiosk.daemon.courier_run import CourierRun
from sync.courier.stick import StickError
from tests.upkeep.guest import say, wait

HOUSE = Path(__file__).resolve().parents[2]
HERE, STICK = Path("/tmp/state"), Path("/tmp/stick")
FLAGS = {"noexec", "nosuid", "nodev"}


def main() -> None:
    task = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Task)
    shutil.copytree(task.state_dir, HERE)  # a database cannot be opened where nothing can be written
    helper = subprocess.Popen((HOUSE / "systemd/hadir-stick", "/dev/vda", str(STICK), "root"))
    wait(lambda: sticks.is_there(STICK))
    (mount,) = [line.split() for line in Path("/proc/mounts").read_text().splitlines() if str(STICK) in line]
    if mount[2] != "vfat" or not set(mount[3].split(",")) >= FLAGS:
        say("wrong", mount)
    try:
        done = CourierRun().do(
            msgspec.structs.replace(task, state_dir=str(HERE), path=str(STICK)),
            lambda progress: say("tick", progress.records + progress.photos),
        )
    except StickError as error:
        say("wrong", f"{error.code}: {error}")
        return
    assert done.exported
    if not sticks.let_go(STICK) or helper.wait(20) or STICK.exists() or os.path.ismount(STICK):
        say("wrong", "the stick was not let go of")
    say("stored", done.exported.manifest.records)


if __name__ == "__main__":
    main()
