"""Single checks on a machine of files, without any kiosk that runs."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk.core.config import KioskConfig
from kiosk.ctl.doctor.machine import Machine
from kiosk.ctl.doctor.seen import Seen
from kiosk.ctl.doctor.storage import disk, speed
from tests.ctl.conftest import Ran

Ctl = Callable[..., Ran]
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(ctl: Ctl, tmp_path: Path) -> Ask:
    """The finding about one part, from a machine and a configuration of files."""

    def call(group: str, part: str, config: str = "") -> dict[str, Any]:
        (tmp_path / "kiosk.toml").write_text(f'state_dir = "{tmp_path}"\n{config}', encoding="utf-8")
        done = ctl(
            "doctor", group, "--config", tmp_path / "kiosk.toml", "--root", tmp_path, "--json", "--socket",
            tmp_path / "none.sock",
        )  # fmt: skip
        found = [one for one in done.document["findings"] if one["part"] == part]
        assert len(found) == 1, done.document["findings"]
        finding: dict[str, Any] = found[0]
        return finding

    return call


def plant(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("flags", "level", "words"),
    [
        ("0x0", "ok", "holds its voltage"),
        ("0x50005", "fault", "less than 4.63 V"),
        ("0x50000", "warning", "since the last boot"),
    ],
)
def test_the_firmwares_word_on_the_supply(
    ask: Ask, tmp_path: Path, flags: str, level: str, words: str
) -> None:
    plant(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", flags + "\n")
    finding = ask("power", "power")
    assert finding["level"] == level
    assert words in finding["words"]


@pytest.mark.parametrize(("milli", "level"), [("51000", "ok"), ("74000", "warning"), ("83000", "fault")])
def test_the_temperature(ask: Ask, tmp_path: Path, milli: str, level: str) -> None:
    plant(tmp_path, "sys/class/thermal/thermal_zone0/temp", milli)
    assert ask("power", "temperature")["level"] == level


def test_a_filesystem_that_counts_errors(ask: Ask, tmp_path: Path) -> None:
    plant(tmp_path, "sys/fs/ext4/mmcblk0p2/errors_count", "3")
    finding = ask("disk", "card")
    assert finding["level"] == "fault"
    assert "mmcblk0p2 (3 errors)" in finding["words"]


@pytest.mark.parametrize(("life", "level"), [("0x02 0x01", "ok"), ("0x0a 0x0b", "warning")])
def test_a_card_that_tells_its_age(ask: Ask, tmp_path: Path, life: str, level: str) -> None:
    plant(tmp_path, "sys/block/mmcblk0/device/life_time", life)
    assert ask("disk", "card")["level"] == level


def test_the_newest_backup(ask: Ask, tmp_path: Path) -> None:
    assert ask("disk", "backup")["level"] == "warning"  # nothing is delivered and nothing is copied
    plant(tmp_path, "proc/self/mounts", "/dev/sda1 /mnt/hadir-backup ext4 rw 0 0")
    copy = "mnt/hadir-backup/hadir-kiosk-1/20260302T013000/backup.json"
    plant(tmp_path, copy, "{}")
    assert ask("disk", "backup")["level"] == "ok"
    old = time.time() - 9 * 86_400
    os.utime(tmp_path / copy, (old, old))
    finding = ask("disk", "backup")
    assert finding["words"] == "the newest copy is 9 days old"
    assert finding["command"] == "systemctl start hadir-backup"


@pytest.mark.parametrize(
    ("told", "level"),
    [("0", "warning"), (str(int(time.time())), "ok"), (str(int(time.time()) - 9_000), "warning")],
    ids=["never set", "right", "behind"],  # without a time in them, which every worker would see differently
)
def test_the_rtc(ask: Ask, tmp_path: Path, told: str, level: str) -> None:
    plant(tmp_path, "sys/class/rtc/rtc0/since_epoch", told)
    assert ask("clock", "rtc")["level"] == level


def test_a_reader_on_another_port(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "dev/hadir").mkdir(parents=True)
    (tmp_path / "dev/hadir/r307").symlink_to("/dev/null")
    finding = ask("devices", "reader finger", '[[reader]]\nname = "finger"\nport = "/dev/ttyUSB7"\n')
    assert "there is no /dev/ttyUSB7, but there is /dev/hadir/r307" in finding["words"]
    assert f"config set {tmp_path}/kiosk.toml 'reader[1].port' /dev/hadir/r307" in finding["command"]


@contextmanager
def listening(said: bytes = b"") -> Iterator[int]:
    """A port on which somebody says `said` to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                while True:
                    with server.accept()[0] as line:
                        line.sendall(said)
            except OSError:
                return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_a_terminal_that_cannot_be_reached(ask: Ask) -> None:
    config = '[[terminal]]\nname = "gate"\nhost = "127.0.0.1"\nport = {}\n'
    finding = ask("devices", "terminal gate", config.format(closed_port()))
    assert finding["level"] == "fault"
    assert "refused" in finding["words"]
    with listening() as port:
        assert ask("devices", "terminal gate", config.format(port))["level"] == "unknown"


def test_a_gps_receiver(ask: Ask) -> None:
    config = '[site]\nlatitude = -8.1\nlongitude = 113.7\n[gps]\nhost = "127.0.0.1"\nport = {}\n'
    assert ask("devices", "gps", config.format(closed_port()))["command"] == "systemctl restart gpsd"
    with listening(b'{"class":"VERSION","release":"3.22"}\r\n') as port:
        assert ask("devices", "gps", config.format(port))["level"] == "ok"
    with listening(b"SSH-2.0-OpenSSH_9.2\r\n") as port:
        assert "is no gpsd" in ask("devices", "gps", config.format(port))["words"]


def test_a_network_cable_that_is_out(ask: Ask, tmp_path: Path) -> None:
    plant(tmp_path, "sys/class/net/eth0/operstate", "down\n")
    config = f'[sync]\nhost = "broker.invalid"\ncentre_key = "{"ab" * 32}"\n'
    assert "no network: eth0 not connected" in ask("network", "network", config)["words"]
    plant(tmp_path, "sys/class/net/eth0/operstate", "up\n")
    finding = ask("network", "dns", config)
    assert finding["level"] == "fault"
    assert finding["words"].startswith("broker.invalid: no name server")


def test_nothing_that_carries_the_records_away(ask: Ask) -> None:
    assert "nothing carries the records away" in ask("network", "network")["words"]
    by_stick = ask("network", "network", f'[sync]\ncentre_key = "{"ab" * 32}"\n')
    assert (by_stick["level"], "courier" in by_stick["words"]) == ("ok", True)


def test_a_database_that_was_set_aside(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "damaged-1772409600000").mkdir()
    (tmp_path / "kiosk.db").write_bytes(b"no database")
    assert "damaged-1772409600000" in ask("ledger", "damage")["command"]
    assert "its first page is gone" in ask("ledger", "ledger")["words"]


def test_others_may_look_neither_into_the_state_nor_into_the_database(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "kiosk.db").touch(0o644)
    tmp_path.chmod(0o700)
    finding = ask("files", "permissions")
    assert (finding["level"], finding["words"]) == ("fault", "others may read kiosk.db: these are secrets")
    subprocess.run(finding["command"], shell=True, check=True)
    assert ask("files", "permissions")["level"] == "ok"
    tmp_path.chmod(0o755)
    finding = ask("files", "permissions")
    assert (finding["level"], "may look into" in finding["words"]) == ("fault", True)
    subprocess.run(finding["command"], shell=True, check=True)
    assert ask("files", "permissions")["level"] == "ok"


def test_a_full_disk_is_said_as_it_is(tmp_path: Path) -> None:
    """Punches go on into the reserve; a speed that cannot be measured for lack of room needs no sudo."""
    mount = ("mount", "-t", "tmpfs", "-o", "size=256k", "none", str(tmp_path))
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can be mounted by root only")
    seen = Seen(Machine(tmp_path), tmp_path / "kiosk.toml", KioskConfig(state_dir=str(tmp_path)))
    try:
        (tmp_path / "reserve").touch()
        assert "punches still go in" in next(disk(seen)).words
        (tmp_path / "reserve").unlink()
        assert "the reserve is used up" in next(disk(seen)).words
        with contextlib.suppress(OSError), (tmp_path / "ballast").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        finding = next(speed(seen))
        assert (finding.level, finding.advice) == ("unknown", "")
        assert "No space left" in finding.words
    finally:
        subprocess.run(("umount", "--lazy", str(tmp_path)), check=True)


def test_whoever_may_not_look_is_told_so() -> None:
    """Without a right to others' files: no fault is made up, and sudo is named."""
    folder = Path(tempfile.mkdtemp(prefix="hadir-denied-"))
    try:
        folder.chmod(0o755)
        (folder / "kiosk.toml").write_text('state_dir = "/root"\n', encoding="utf-8")
        (folder / "kiosk.toml").chmod(0o600)
        with socket.socket(socket.AF_UNIX) as closed:
            closed.bind(str(folder / "control.sock"))
            (folder / "control.sock").chmod(0o600)
            for path in folder.iterdir():
                os.chown(path, 65534, 65534)
            # Still root, so that the interpreter may lie anywhere, but with no more rights than another user.
            command = (
                "setpriv", "--bounding-set", "-dac_override,-dac_read_search",
                Path(sys.executable).with_name("kioskctl"), "doctor", "--json", "--root", "/nonexistent",
                "--config", folder / "kiosk.toml", "--socket", folder / "control.sock",
            )  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        shutil.rmtree(folder)
    assert done.returncode == 3, done.stdout + done.stderr
    findings = {one["part"]: one for one in json.loads(done.stdout)["findings"]}
    assert {one["level"] for one in findings.values()} <= {"ok", "unknown", "warning"}
    assert findings["config"]["advice"] == findings["kioskd"]["advice"] == "put sudo before it"


@pytest.mark.parametrize(
    ("planted", "level", "words"),
    [
        ("dev/video0", "unknown", "only a running kioskd can say"),
        ("dev/video4", "fault", "there is no /dev/video0, but there is /dev/video4"),
        ("dev/null", "fault", "no camera at all"),
    ],
)
def test_a_camera_without_kioskd(ask: Ask, tmp_path: Path, planted: str, level: str, words: str) -> None:
    plant(tmp_path, planted, "")
    finding = ask("devices", "camera camera", '[camera]\ndriver = "opencv"\n[face]\nenabled = true\n')
    assert finding["level"] == level
    assert words in finding["words"]
