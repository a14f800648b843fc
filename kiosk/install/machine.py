"""The running system: systemd's side of an installation, and whether the kiosk is well."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from kiosk.install.errors import InstallError
from kiosk.install.layout import Layout
from kiosk.install.staging import BROUGHT

SETTLE_S = 5.0
WELL_S = 60.0
ALWAYS = ("kiosk-clock.socket", "kioskd.service", "kiosk-ui.service")
WHEN_THERE = ("kiosk-face.service", "hadir-backup.timer")
STARTED = ("kiosk-clock.service", "kiosk-face.service", "kiosk-ui.service", "hadir-centre.service")
KIOSKD = "kioskd.service"
PAUSE_S = 0.5


def run(*command: str, check: bool = True, timeout_s: float = 400.0) -> str:
    """The output of `command`. Raises `InstallError` when it fails and `check` is set."""
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=timeout_s,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"{' '.join(command)}: {error}", "systemctl status") from error
    if check and done.returncode:
        raise InstallError(f"{' '.join(command)}: {done.stdout.strip()}", "journalctl -u kioskd -n 50")
    return done.stdout


def systemd_version() -> int:
    """The version of systemd; 0 where there is none."""
    try:
        found = re.search(r"systemd (\d+)", run("systemctl", "--version", check=False))
    except InstallError:
        return 0
    return int(found[1]) if found else 0


def make_users(layout: Layout) -> None:
    """Users, groups, folders: what sysusers.d and tmpfiles.d say."""
    root = [f"--root={layout.root}"] if layout.root != Path("/") else []
    run("systemd-sysusers", *root, "hadir.conf")
    run("systemd-tmpfiles", *root, "--create", "hadir.conf")


def reload_system() -> None:
    """Tell systemd, udev and journald of new files."""
    run("systemctl", "daemon-reload")
    run("systemctl", "try-restart", "systemd-journald", check=False)
    for command in (("control", "--reload"), ("trigger", "--subsystem-match=tty")):
        run("udevadm", *command, check=False)


def enable(layout: Layout, version: Path) -> None:
    """What starts at boot; a kiosk, not a centre. Works in an image that is not running, too."""
    root = [f"--root={layout.root}"] if layout.root != Path("/") else []
    units = version / BROUGHT / "systemd"
    run("systemctl", *root, "enable", *ALWAYS, *(name for name in WHEN_THERE if (units / name).exists()))


def restart() -> None:
    """Start the new version everywhere; kioskd has said it is ready when this returns.

    Raises `InstallError`.
    """
    run("systemctl", "reset-failed", "kioskd.service", check=False)
    run("systemctl", "start", "kiosk-clock.socket")
    run("systemctl", "restart", "kioskd.service")
    for unit in STARTED:
        run("systemctl", "try-restart", unit, check=False)
    _start_others()


def start() -> None:
    """Start what is not running. Raises `InstallError`."""
    run("systemctl", "start", "kiosk-clock.socket", "kioskd.service")
    _start_others()


def running() -> tuple[str, ...]:
    """Which of the units beside kioskd run."""
    return tuple(unit for unit in STARTED if _state(unit) == "active")


def check_well(layout: Layout, others: Sequence[str] = ()) -> str:
    """The kiosk takes punches, answers, and goes on doing so, and `others` run; its software.

    Raises `InstallError`.
    """
    end = time.monotonic() + WELL_S
    software = _answer(layout)
    while software is None:
        if time.monotonic() > end:
            raise InstallError("kioskd does not say that it is ready", "journalctl -u kioskd -n 50")
        time.sleep(PAUSE_S)
        software = _answer(layout)
    for unit in others:
        while _state(unit) != "active":
            if time.monotonic() > end:
                raise InstallError(f"{unit} does not start", f"journalctl -u {unit} -n 50")
            time.sleep(PAUSE_S)
    restarts = {unit: _restarts(unit) for unit in (KIOSKD, *others)}
    settled = time.monotonic() + SETTLE_S
    while time.monotonic() < settled:
        time.sleep(PAUSE_S)
        fallen = [unit for unit, count in restarts.items() if _restarts(unit) != count]
        if fallen or _answer(layout) is None:
            unit = (fallen or [KIOSKD])[0]
            raise InstallError(f"{unit} started, but does not stay up", f"journalctl -u {unit} -n 50")
    return software


def stop_and_disable() -> None:
    """Everything of ours ends and stays ended."""
    units = [*ALWAYS, *WHEN_THERE, *STARTED]
    run("systemctl", "disable", "--now", *dict.fromkeys(units), check=False)
    run("systemctl", "daemon-reload", check=False)


def _start_others() -> None:
    for unit in ("kiosk-face.service", "kiosk-ui.service", "hadir-backup.timer"):
        if run("systemctl", "is-enabled", unit, check=False).strip() == "enabled":
            run("systemctl", "start", "--no-block", unit, check=False)


def _answer(layout: Layout) -> str | None:
    said = run(str(layout.current / "bin/kioskctl"), "status", "--json", check=False, timeout_s=30.0)
    try:
        status = json.loads(said)
    except ValueError:
        return None
    return str(status["software"]) if isinstance(status, dict) and status.get("ready") else None


def _restarts(unit: str) -> str:
    return run("systemctl", "show", "-p", "NRestarts", "--value", unit, check=False).strip()


def _state(unit: str) -> str:
    return run("systemctl", "show", "-p", "ActiveState", "--value", unit, check=False).strip()
