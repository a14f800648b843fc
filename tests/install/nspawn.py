"""A Debian of its own with systemd as its first process, in a container."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

CACHE = Path(os.environ.get("HADIR_TEST_ROOTS", "/var/tmp/hadir-test-roots"))
FRESH = "systemd,systemd-sysv,dbus,udev,python3,sudo"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OLDEST_S = 7 * 86_400


def until(what: Callable[[], Any], words: str, timeout_s: float = 60.0, every_s: float = 0.3) -> Any:
    """The first true value of `what`."""
    end = time.monotonic() + timeout_s
    while not (value := what()):
        assert time.monotonic() < end, f"{words}: not within {timeout_s:g} s"
        time.sleep(every_s)
    return value


def fresh_debian(suite: str, *options: str) -> Path:
    """A root with what a freshly installed Debian or Raspberry Pi OS has; made once, kept for a week."""
    name = "-".join([suite, *(option.strip("-").replace("=", "-") for option in options)])
    root = CACHE / name
    made = CACHE / f"{name}.made"
    if not made.exists() or time.time() - made.stat().st_mtime > OLDEST_S:
        made.unlink(missing_ok=True)
        shutil.rmtree(root, ignore_errors=True)
        root.parent.mkdir(parents=True, exist_ok=True)
        command = ["debootstrap", "--variant=minbase", f"--include={FRESH}", *options, suite, str(root)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        made.touch()
    return root


class Machine:
    """One booted container. Commands run in it as root, in `/srv`."""

    def __init__(self, root: Path, stick: Path) -> None:
        self.root, self._stick = root, stick
        self._nspawn: subprocess.Popen[bytes] | None = None

    def boot(self, *options: str) -> None:
        """Start systemd and wait until it has started everything; `options` are further ones of nspawn's."""
        self._nspawn = subprocess.Popen(
            ("systemd-nspawn", "--boot", "--quiet", "--register=no", "--keep-unit", "--private-network",
             f"--directory={self.root}", f"--machine=hadir-{os.getpid()}", "--hostname=kiosk",
             f"--bind-ro={self._stick}:/stick", "--console=read-only", *options),
            stdin=subprocess.DEVNULL, stdout=(self.root.parent / "console.log").open("ab"),
            stderr=subprocess.STDOUT, env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        )  # fmt: skip
        self.wait_booted()

    def wait_booted(self) -> None:
        """Until systemd is done with starting; a unit of Debian's own may have failed in a container."""
        until(lambda: self._leader() is not None, "the container has a first process")
        states = ("running", "degraded")
        until(lambda: self.run("systemctl is-system-running", check=False).strip() in states, "booted")

    def run(self, command: str, *, check: bool = True, timeout_s: float = 600.0) -> str:
        """The output of a shell command in the container."""
        leader = self._leader()
        if leader is None:
            return ""
        done = subprocess.run(
            ("nsenter", "-t", str(leader), "-m", "-u", "-i", "-n", "-p", "-C", "env", "-i", f"PATH={PATH}",
             "HOME=/root", "LANG=C.UTF-8", "sh", "-c", f"cd /srv && {command}"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False, timeout=timeout_s,
        )  # fmt: skip
        if check and done.returncode:
            journal = self.run("journalctl -n 40 --no-pager", check=False)
            pytest.fail(f"{command}: exit {done.returncode}\n{done.stdout}\n{journal}")
        return done.stdout

    def fails(self, command: str) -> str:
        """The output of a command that must not succeed."""
        marked = self.run(f"({command}); echo exit=$?", check=False)
        assert not marked.rstrip().endswith("exit=0"), marked
        return marked

    def json(self, command: str) -> Any:
        """The document a command prints."""
        return json.loads(self.run(command))

    def write(self, path: str, text: str) -> None:
        """A file in the container."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def property(self, unit: str, name: str) -> str:
        """One of systemd's properties of a unit."""
        return self.run(f"systemctl show -p {name} --value {unit}").strip()

    def reboot(self) -> None:
        """`systemctl reboot`, and wait until it is up again."""
        before = self._leader()
        self.run("systemctl reboot", check=False)
        until(lambda: self._ended() or self._leader() not in (None, before), "gone down", 120)
        if self._ended():  # where the host's /run is a disk, nspawn does not start it again by itself
            self.boot()
        else:
            self.wait_booted()

    def off(self) -> None:
        """Pull the plug."""
        if self._nspawn is None or self._ended():
            return
        for child in psutil.Process(self._nspawn.pid).children(recursive=True):
            try:
                child.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        self._nspawn.kill()
        self._nspawn.wait()

    def _ended(self) -> bool:
        assert self._nspawn is not None
        return self._nspawn.poll() is not None

    def _leader(self) -> int | None:
        assert self._nspawn is not None
        assert not self._ended(), (self.root.parent / "console.log").read_text("utf-8", "replace")[-3000:]
        for child in psutil.Process(self._nspawn.pid).children():
            if "systemd" in child.name() or child.name() == "init":
                return child.pid
        return None


@contextmanager
def machine(suite: str, folder: Path, stick: Path) -> Iterator[Machine]:
    """A booted machine with a fresh Debian; pulled and deleted at the end."""
    if os.geteuid() != 0:
        pytest.skip("containers need root")
    root = folder / "root"
    subprocess.run(("cp", "-a", "--reflink=auto", str(fresh_debian(suite)), str(root)), check=True)
    (root / "etc/hostname").write_text("kiosk\n", encoding="ascii")
    (root / "etc/hosts").write_text("127.0.0.1 localhost kiosk\n", encoding="ascii")
    made = Machine(root, stick)
    try:
        made.boot()
        yield made
    finally:
        made.off()
        shutil.rmtree(root, ignore_errors=True)
