"""What runs in the machine with the stick: one export to the vfat at /mnt, and a voice on the serial line."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import msgspec

from kiosk.daemon.courier_child import Task
from kiosk.daemon.courier_run import CourierRun
from sync.courier.stick import StickError
from tests.upkeep.guest import say

HERE = Path("/tmp/state")


def main() -> None:
    task = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Task)
    shutil.copytree(task.state_dir, HERE)  # a database cannot be opened where nothing can be written
    task = msgspec.structs.replace(task, state_dir=str(HERE), path="/mnt")
    say("touch", 0)
    try:
        done = CourierRun().do(task, lambda progress: say("tick", progress.records + progress.photos))
    except StickError as error:
        say("wrong", f"{error.code}: {error}")
        return
    assert done.exported
    for number in range(3):  # the log's last entries may be cut short: let others be the last
        Path(f"/mnt/after{number}").write_bytes(b"x")
        os.sync()
    say("stored", done.exported.manifest.records)


if __name__ == "__main__":
    main()
