"""Faults that need a kiosk of their own, or none that runs."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.ctl.main import run
from tests.ctl.conftest import Ran
from tests.ctl.doctor.hands import Hands, Kiosk
from tests.e2e.rig import until

UNTOLD = (
    "strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null",
    "-e", "inject=adjtimex,clock_adjtime:error=EPERM",
)  # fmt: skip


@pytest.fixture
def alone(tmp_path: Path, ctl: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> Iterator[Hands]:
    """A kiosk that delivers nowhere; nothing of it runs yet."""
    (tmp_path / "paper").mkdir()
    kiosk = Kiosk(tmp_path / "kiosk", tmp_path / "paper")
    try:
        hands = Hands(kiosk, tmp_path, ctl)
        assert run(["config", "set", str(kiosk.config), "sync.host", ""]) == 0
        for name, value in hands.environment.items():
            monkeypatch.setenv(name, value)
        yield hands
    finally:
        kiosk.close()


@pytest.mark.slow
@pytest.mark.slow_ci
def test_a_slow_disk(alone: Hands, tmp_path: Path) -> None:
    """strace makes each fsync on the old disk take 1.2 s; the new one stands ready under /mnt."""
    new = tmp_path / "mnt"
    new.mkdir()
    alone.plant("proc/self/mounts", f"/dev/mmcblk0p2 / ext4 rw 0 0\n/dev/sda1 {new} ext4 rw 0 0\n")
    alone.kiosk.start("reader", "kioskd")
    finding = slowly(alone)
    assert "to keep one block: people wait for it at every punch" in finding["words"]
    alone.follow(finding)
    assert slowly(alone)["level"] == "ok"
    assert alone.kiosk.status()["state_dir"] == str(new / "kiosk")


def slowly(hands: Hands) -> dict[str, str]:
    """What doctor says of the disk's speed, on a machine whose old disk is slow."""
    command = (
        "strace", "-f", "-qq", "-o", "/dev/null", "-P", str(hands.kiosk.root / ".doctor-probe"),
        "-e", "inject=fsync:delay_exit=1200000",
        "kioskctl", "doctor", "disk", "--json", "--config", str(hands.kiosk.config),
        "--root", str(hands.machine),
    )  # fmt: skip
    done = subprocess.run(command, env=hands.environment, capture_output=True, text=True, check=False)
    found: list[dict[str, str]] = json.loads(done.stdout)["findings"]
    return next(one for one in found if one["part"] == "disk speed")


@pytest.mark.slow
@pytest.mark.slow_ci
def test_a_clock_that_nobody_sets(alone: Hands) -> None:
    """No NTP (where this machine has it, kioskd is kept from asking), no centre: nobody tells the time."""
    kiosk = alone.kiosk
    assert run(["config", "set", str(kiosk.config), "sync.host", kiosk.address]) == 0
    kiosk.before_kioskd = UNTOLD
    kiosk.start("centre", "reader")
    kiosk.again("kioskd")
    finding = alone.finding("clock")
    assert "NOT trustworthy" in finding["words"]
    assert "the centre gives the time when delivery works: mend that" in finding["advice"]
    alone.answer("ntp", "no")
    assert alone.finding("clock")["command"] == "timedatectl set-ntp true"
    alone.follow(alone.finding("broker"))
    until(lambda: not alone.faults("clock", "network"), 60, 0.3)
    assert "trusted (centre)" in alone.finding("clock", "ok")["words"]


def test_a_damaged_page(alone: Hands) -> None:
    kiosk = alone.kiosk
    kiosk.start("reader", "kioskd")
    kiosk.wait_reader()
    kiosk.enrol("L-0001", "Somebody")
    kiosk.stop("kioskd")
    assert alone.doctor("ledger")[0]["level"] == "ok"
    damage(kiosk.root / "kiosk.db")
    finding = next(one for one in alone.doctor("ledger") if one["level"] == "fault")
    assert "is damaged" in finding["words"]
    alone.follow(finding)
    assert [one for one in alone.doctor("ledger", "kioskd") if one["level"] == "fault"] == []


def damage(database: Path) -> None:
    """Overwrite the page that holds the last record."""
    raw = bytearray(database.read_bytes())
    at = raw.rfind(b'"type":"')
    page = at // 4096 * 4096
    raw[page : page + 4096] = os.urandom(4096)
    database.write_bytes(raw)


def test_an_old_schema(alone: Hands) -> None:
    """What the first version left behind."""
    script = (Path(__file__).parents[2] / "store" / "schemas" / "001.sql").read_text(encoding="utf-8")
    with sqlite3.connect(alone.kiosk.root / "kiosk.db") as old:
        old.executescript(script + ";PRAGMA user_version = 1")
    old.close()
    finding = alone.finding_in("ledger", "schema", "warning")
    assert "written by an older version (schema 1, now" in finding["words"]
    alone.follow(finding)
    assert [one["part"] for one in alone.doctor("ledger", "kioskd") if one["level"] == "fault"] == []
    assert all(one["part"] != "schema" for one in alone.doctor("ledger"))


def test_a_newer_schema(alone: Hands, tmp_path: Path) -> None:
    alone.kiosk.start("reader", "kioskd")
    alone.kiosk.stop("kioskd")
    with sqlite3.connect(alone.kiosk.root / "kiosk.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    alone.kiosk.again("kioskd")
    finding = alone.finding_in("ledger", "schema", "fault")
    assert "written by a newer version (schema 99" in finding["words"]
    assert finding["command"].startswith("kioskctl update ")


def test_kioskd_that_is_dead_is_exit_three(alone: Hands, ctl: Callable[..., Ran]) -> None:
    config = ("--config", alone.kiosk.config, "--root", alone.machine)
    alone.kiosk.start("reader")
    alone.plant("run/systemd/timesync/synchronized", "")
    done = ctl("doctor", *config, "--json")
    assert done.code == 3
    assert [one["part"] for one in done.document["findings"] if one["level"] == "fault"] == ["kioskd"]
    alone.follow(next(one for one in done.document["findings"] if one["part"] == "kioskd"))
    assert ctl("doctor", "kioskd", *config).code == 0


def test_a_device_that_is_dead_is_exit_four(alone: Hands, ctl: Callable[..., Ran]) -> None:
    alone.kiosk.start("reader", "kioskd")
    alone.kiosk.wait_reader()
    alone.kiosk.emulator(op="unplug")
    until(lambda: alone.kiosk.status()["devices"][0]["status"] == "fault")
    config = ("--config", alone.kiosk.config, "--root", alone.machine)
    assert ctl("doctor", "devices", *config).code == 4


def test_fix_mends_what_is_safe_and_nothing_else(alone: Hands, ctl: Callable[..., Ran]) -> None:
    alone.kiosk.start("reader", "kioskd")
    alone.kiosk.wait_reader()
    (alone.kiosk.root / "keys" / "sign.key").chmod(0o644)
    alone.kiosk.emulator(op="unplug")
    until(lambda: alone.kiosk.status()["devices"][0]["status"] == "fault")
    config = ("--config", alone.kiosk.config, "--root", alone.machine)
    done = ctl("doctor", "files", "devices", "--fix", "--json", *config)
    assert done.document["ran"] == [f"chmod go= {alone.kiosk.root}/keys/sign.key"]
    assert [one["part"] for one in done.document["findings"] if one["level"] == "fault"] == [
        "reader r307 (simulated)"
    ]


def test_without_any_file_it_says_how_to_begin(ctl: Callable[..., Ran], tmp_path: Path) -> None:
    done = ctl(
        "doctor", "--config", tmp_path / "kiosk.toml", "--root", tmp_path, "--socket", tmp_path / "none.sock",
        "--json",
    )  # fmt: skip
    assert done.code == 1
    config = next(one for one in done.document["findings"] if one["part"] == "config")
    assert config["command"] == "kioskctl provision SITE.toml"
    assert all("could not be examined" not in one["words"] for one in done.document["findings"])


def test_every_word_for_a_person_fits_the_screen(alone: Hands, ctl: Callable[..., Ran]) -> None:
    shutil.copy(alone.kiosk.config, alone.desk / "kiosk.toml")
    done = ctl("doctor", "--config", alone.desk / "kiosk.toml", "--root", alone.machine)
    lines = [line for line in done.out.splitlines() if not line.lstrip().startswith("$ ")]
    assert max(map(len, lines)) <= 100
    assert done.out.splitlines()[-1].endswith("could not be told")
