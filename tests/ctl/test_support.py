"""A support bundle tells enough, and nobody's finger, face, name, number, key, password or PIN."""

from __future__ import annotations

import base64
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.ctl.main import run
from kiosk.ctl.redaction import Redactor
from tests.ctl.conftest import Ran
from tests.e2e.rig import Rig, rig

Ctl = Callable[..., Ran]
BUDI, NAME = "198501012010011001", "Budi Santoso"
PASSWORD = "rahasia-sekali-7"


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("support")) as made:
        secret = made.root / "mqtt.password"
        secret.write_text(PASSWORD, encoding="utf-8")
        for key, value in (
            ("sync.username", "kiosk"), ("sync.password_file", secret), ("reader[1].password", 0),
        ):  # fmt: skip
            assert run(["config", "set", str(made.config), key, str(value)]) == 0
        made.start("reader", "kioskd")
        made.wait_reader()
        made.enrol(BUDI, NAME)
        made.tap(BUDI)
        with (made.root / "log" / "kioskd.log").open("a", encoding="utf-8") as log:
            log.write(f"a careless line: {PASSWORD} {BUDI}\n")
            log.write((made.root / "keys" / "sign.key").read_bytes().hex() + "\n")
            log.write("-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----\n")
        yield made


@pytest.fixture
def bundle(kiosk: Rig, ctl: Ctl, tmp_path: Path) -> dict[str, bytes]:
    file = tmp_path / "bundle.tar.gz"
    done = ctl("support-bundle", file, "--config", kiosk.config, "--socket", kiosk.folder.control, "--json")
    assert done.code == 0, done.out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as tar:
        return {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]


def test_it_tells_what_is_needed(bundle: dict[str, bytes]) -> None:
    assert b'"device_id": "kiosk-demo"' in bundle["hadir-support/status.json"]
    assert b'"findings"' in bundle["hadir-support/doctor.json"]
    assert b"ready: kiosk-demo" in bundle["hadir-support/log.txt"]
    assert b"genesis" in bundle["hadir-support/records.txt"]
    assert b"msgspec==" in bundle["hadir-support/packages.txt"]
    assert b"keys/sign.key" in bundle["hadir-support/files.txt"]
    assert b"zone" in bundle["hadir-support/kiosk.toml"]


def test_nothing_in_it_is_secret(bundle: dict[str, bytes], kiosk: Rig) -> None:
    everything = b"\0".join(bundle.values())
    for path in (*(kiosk.root / "keys").iterdir(), *(kiosk.root / "vault").iterdir()):
        raw = path.read_bytes()
        for form in (raw, raw.hex().encode(), base64.b64encode(raw), raw[8:40], raw[8:40].hex().encode()):
            assert form not in everything, path
    for words in (PASSWORD, NAME, "Budi", BUDI, "MIGHAgEAMBMG"):
        assert words.encode() not in everything
    assert b"[secret]" in everything
    assert b"[number]" in everything
    assert b"[private key]" in everything


def test_it_is_made_without_kioskd_too(ctl: Ctl, tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_text(f'state_dir = "{tmp_path}"\nno_such = 1\n', encoding="utf-8")
    file = tmp_path / "bundle.tar.gz"
    done = ctl(
        "support-bundle",
        file,
        "--config",
        tmp_path / "kiosk.toml",
        "--socket",
        tmp_path / "none.sock",
        "--json",
    )
    assert done.code == 0
    with tarfile.open(file) as tar:
        found = tar.extractfile("hadir-support/status.json")
        assert found is not None
        assert b"kioskd is not running here" in found.read()


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("password = 4711 # x", 'password = "[secret]"'),
        ('  broker_password = "a"', '  broker_password = "[secret]"'),
        ("comm_key = 12", 'comm_key = "[secret]"'),
        ("password_file = 'mqtt.password'", "password_file = 'mqtt.password'"),
        (f"refused {BUDI}!", "refused [number]!"),
        ("NIK 3201014507950002", "NIK [number]"),
        ("hash 1234567890123456abcdef", "hash 1234567890123456abcdef"),
        ("at 1772409600000 ms", "at 1772409600000 ms"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, clean: str) -> None:
    assert Redactor(()).clean(text) == clean
