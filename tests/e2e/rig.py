"""A whole kiosk of real processes in one folder, each of which a test can kill and start again."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiosk.core import api
from kiosk.core.consent import VERSION as CONSENT
from kiosk.core.terminals import GetTerminals
from kiosk.demo.client import answers, ask, tell
from kiosk.demo.folder import DEVICE, DemoFolder, free_port, mosquitto

PEOPLE = (
    ("198501012010011001", "Ahmad Fauzi Nasution, S.Pd."),
    ("199002142015032002", "Dewi Lestari Wulandari, S.Si."),
    ("3201014507950002", "Ayu Puspitasari"),
)
BIN = Path(sys.executable).parent
POLICY = """\
version = "test-1"
duplicate_window_s = {duplicate_s}

[[session]]
name = "pagi"
kind = "in"
opens = 00:00:00
due = 07:15:00
closes = 23:59:59
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""


@functools.cache
def centre_key() -> tuple[bytes, str]:
    """A centre's key file and what a kiosk is told of it, made once: every rig's centre has this key."""
    with tempfile.TemporaryDirectory() as name:
        command = (str(BIN / "hadir-centre"), "--config", f"{name}/centre.toml")
        subprocess.run((*command, "init", name), check=True, capture_output=True, timeout=60)
        done = subprocess.run((*command, "key"), check=True, capture_output=True, text=True, timeout=60)
        return Path(name, "centre.key").read_bytes(), done.stdout.strip()


def until(what: Callable[[], Any], timeout_s: float = 60.0, every_s: float = 0.05) -> Any:
    """The first true value of `what`; fails after `timeout_s` with its last value."""
    end = time.monotonic() + timeout_s
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < end, f"still {value!r} after {timeout_s:g} s"
        time.sleep(every_s)


class Zk:
    """An emulated terminal of a rig, a process of its own; it keeps its log over a restart."""

    def __init__(self, rig: Rig, name: str, port: int) -> None:
        self.rig, self.name, self.port = rig, name, port
        self.serial = f"SERIAL-{name}"
        self.control = rig.root / f"{name}.sock"

    def start(self, *options: str, wait: bool = True) -> None:
        """Switch it on; `options` as `python -m drivers.emulated.zk` takes them."""
        self.rig.spawn(
            self.name, sys.executable, "-m", "drivers.emulated.zk", "--port", str(self.port),
            "--serial", self.serial, "--control", str(self.control),
            "--state", str(self.rig.root / f"{self.name}.state"), *options,
        )  # fmt: skip
        if wait:
            until(lambda: answers(self.control))

    def tell(self, **order: Any) -> Any:
        """One order to it, once it listens."""
        until(lambda: answers(self.control))
        done = tell(self.control, order, 40.0)
        assert done["ok"], done
        return done

    def wait(self, status: str = "ready") -> None:
        """Until the kiosk says it is `status`."""
        until(lambda: self.state()["status"] == status)

    def state(self) -> Any:
        """What the kiosk knows of it."""
        listed = self.rig.ask(GetTerminals())["terminals"]
        return next(one for one in listed if one["name"] == self.name)


class Rig:
    """Broker, centre, emulated reader and kioskd."""

    def __init__(
        self,
        root: Path,
        *,
        duplicate_s: int = 0,
        auto_approve: bool = True,
        disk_mb: int = 0,
        reserve_mb: int = 16,
        sync: str = "",
        terminals: Sequence[str] = (),
    ) -> None:
        """`terminals` are the further lines of each terminal's table."""
        self._mounted = root if disk_mb else None
        if disk_mb:
            root.mkdir()
            subprocess.run(
                ("mount", "-t", "tmpfs", "-o", f"size={disk_mb}m,mode=700", "none", str(root)), check=True
            )
        self.folder = DemoFolder.prepare(root)
        self.root = self.folder.root
        self._duplicate_s = duplicate_s
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.centre_toml = self.root / "centre" / "centre.toml"
        key_file, key = centre_key()
        self.centre_toml.with_name("centre.key").touch(0o600)
        self.centre_toml.with_name("centre.key").write_bytes(key_file)
        self.folder.write_centre()
        if auto_approve:
            settings = self.centre_toml.read_text(encoding="utf-8")
            self.centre_toml.write_text(f"auto_approve = true\n{settings}", encoding="utf-8")
        self.mosquitto_extra = ""
        self.number = 0
        self.config = self.folder.write_kiosk(key)
        settings = self.config.read_text(encoding="utf-8")
        self.config.write_text(settings.replace("[sync]\n", f"[sync]\n{sync}"), encoding="utf-8")
        self.terminals = [Zk(self, f"zk{n}", free_port()) for n in range(len(terminals))]
        for one, more in zip(self.terminals, terminals, strict=True):
            settings = self.folder.terminal_toml(one.name, one.port, one.control, f"sync_s = 1.0\n{more}\n")
            self.config.write_text(self.config.read_text(encoding="utf-8") + settings, encoding="utf-8")
        with self.config.open("a", encoding="utf-8") as file:
            file.write(f"\n[storage]\nreserve_mb = {reserve_mb}\n")
        (self.root / "policy.toml").write_text(POLICY.format(duplicate_s=duplicate_s), encoding="utf-8")

    # processes

    def start(self, *names: str) -> None:
        """Start parts by name and wait until each is ready."""
        for name in names:
            getattr(self, f"_start_{name}")()

    def kill(self, name: str) -> None:
        """kill -9."""
        self._end(name, signal.SIGKILL)

    def stop(self, name: str) -> int:
        """SIGTERM, and the exit status."""
        return self._end(name, signal.SIGTERM)

    def close(self) -> None:
        """End everything, newest first."""
        for name in reversed(tuple(self._running)):
            self._end(name, signal.SIGKILL)
        if self._mounted:
            subprocess.run(("umount", "--lazy", str(self._mounted)), check=True)

    def fill_disk(self) -> None:
        """Take every free byte of the rig's own small filesystem."""
        with (self.root / "ballast").open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
            while ballast.write(bytes(4096)) == 4096:
                pass

    def free_disk(self) -> None:
        """Give it back."""
        (self.root / "ballast").unlink()

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """A part that does nothing for a while."""
        self._running[name].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._running[name].send_signal(signal.SIGCONT)

    def running(self, name: str) -> subprocess.Popen[bytes]:
        """The process called `name`."""
        return self._running[name]

    def spawn(self, name: str, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a process under `name`, its output in the log of that name."""
        with (self.folder.root / "log" / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **environment}
            )
        self._running[name] = process
        return process

    def _end(self, name: str, number: int) -> int:
        process = self._running.pop(name)
        process.send_signal(number)
        return process.wait(80)

    def _start_broker(self) -> None:
        program = mosquitto()
        assert program, "mosquitto is not installed"
        conf = self.folder.write_mosquitto()
        with conf.open("a", encoding="utf-8") as file:
            file.write(self.mosquitto_extra)
        self.spawn("broker", program, "-c", str(conf))
        until(self._broker_listens)

    def _broker_listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.folder.port)) == 0

    def _start_centre(self) -> None:
        self.spawn("centre", str(BIN / "hadir-centre"), "--config", str(self.centre_toml), "run")

    def _start_reader(self) -> None:
        self.spawn(
            "reader", sys.executable, "-m", "drivers.emulated.r307", "--link", str(self.folder.reader_link),
            "--control", str(self.folder.emulator), "--state", str(self.root / "r307.state"), "--speed", "0",
        )  # fmt: skip
        until(lambda: answers(self.folder.emulator))

    def _start_kioskd(self) -> None:
        process = self.spawn("kioskd", str(BIN / "kioskd"), "--config", str(self.config))
        until(lambda: answers(self.folder.control) or process.poll() is not None, 90.0, every_s=0.005)
        assert process.poll() is None, self.log("kioskd")[-2000:]

    def _start_ui(self) -> None:
        self.spawn(
            "ui", str(BIN / "kiosk-ui"), "--socket", str(self.root / "ui.sock"), SDL_VIDEODRIVER="dummy"
        )

    # asking

    def log(self, name: str) -> str:
        """What a part has printed so far."""
        return (self.folder.root / "log" / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def ask(self, command: api.Command, timeout_s: float = 60.0) -> Any:
        """One command to kioskd."""
        return ask(self.folder.control, command, timeout_s)

    def status(self) -> Any:
        """`kioskctl status`."""
        return self.ask(api.GetStatus())

    def emulator(self, **order: Any) -> Any:
        """One order to the emulated reader."""
        return tell(self.folder.emulator, order, 40.0)

    def centre(self, *command: str) -> subprocess.CompletedProcess[str]:
        """One `hadir-centre` command that must succeed."""
        done = subprocess.run(
            (str(BIN / "hadir-centre"), "--config", str(self.centre_toml), *command),
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
        return done

    def ctl(self, *command: str, status: int = 0) -> Any:
        """One `kioskctl ... --json` command, its exit status checked; its document."""
        done = subprocess.run(
            (str(BIN / "kioskctl"), "--socket", str(self.folder.control), *command, "--json"),
            capture_output=True, text=True, check=False, timeout=60, cwd=self.root,
        )  # fmt: skip
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def approve(self) -> None:
        """Let the kiosk in at the centre, as soon as it has said hello."""
        until(lambda: any(d["device"] == DEVICE for d in self.centre_devices()))
        self.centre("approve", DEVICE)

    def centre_devices(self) -> list[Any]:
        """`hadir-centre devices --json`."""
        devices: list[Any] = json.loads(self.centre("devices", "--json").stdout)
        return devices

    # people and fingers

    def wait_reader(self) -> None:
        """Until the reader is ready."""
        until(lambda: any(d["status"] == "ready" for d in self.status()["devices"]))

    def enrol(self, number: str, name: str) -> None:
        """Add a person and enrol their right index finger."""
        row = api.PersonRow(1, number, name)
        assert self.ask(api.PutPeople(rows=(row,)))["errors"] == []
        ask(
            self.folder.control,
            api.EnrolFinger(number=number, consent=CONSENT),
            on_event=lambda event: self._place(event, number),
        )

    def _place(self, event: dict[str, Any], number: str) -> None:
        if event["step"] in ("place", "again"):
            self.emulator(op="finger", label=f"{number}/right-index")

    def tap(self, number: str) -> Any:
        """Put a finger on the reader, once the one before is seen to be gone, and wait for the card."""
        self.wait_lifted()
        return self.ask(api.Emulate(what="finger", subject=number))["card"]

    def enrol_fails(self, number: str, *, label: str, finger: str) -> Any:
        """The error of an enrolment in which the finger `label` is put on."""
        process = subprocess.Popen(
            (str(BIN / "kioskctl"), "--socket", str(self.folder.control), "enrol", "finger", number,
             "--finger", finger, "--consent", "--json"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        while process.poll() is None:
            self.emulator(op="finger", label=label, hold_ms=200, wait=True)
        out, err = process.communicate()
        assert process.returncode == 1, (out, err)
        return json.loads(out)["error"]

    def records(self, type_: str) -> list[Any]:
        """All records of one type in the current ledger."""
        page = self.ask(api.GetLedger(limit=5000))
        return [r for r in (json.loads(body) for _, body, _ in page["records"]) if r["type"] == type_]

    def central_punches(self) -> list[Any]:
        """`hadir-centre punches --json`, oldest first."""
        punches: list[Any] = json.loads(self.centre("punches", "--limit", "1000000", "--json").stdout)
        return sorted(punches, key=lambda p: (p["wall_ms"], p["seq"]))

    def central_ledgers(self) -> list[Any]:
        """The ledgers in `hadir-centre status --json`."""
        ledgers: list[Any] = json.loads(self.centre("status", "--json").stdout)["ledgers"]
        return ledgers

    def view(self) -> Any:
        """What the screen is told now."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.root / "ui.sock"))
            line.sendall(b'{"id":1,"do":{"cmd":"watch"}}\n')
            with line.makefile("rb") as views:
                return json.loads(views.readline())["event"]

    def view_part(self, part: str, field: str) -> Any:
        """One field of one part of the view as it is now; empty when the part is not there."""
        return (self.view().get(part) or {}).get(field, "")

    def watch_ticks(self, ticks: set[int]) -> threading.Thread:
        """Be the screen: note the seq of each punch it is told of, until kioskd is gone."""
        line = socket.socket(socket.AF_UNIX)
        line.connect(str(self.root / "ui.sock"))
        line.sendall(b'{"id":1,"do":{"cmd":"watch"}}\n')
        thread = threading.Thread(target=_read_ticks, args=(line, ticks))
        thread.start()
        return thread

    def touch(self, number: str) -> None:
        """Put a finger on the reader, once the one before is seen to be gone; no card is waited for."""
        self.wait_lifted()
        self.emulator(op="finger", label=f"{number}/right-index", hold_ms=200, wait=True)

    def wait_lifted(self) -> None:
        """Until the kiosk has seen that no finger is on the reader."""
        before = until(self._looks, every_s=0.001)
        until(lambda: self._looks() not in (0, before), every_s=0.005)

    def _looks(self) -> int:
        """How often the kiosk has looked for a finger since plugging in, if none is on the reader now."""
        status = self.emulator(op="status", touches=False)
        looks: int = status["commands"].get("0x01", 0)
        return 0 if status["finger"] else looks

    def punches(self, limit: int = 100_000) -> list[Any]:
        """All punches, oldest first."""
        punches: list[Any] = self.ask(api.GetPunches(limit=limit))["punches"]
        return punches[::-1]


def _read_ticks(line: socket.socket, ticks: set[int]) -> None:
    with line, line.makefile("rb") as views:
        try:
            for view in views:
                card = json.loads(view).get("event", {}).get("card")
                if card and card["kind"] == "taken":
                    ticks.add(card["seq"])
        except (ConnectionError, ValueError):  # the kill came in the middle of a line
            return


@contextmanager
def rig(root: Path, **options: Any) -> Iterator[Rig]:
    """A rig whose processes are gone at the end."""
    made = Rig(root, **options)
    try:
        yield made
    finally:
        made.close()
