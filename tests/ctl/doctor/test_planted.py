"""Faults planted one at a time: doctor names each, and what it says to do, done literally, mends it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from kiosk.ctl.main import run
from tests.ctl.doctor.hands import BIN, PASSWORD, PORT, Hands
from tests.ctl.doctor.paper import Authority
from tests.e2e.rig import until


def configure(hands: Hands, key: str, value: object) -> None:
    assert run(["config", "set", str(hands.kiosk.config), key, str(value)]) == 0
    hands.kiosk.again("kioskd")


def test_a_healthy_kiosk_has_no_fault(hands: Hands) -> None:
    findings = hands.doctor()
    parts = [finding["part"] for finding in findings]
    for part in (
        "power", "temperature", "disk", "disk speed", "card", "config", "policy", "permissions", "ledger",
        "kioskd", "versions", "units", "clock", "rtc", "zone", "reader r307 (simulated)", "display", "touch",
        "audio", "dns", "broker", "authority", "tls", "centre", "backlog",
    ):  # fmt: skip
        assert part in parts, findings


def test_a_key_that_others_may_read(hands: Hands) -> None:
    (hands.kiosk.root / "keys" / "sign.key").chmod(0o644)
    finding = hands.finding("permissions")
    assert "others may read sign.key" in finding["words"]
    assert finding["safe"]
    hands.follow(finding)
    hands.well()


def test_a_file_that_belongs_to_somebody_else(hands: Hands) -> None:
    subprocess.run(("chown", "12345", str(hands.kiosk.root / "keys" / "vault.key")), check=True)
    finding = hands.finding("permissions")
    assert "vault.key" in finding["words"]
    hands.follow(finding)
    hands.well()


def test_the_wrong_port(hands: Hands) -> None:
    configure(hands, "sync.port", 8884)
    finding = hands.finding("broker")
    assert (
        f"nothing listens on {hands.kiosk.address}:8884, but something does on port 8883" in finding["words"]
    )
    hands.follow(finding)
    hands.well()


def test_a_full_disk(hands: Hands) -> None:
    hands.kiosk.fill_disk()
    finding = hands.finding("disk")
    assert "is full" in finding["words"]
    assert "ballast" in finding["advice"]
    hands.follow(finding)
    hands.well()


def test_an_expired_certificate(hands: Hands) -> None:
    kiosk = hands.kiosk
    kiosk.authority.certify(kiosk.paper, kiosk.address, (-30, -2))
    kiosk.again("broker")
    finding = hands.finding("tls")
    assert "certificate ended on" in finding["words"]
    assert "have a new one signed, put it on the broker" in finding["advice"]
    kiosk.authority.certify(kiosk.paper, kiosk.address)
    hands.follow(finding)
    hands.well()


def test_the_wrong_authority(hands: Hands) -> None:
    kiosk = hands.kiosk
    (kiosk.root / "ca.pem").write_bytes(Authority("Some other CA").pem())
    kiosk.again("kioskd")
    finding = hands.finding("tls")
    assert "signed by CN=Dinas CA" in finding["words"]
    assert "holds CN=Some other CA" in finding["words"]
    (hands.desk / "ca.pem").write_bytes((kiosk.paper / "ca.pem").read_bytes())
    hands.follow(finding)
    hands.well()


def test_an_authority_that_has_ended(hands: Hands) -> None:
    kiosk = hands.kiosk
    (kiosk.root / "ca.pem").write_bytes(kiosk.authority.pem(last_day=-1))
    finding = hands.finding("authority")
    assert "ended on" in finding["words"]
    (hands.desk / "ca.pem").write_bytes((kiosk.paper / "ca.pem").read_bytes())
    hands.follow(finding)
    hands.well()


@pytest.mark.slow
@pytest.mark.slow_ci
def test_a_closed_firewall(hands: Hands) -> None:
    """A listener whose queue is full stands for it: the kernel drops every further SYN."""
    hands.kiosk.off("broker")
    with socket.socket() as mute, socket.socket() as first, socket.socket() as second:
        mute.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        mute.bind((hands.kiosk.address, PORT))
        mute.listen(0)
        for queued in (first, second):
            queued.setblocking(False)
            with suppress(BlockingIOError):
                queued.connect((hands.kiosk.address, PORT))
        finding = hands.finding("broker")
    assert "does not answer at all" in finding["words"]
    assert "firewall" in finding["advice"]
    hands.plugs[f"ufw allow {PORT}/tcp"] = lambda: hands.kiosk.on("broker")
    hands.follow(finding)
    hands.well()


@pytest.mark.slow
@pytest.mark.slow_ci
def test_a_broker_that_is_not_there(hands: Hands) -> None:
    hands.kiosk.off("broker")
    finding = hands.finding("broker")
    assert finding["words"] == f"nothing listens on {hands.kiosk.address}:{PORT}"
    hands.follow(finding)
    hands.well()


def test_the_wrong_password(hands: Hands) -> None:
    hands.kiosk.secret.write_text("salah", encoding="utf-8")
    hands.kiosk.again("kioskd")
    until(lambda: any(part == "centre" and "refuses user 'kiosk'" in words for part, words in hands.faults()))
    hands.follow(hands.finding("centre"), typed=PASSWORD + "\n")
    hands.well()
    assert hands.kiosk.secret.stat().st_mode & 0o777 == 0o600


def test_a_supply_that_is_too_weak(hands: Hands) -> None:
    alarm = "sys/class/hwmon/hwmon1/in0_lcrit_alarm"
    hands.plant(alarm, "1")
    finding = hands.finding("power")
    assert "less than 4.63 V" in finding["words"]
    assert "supply (5.1 V 3 A" in finding["advice"]
    hands.plant(alarm, "0")  # the Pi's own supply
    hands.well()


def test_a_stuck_sensor(hands: Hands) -> None:
    emulator = hands.kiosk.emulator
    emulator(op="fault", kind="silence", count=1_000_000)
    until(lambda: hands.kiosk.status()["devices"][0]["status"] == "fault")
    finding = hands.finding("reader r307 (simulated)")
    assert "take its plug out, count to five, put it in again" in finding["advice"]
    emulator(op="unplug")
    emulator(op="fault", clear=True)  # a sensor without power forgets what it was stuck in
    emulator(op="replug")
    hands.well()
    again = hands.finding("reader r307 (simulated)", "ok")
    assert "outage" in again["words"]


def test_a_reader_that_is_unplugged(hands: Hands) -> None:
    hands.kiosk.emulator(op="unplug")
    until(lambda: hands.kiosk.status()["devices"][0]["status"] == "fault")
    hands.follow(hands.finding("reader r307 (simulated)"))
    hands.well()


def test_the_wrong_zone(hands: Hands) -> None:
    configure(hands, "site.zone", "WIT")
    finding = hands.finding("zone")
    assert "WIT, but at longitude 113.7 it is WIB" in finding["words"]
    hands.follow(finding)
    hands.well()


def test_a_stale_lock(hands: Hands) -> None:
    hands.kiosk.off("kioskd")
    with held(hands.kiosk.root / "kioskd.lock") as stale:
        (hands.machine / f"proc/{stale.pid}").symlink_to(f"/proc/{stale.pid}")
        hands.kiosk.again("kioskd")
        finding = hands.finding("lock")
        assert f"process {stale.pid} (python" in finding["words"]
        hands.follow(finding)
        assert stale.wait(5) < 0
    hands.well()


HOLD = """
import fcntl, sys, time
with open(sys.argv[1]) as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print(flush=True)
    time.sleep(99)
"""


@contextmanager
def held(lock: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds `lock`."""
    with subprocess.Popen((sys.executable, "-c", HOLD, str(lock)), stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_a_misspelt_key_of_the_configuration(hands: Hands) -> None:
    config = hands.kiosk.config
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("longitude = ", "longitud = "), encoding="utf-8")
    hands.kiosk.again("kioskd")
    finding = hands.finding("config")
    assert "unknown key site.longitud; did you mean 'longitude'?" in finding["words"]
    hands.follow(finding)
    assert config.read_text(encoding="utf-8") == text
    hands.well()


@pytest.mark.slow
@pytest.mark.slow_ci
def test_two_kiosks_of_one_name(hands: Hands) -> None:
    kiosk, other = hands.kiosk, hands.kiosk.root / "other"
    text = kiosk.config.read_text(encoding="utf-8")
    config = kiosk.root / "other.toml"
    before, _, after = text.partition("[[reader]]")
    copy = before + "[storage]" + after.partition("[storage]")[2]
    config.write_text(copy.replace(f'state_dir = "{kiosk.root}"', f'state_dir = "{other}"'), encoding="utf-8")
    for key, value in (("control.admin_socket", "control.sock"), ("control.ui_socket", "ui.sock"),
                       ("sync.ca_file", kiosk.root / "ca.pem")):  # fmt: skip
        assert run(["config", "set", str(config), key, str(value)]) == 0
    kiosk.spawn("other", str(BIN / "kioskd"), "--config", str(config))
    try:
        until(
            lambda: any("another kiosk calls itself kiosk-demo too" in words for _, words in hands.faults())
        )
        hands.follow(hands.finding("centre"))
        hands.well()
        assert kiosk.status()["device_id"] != "kiosk-demo"
    finally:
        kiosk.off("other")


def test_a_dead_display(hands: Hands) -> None:
    status = "sys/class/drm/card0-HDMI-A-1/status"
    hands.plant(status, "disconnected")
    finding = hands.finding("display")
    assert "no display is connected (HDMI-A-1)" in finding["words"]
    hands.plant(status, "connected")  # "plug the display in, switch it on"
    hands.follow(finding)
    hands.well()


@pytest.mark.slow
@pytest.mark.slow_ci
def test_a_dead_screen_program(hands: Hands) -> None:
    hands.kiosk.off("ui")
    until(lambda: hands.faults("screen"), 40, 0.5)
    finding = hands.finding("display")
    assert "people see nothing" in finding["words"]
    hands.follow(finding)
    hands.well()


def test_a_policy_that_is_no_policy(hands: Hands) -> None:
    policy = hands.kiosk.root / "policy.toml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace('kind = "in"', 'kind = "inn"'), encoding="utf-8")
    finding = hands.finding("policy")
    assert "did you mean 'in'?" in finding["words"]
    hands.follow(finding)
    assert policy.read_text(encoding="utf-8") == text
    hands.well()
