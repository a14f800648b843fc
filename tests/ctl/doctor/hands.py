"""A kiosk to plant faults in, and a technician's hands: they type what doctor says, and nothing else.

The machine around the kiosk is a folder with /sys, /proc and /etc as a healthy Pi has them. `systemctl` and
the like are small programs that write down what they were asked; the hands then start and stop the real
processes of the kiosk accordingly.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiosk.ctl.main import run
from kiosk.demo.client import answers
from tests.ctl.doctor.paper import Authority
from tests.e2e.rig import Rig, until

BIN = Path(sys.executable).parent
PORT = 8883
# The port must be the usual one, so each kiosk has a loopback address of its own: suites run side by side.
ADDRESSES = (f"127.{n}.{os.getpid() >> 8 & 0xFF}.{os.getpid() & 0xFF or 1}" for n in itertools.count(7))
USER, PASSWORD = "kiosk", "rahasia-sekali"
SHIM = """\
#!/bin/sh
echo "$(basename "$0") $*" >>"{log}"
case "$(basename "$0") $*" in
"systemctl is-enabled kiosk-ui") cat "{answers}/ui" ;;
"timedatectl show"*) cat "{answers}/ntp" ;;
esac
test -n "$HANDS" || exit 0
asked=$(wc -l <"{log}")
while test "$(cat "{answers}/done")" -lt "$asked"; do sleep 0.02; done
"""
FAST = ("power", "disk", "files", "kioskd", "clock", "devices", "screen", "network")  # all but the ledger
SHIMS = ("systemctl", "timedatectl", "ufw", "journalctl", "nmtui", "hwclock")
INPUT = 'N: Name="FT5406 touch screen"\nB: PROP=2\n\nN: Name="keys"\nB: PROP=0\n'
HEALTHY = {
    "sys/class/hwmon/hwmon1/name": "rpi_volt",
    "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0",
    "sys/class/thermal/thermal_zone0/temp": "51000",
    "sys/class/drm/card0-HDMI-A-1/status": "connected",
    "sys/fs/ext4/mmcblk0p2/errors_count": "0",
    "sys/class/rtc/rtc0/since_epoch": "",
    "proc/bus/input/devices": INPUT,
    "proc/asound/cards": " 0 [Headphones]: bcm2835_headpho - bcm2835 Headphones",
    "proc/self/mounts": "/dev/mmcblk0p2 / ext4 rw 0 0",
    "etc/machine-id": "0123456789abcdef0123456789abcdef",
}


class Kiosk(Rig):
    """A rig whose broker wants TLS and a password, with a screen, on a disk of its own."""

    def __init__(self, root: Path, paper: Path) -> None:
        super().__init__(root, disk_mb=120, reserve_mb=2)
        self.paper = paper
        self.address = next(ADDRESSES)
        self.before_kioskd: tuple[str, ...] = ()
        self.authority = Authority("Dinas CA")
        self.authority.certify(paper, self.address)
        (paper / "ca.pem").write_bytes(self.authority.pem())
        subprocess.run(("mosquitto_passwd", "-c", "-b", paper / "users", USER, PASSWORD), check=True)
        self.mosquitto_extra = (
            f"password_file {paper / 'users'}\nlistener {PORT} {self.address}\n"
            f"certfile {paper / 'server.pem'}\nkeyfile {paper / 'server.key'}\n"
        )
        self.secret = root / "mqtt.password"
        self.secret.write_text(PASSWORD, encoding="utf-8")
        self.secret.chmod(0o600)
        shutil.copy(paper / "ca.pem", root / "ca.pem")
        for key, value in (
            ("sync.host", self.address), ("sync.port", PORT), ("sync.ca_file", "ca.pem"),
            ("sync.username", USER), ("sync.password_file", self.secret), ("sync.retry_max_s", 1),
            ("control.admin_socket", self.folder.control), ("control.ui_socket", root / "ui.sock"),
        ):  # fmt: skip
            assert run(["config", "set", str(self.config), key, str(value)]) == 0
        self.healthy = self.config.read_text(encoding="utf-8")

    def on(self, *names: str) -> None:
        """Start the parts that do not run."""
        for name in names:
            if name not in self._running or self._running[name].poll() is not None:
                self.start(name)

    def off(self, name: str) -> None:
        """Stop a part, if it runs."""
        if name in self._running:
            self.kill(name) if name in ("broker", "ui") else self.stop(name)

    def again(self, name: str) -> None:
        """Stop and start; a kioskd that refuses its files may stay away."""
        self.off(name)
        if name != "kioskd":
            self.start(name)
            return
        command = (*self.before_kioskd, str(BIN / "kioskd"), "--config", str(self.config))
        process = self.spawn("kioskd", *command)
        until(lambda: answers(self.folder.control) or process.poll() is not None, 60)

    @property
    def online(self) -> bool:
        """Whether the centre accepts what is sent."""
        return bool(
            self.status()["link"]["status"] == "online" and self.status()["clock"]["source"] == "centre"
        )


class Hands:
    """What a technician has: doctor, a shell, and two hands for plugs and switches."""

    def __init__(self, kiosk: Kiosk, workshop: Path, say: Callable[..., Any]) -> None:
        self.kiosk = kiosk
        self.machine = workshop / "machine"
        self.desk = workshop / "desk"
        self._log, self._answers = workshop / "log", workshop / "answers"
        self._shims = workshop / "bin"
        self._say = say
        self._done = 0
        self.plugs: dict[str, Callable[[], None]] = {}
        self.desk.mkdir()
        self._answers.mkdir()
        self._shims.mkdir()
        for name in SHIMS:
            self._shims.joinpath(name).write_text(
                SHIM.format(log=self._log, answers=self._answers), encoding="utf-8"
            )
            self._shims.joinpath(name).chmod(0o755)
        self.answer("ui", "enabled")
        self.answer("ntp", "yes")
        for name, text in HEALTHY.items():
            self.plant(name, text)
        self.plant("sys/class/rtc/rtc0/since_epoch", str(int(time.time())))
        (self.machine / "proc/locks").symlink_to("/proc/locks")

    def use(self, say: Callable[..., Any]) -> None:
        """Give commands through `say` from now on."""
        self._say = say

    @property
    def environment(self) -> dict[str, str]:
        """The shell's."""
        path = f"{self._shims}:{BIN}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "HADIR_SOCKET": str(self.kiosk.folder.control)}

    def plant(self, name: str, text: str) -> None:
        """Write a file of the machine."""
        path = self.machine / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def answer(self, name: str, text: str) -> None:
        """What a shim says from now on."""
        (self._answers / name).write_text(text, encoding="utf-8")

    def doctor(self, *arguments: str) -> list[dict[str, Any]]:
        """Its findings."""
        done = self._say(
            "doctor", *arguments, "--config", str(self.kiosk.config), "--root", str(self.machine), "--json"
        )
        report = json.loads(done.out)
        assert "findings" in report, report
        faults = [one for one in report["findings"] if one["level"] == "fault"]
        assert done.code == (0 if not faults else done.code or 99)
        findings: list[dict[str, Any]] = report["findings"]
        return findings

    def faults(self, *parts: str) -> list[tuple[str, str]]:
        """Part and words of every fault in these parts, or in all."""
        return [(one["part"], one["words"]) for one in self.doctor(*parts) if one["level"] == "fault"]

    def finding(self, part: str, level: str = "fault") -> dict[str, Any]:
        """The finding about `part`, which must be of that level."""
        findings = self.doctor(*FAST)
        found = [one for one in findings if one["part"] == part and one["level"] == level]
        assert found, [one for one in findings if one["level"] != "ok"]
        return found[0]

    def finding_in(self, part_of_kiosk: str, part: str, level: str) -> dict[str, Any]:
        """The same, looked for in one part of the kiosk only."""
        findings = self.doctor(part_of_kiosk)
        found = [one for one in findings if one["part"] == part and one["level"] == level]
        assert found, findings
        return found[0]

    def follow(self, finding: dict[str, Any], typed: str = "") -> None:
        """Type the command of `finding`, answer with `typed`, and let systemd do its part."""
        assert finding["command"], finding
        self._log.write_text("", encoding="utf-8")
        self.answer("done", "0")
        self._done = 0
        with subprocess.Popen(
            ("sh", "-c", finding["command"]), cwd=self.desk, env={**self.environment, "HANDS": "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as shell:  # fmt: skip
            assert shell.stdin is not None
            shell.stdin.write(typed)
            shell.stdin.close()
            until(lambda: self._serve(shell), 60, 0.02)
            assert shell.stdout is not None
            assert shell.returncode == 0, (finding["command"], shell.stdout.read())

    def _serve(self, shell: subprocess.Popen[str]) -> bool:
        """Do what the shims were asked since; whether the shell has ended."""
        ended = shell.poll() is not None
        asked = self._log.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(asked[self._done :], self._done + 1):
            self._obey(line)
            self.answer("done", str(number))
        self._done = len(asked)
        return ended

    def well(self, timeout_s: float = 30.0) -> None:
        """Wait until doctor finds no fault."""
        until(lambda: not self.faults(*FAST) or None, timeout_s, 0.3)

    def _obey(self, line: str) -> None:
        if line in self.plugs:
            self.plugs[line]()
            return
        program, _, rest = line.partition(" ")
        verb, _, unit = rest.partition(" ")
        part = {"mosquitto": "broker", "kiosk-ui": "ui"}.get(unit, unit)
        if program == "systemctl" and verb in ("start", "restart"):
            self.kiosk.again(part)
        elif program == "systemctl" and verb == "stop":
            self.kiosk.off(part)


@contextmanager
def workshop(say: Callable[..., Any]) -> Iterator[Hands]:
    """A healthy kiosk and somebody to look after it."""
    with tempfile.TemporaryDirectory(prefix="hadir-doctor-") as name:
        root = Path(name)
        (root / "paper").mkdir()
        kiosk = Kiosk(root / "kiosk", root / "paper")
        try:
            hands = Hands(kiosk, root, say)
            kiosk.start("broker", "centre", "reader", "kioskd", "ui")
            kiosk.wait_reader()
            until(lambda: kiosk.online)
            hands.well()
            yield hands
        finally:
            kiosk.close()
