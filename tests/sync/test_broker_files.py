"""config/mosquitto/ as shipped: a device reaches its own topics and no others."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from sync.events import LinkChanged
from tests.sync.authority import Authority
from tests.sync.book import Book
from tests.sync.conftest import Rig
from tests.sync.rig import Centre, Kiosk, Mosquitto, until

SHIPPED = Path(__file__).parents[2] / "config" / "mosquitto"
USERS = {"centre": "pusat", "dinas/kiosk-1": "satu", "dinas/kiosk-2": "dua"}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def broker(rig: Rig, tmp_path: Path, authority: Authority) -> Mosquitto:
    """Mosquitto with the shipped files, their folders moved under `tmp_path`."""
    authority.certify("localhost", (-1, 1))
    passwords = tmp_path / "passwords"
    passwords.touch()
    for user, secret in USERS.items():
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, secret], check=True)
    (tmp_path / "acl").write_bytes((SHIPPED / "acl").read_bytes())
    text = (SHIPPED / "hadir.conf").read_text(encoding="utf-8")
    text = re.sub(r"^listener .*$", "", text, flags=re.MULTILINE)
    text = text.replace("/etc/mosquitto/hadir/", f"{tmp_path}/").replace(
        "/var/lib/mosquitto/", f"{tmp_path}/"
    )
    return rig.broker(text)


def secret_file(root: Path, user: str) -> str:
    path = root / f"secret-{user.replace('/', '-')}"
    path.write_text(USERS[user], encoding="utf-8")
    return str(path)


def kiosk_of(rig: Rig, root: Path, book: Book, broker: Mosquitto, centre_key: str, user: str) -> Kiosk:
    return rig.kiosk(
        book, broker.port, centre_key, host="localhost", ca_file=str(root / "ca.pem"), username=user,
        password_file=secret_file(root, user),
    )  # fmt: skip


def centre_of(rig: Rig, root: Path, broker: Mosquitto) -> Centre:
    extra = (
        f'host = "localhost"\nusername = "centre"\npassword_file = "{secret_file(root, "centre")}"\n'
        f'ca_file = "{root / "ca.pem"}"\n'
    )
    return rig.centre(broker.port, extra=extra)


def test_a_kiosk_and_two_centres_work_behind_the_shipped_files(
    rig: Rig, tmp_path: Path, broker: Mosquitto
) -> None:
    centre = centre_of(rig, tmp_path, broker)
    centre.start()
    centre.start()
    book = Book()
    book.punches(200)
    kiosk = kiosk_of(rig, tmp_path, book, broker, centre.key, "dinas/kiosk-1").start()
    until(kiosk.delivered)
    assert centre.sound()


def test_a_device_cannot_speak_for_another(rig: Rig, tmp_path: Path, broker: Mosquitto) -> None:
    book = Book("kiosk-1")
    kiosk = kiosk_of(rig, tmp_path, book, broker, "00" * 32, "dinas/kiosk-2").start()
    until(lambda: LinkChanged("refused", "not_authorized") in kiosk.seen(LinkChanged))


def test_a_device_hears_nothing_meant_for_another(tmp_path: Path, broker: Mosquitto) -> None:
    common = ["-h", "localhost", "-p", str(broker.port), "--cafile", str(tmp_path / "ca.pem"), "-q", "1"]
    spy = [*common, "-u", "dinas/kiosk-2", "-P", "dua", "-t", "hadir/#", "-W", "20", "-C", "1"]
    heard = tmp_path / "heard"
    with heard.open("wb") as file:
        listening = subprocess.Popen(["stdbuf", "-oL", "mosquitto_sub", *spy, "-d"], stdout=file)
    until(lambda: "SUBACK" in heard.read_text(encoding="utf-8"))
    for device in ("kiosk-1", "kiosk-2"):
        topic = f"hadir/v1/dinas/{device}/down/command"
        centre = [*common, "-u", "centre", "-P", "pusat", "-t", topic, "-m", device]
        subprocess.run(["mosquitto_pub", *centre], check=True)
    assert listening.wait(20) == 0
    assert "hadir/v1/dinas/kiosk-2/down/command" in heard.read_text(encoding="utf-8")
    assert "hadir/v1/dinas/kiosk-1" not in heard.read_text(encoding="utf-8")
