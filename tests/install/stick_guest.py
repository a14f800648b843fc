"""Runs in the machine that a stick is plugged into; says on its serial port what it sees.

Each line is one word and its JSON: `tick` (ready for the next thing), `stored` (what was seen), `wrong`.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

STICK = Path("/run/hadir/stick")
OWNER = "import os, pwd; print(pwd.getpwuid(os.stat('/run/hadir/stick').st_uid).pw_name)"
PATIENCE_S = 300.0


def say(word: str, value: object) -> None:
    Path("/dev/ttyS0").write_text(f"\n{word} {json.dumps(value)}\n")


def run(command: str) -> str:
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def until(what: Callable[[], object], words: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not what():
        if time.monotonic() > end:
            journal = run("journalctl -n 60 --no-pager; udevadm info -e | grep -A20 usb | tail -60")
            say("wrong", [words, journal])
            raise SystemExit(1)
        time.sleep(0.2)


def units() -> list[str]:
    return run("systemctl list-units --plain --no-legend --state=active 'hadir-stick@*'").split()[:1]


def plugged_in() -> dict[str, object]:
    until(STICK.is_mount, "mounted")
    kind, options = run(f"findmnt -n -o FSTYPE,OPTIONS {STICK}").split()
    return {"unit": units(), "kind": kind, "options": options, "owner": run(f'python3 -c "{OWNER}"')}


def gone() -> str:
    until(lambda: not STICK.exists() and not units(), "let go")
    return run("systemctl list-units --plain --no-legend --state=failed 'hadir-stick@*'")


def disks() -> list[str]:
    return [line for line in run("lsblk -n -r -o NAME,FSTYPE").splitlines() if " ext4" in line]


def main() -> None:
    run("dmesg -n 1; systemd-sysusers; systemd-tmpfiles --create")  # the kernel's errors would cut our lines
    say("tick", run("udevadm verify --no-summary /usr/local/lib/udev/rules.d"))
    seen = plugged_in()
    seen["written"] = run(f"su -s /bin/sh hadir -c 'echo proof > {STICK}/hadir/proof.txt'")
    seen["run"] = run(f"su -s /bin/sh hadir -c 'cp /bin/true {STICK}/prog; {STICK}/prog; rm {STICK}/prog'")
    run(f"su -s /bin/sh hadir -c 'touch {STICK}.release'")
    seen["left"] = gone()
    say("stored", seen)
    say("stored", plugged_in())
    say("stored", gone())
    until(disks, "another stick")
    run("udevadm settle; sleep 2")
    say("stored", {"mounted": STICK.exists(), "unit": units()})


main()
