"""What a technician and the staff do at a kiosk in a container: an emulated reader, a person, a finger."""

from __future__ import annotations

from typing import Any

from tests.install.nspawn import Machine, until

NUMBER, NAME = "198501012010011001", "Siti Aminah"
EMULATOR = """\
[Unit]
StartLimitIntervalSec=0
[Service]
User=hadir
RuntimeDirectory=hadir-emulated
RuntimeDirectoryPreserve=yes
StateDirectory=hadir-emulated
ExecStart=/opt/hadir/current/bin/python -m drivers.emulated.r307 --link /run/hadir-emulated/r307 \\
  --control /run/hadir-emulated/r307.sock --state /var/lib/hadir-emulated/r307.state --speed 0
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
"""
SITE = """\
policy = \'\'\'
version = "test-1"
duplicate_window_s = 0

[[session]]
name = "pagi"
kind = "in"
opens = 00:00:00
due = 07:15:00
closes = 23:59:59
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
\'\'\'

[device]
tenant = "kab-contoh"
id = "sdn1-lobby"

[site]
id = "sdn-contoh-1"
name = "SD Negeri 1 Contoh"
zone = "WIB"

[[reader]]
name = "finger"
port = "/run/hadir-emulated/r307"
simulated = true
emulator_control = "/run/hadir-emulated/r307.sock"
"""
ENROL = """\
import sys
from pathlib import Path
from kiosk.core.api import EnrolFinger, PersonRow, PutPeople
from kiosk.core.consent import VERSION
from kiosk.demo.client import ask, tell
control, emulator = Path("/run/hadir/control.sock"), Path("/run/hadir-emulated/r307.sock")
number, name = sys.argv[1:]
def place(event):
    if event["step"] in ("place", "again"):
        tell(emulator, {"op": "finger", "label": f"{number}/right-index"})
assert ask(control, PutPeople(rows=(PersonRow(1, number, name),)))["errors"] == []
ask(control, EnrolFinger(number=number, consent=VERSION), on_event=place)
"""


def prepare(kiosk: Machine) -> None:
    """Before the installation: the settings the technician brought, and the machine's emulated reader."""
    kiosk.write("/srv/site.toml", SITE)
    kiosk.write("/srv/enrol.py", ENROL)
    kiosk.write("/etc/systemd/system/r307-emulator.service", EMULATOR)
    kiosk.run("systemctl daemon-reload; systemctl enable --now r307-emulator", check=False)  # once installed
    # A pseudo terminal stands for the serial port, a dummy for the screen.
    kiosk.write("/etc/systemd/system/kioskd.service.d/test.conf", "[Service]\nDeviceAllow=char-pts rw\n")
    kiosk.write(
        "/etc/systemd/system/kiosk-ui.service.d/test.conf", "[Service]\nEnvironment=SDL_VIDEODRIVER=dummy\n"
    )


def status(kiosk: Machine) -> Any:
    """`kioskctl status --json`."""
    return kiosk.json("kioskctl status --json")


def wait_reader(kiosk: Machine) -> None:
    """Until kioskd answers and its reader is ready."""

    def ready() -> bool:
        said = kiosk.run("kioskctl status --json", check=False)
        return '"status":"ready"' in said.replace(" ", "")

    until(ready, "the reader is ready")


def wait_active(kiosk: Machine, unit: str) -> None:
    """Until `unit` has started."""
    until(lambda: kiosk.property(unit, "ActiveState") == "active", f"{unit} runs")


def enrol(kiosk: Machine) -> None:
    """One person with one finger, through the real enrolment."""
    wait_reader(kiosk)
    kiosk.run(f"/opt/hadir/current/bin/python enrol.py {NUMBER} '{NAME}'")


def punch(kiosk: Machine) -> int:
    """A finger on the reader; the sequence number of the punch."""
    wait_reader(kiosk)
    card = kiosk.json(f"kioskctl emulate finger {NUMBER} --json")["card"]
    assert (card["kind"], card["name"]) == ("taken", NAME), card
    return int(card["seq"])


def punches(kiosk: Machine) -> list[int]:
    """All punches by their sequence numbers, oldest first."""
    return sorted(p["seq"] for p in kiosk.json("kioskctl punches --json -n 1000")["punches"])


def kill(kiosk: Machine, unit: str) -> None:
    """`kill -9`, and wait until systemd has brought it back."""
    before = kiosk.property(unit, "MainPID")
    assert before != "0", unit
    # Its exit code says nothing: what dies while systemctl goes through the processes is an error to it.
    kiosk.run(f"systemctl kill -s KILL {unit}", check=False)
    wait_another(kiosk, unit, before)


def wait_another(kiosk: Machine, unit: str, before: str) -> None:
    """Until `unit` runs as another process than `before`."""

    def back() -> bool:
        return kiosk.property(unit, "MainPID") not in ("0", before) and (
            kiosk.property(unit, "ActiveState") == "active"
        )

    until(back, f"{unit} is back")
