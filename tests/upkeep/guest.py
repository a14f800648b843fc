"""What runs in the machine that is cut: the emulated reader, kioskd, fingers, and a voice on the serial line.

Each line is one word and its JSON: `stored` (every punch found at the start), `tick` (shown on the screen),
`touch` (fingers put on so far in this boot), `wrong` (the ledger does not verify).
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import count, cycle
from pathlib import Path

from kiosk.core import api
from kiosk.daemon.verify_file import verify_file
from kiosk.demo.client import answers, ask, tell

BIN = Path(sys.executable).parent
WAIT_S = 800
FS_MB, SECTOR = 192, 512
MARK, MAGIC = struct.Struct("<8sQ"), b"hadirtik"


def main() -> None:
    root, numbers = Path(sys.argv[1]), sys.argv[2:]
    Machine(root, numbers).run()


class Machine:
    """One boot of it."""

    def __init__(self, root: Path, numbers: list[str]) -> None:
        self.root, self.numbers = root, numbers
        self.log = Path("/tmp/kioskd.log").open("wb")  # noqa: SIM115

    def run(self) -> None:
        report = verify_file(self.root / "kiosk.db")
        if not report.ok:
            say("wrong", str(report.first_bad or report.problems))
        self.start("-m", "drivers.emulated.r307", "--link", f"{self.root}/r307", "--control",
                   f"{self.root}/r307.sock", "--state", "/tmp/r307.state", "--speed", "0")  # fmt: skip
        wait(lambda: answers(self.root / "r307.sock"))
        self.start(str(BIN / "kioskd"), "--config", f"{self.root}/kiosk.toml")
        wait(lambda: answers(self.root / "control.sock"))
        wait(self.reader_ready)
        say(
            "stored",
            [
                punch["seq"]
                for punch in ask(self.root / "control.sock", api.GetPunches(limit=100_000))["punches"]
            ],
        )
        threading.Thread(target=self.watch, args=(Marks(),), daemon=True).start()
        for touched, number in zip(count(1), cycle(self.numbers), strict=False):
            say("touch", touched)
            tell(
                self.root / "r307.sock",
                {"op": "finger", "label": f"{number}/right-index", "hold_ms": 60, "wait": True},
                10,
            )

    def start(self, *arguments: str) -> None:
        subprocess.Popen((sys.executable, *arguments), stdout=self.log, stderr=self.log, cwd="/")

    def reader_ready(self) -> bool:
        status = ask(self.root / "control.sock", api.GetStatus())
        return all(device["status"] == "ready" for device in status["devices"])

    def watch(self, marks: Marks) -> None:
        """Be the screen."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.root / "ui.sock"))
            line.sendall(b'{"id":1,"do":{"cmd":"watch"}}\n')
            with line.makefile("rb") as views:
                last = 0
                for view in views:
                    card = json.loads(view).get("event", {}).get("card")
                    if card and card["kind"] == "taken" and card["seq"] != last:
                        last = card["seq"]
                        marks.put(last)
                        say("tick", last)


class Marks:
    """Each tick once more, on the disk behind the file system: it has its place among the disk's writes."""

    def __init__(self) -> None:
        self._disk = os.open("/dev/vda", os.O_WRONLY | os.O_DIRECT)
        self._sector = mmap.mmap(-1, SECTOR)
        self._next = FS_MB << 20

    def put(self, seq: int) -> None:
        self._sector[: MARK.size] = MARK.pack(MAGIC, seq)
        os.pwrite(self._disk, self._sector, self._next)
        self._next += SECTOR


def say(word: str, value: object) -> None:
    """One line on the serial port, in one write."""
    os.write(1, f"{word} {json.dumps(value)}\n".encode())


def wait(what: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError, KeyError):
            if what():
                return
        time.sleep(0.02)
    say("wrong", Path("/tmp/kioskd.log").read_text(encoding="utf-8")[-1500:])


if __name__ == "__main__":
    main()
