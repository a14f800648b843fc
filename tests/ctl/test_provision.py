"""One file describes a kiosk: what it becomes, what is said of a bad one, and that twice is once."""

from __future__ import annotations

import io
import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from kiosk.core.config_file import read_config
from kiosk.core.policy_file import read_policy
from kiosk.core.site_file import read_site
from kiosk.demo.client import answers
from tests.ctl.conftest import Ran
from tests.ctl.doctor.paper import Authority
from tests.e2e.rig import until

Ctl = Callable[..., Ran]
SITES = Path(__file__).parents[2] / "config" / "sites"
SITE = """\
policy = '''
version = "test-1"
'''
admins = ["nobody-here"]

[device]
tenant = "kab-jember"
id = "smpn1-lobby"

[site]
id = "smpn1"
name = "SMP Negeri 1 Jember"
zone = "WIB"
latitude = -8.1689
longitude = 113.7022

[sync]
host = "broker.invalid"
port = 8883
username = "smpn1-lobby"
centre_key = "{key}"

[secrets]
broker_password = "rahasia sekali"

[certificates]
authority = "ca.pem"
own = true
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "ca.pem").write_bytes(Authority("Dinas CA").pem())
    file = tmp_path / "site.toml"
    file.write_text(SITE.format(key="ab" * 32), encoding="utf-8")
    return file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_site_file_becomes_the_files_of_a_kiosk(ctl: Ctl, site: Path, root: Path) -> None:
    done = ctl("provision", site, "--root", root)
    assert done.code == 0, done.err
    config = read_config((root / "etc/hadir/kiosk.toml").read_text(encoding="utf-8"), "kiosk.toml")
    assert config.device.id == "smpn1-lobby"
    assert config.sync.ca_file == "/etc/hadir/ca.pem"
    assert config.sync.password_file == "/var/lib/hadir/mqtt.password"
    assert config.sync.cert_file == ""  # until the request has been answered
    assert config.control.admin_group == "hadir-admin"
    assert read_policy((root / "etc/hadir/policy.toml").read_text(encoding="utf-8"), "p").version == "test-1"
    secret = root / "var/lib/hadir/mqtt.password"
    assert secret.read_text(encoding="utf-8") == "rahasia sekali\n"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE((root / "var/lib/hadir/keys").stat().st_mode) == 0o700
    assert "kab-jember/smpn1-lobby: provisioned" in done.out
    assert "left to do  have /etc/hadir/device.csr signed" in done.out
    assert "rahasia" not in done.out


def test_the_second_run_changes_nothing(ctl: Ctl, site: Path, root: Path) -> None:
    assert ctl("provision", site, "--root", root, "--json").document["changed"]
    before = tree(root)
    again = ctl("provision", site, "--root", root, "--json")
    assert again.code == 0
    assert not again.document["changed"]
    assert {change["state"] for change in again.document["files"]} == {"same"}
    assert tree(root) == before


def test_a_dry_run_shows_the_difference_and_changes_nothing(ctl: Ctl, site: Path, root: Path) -> None:
    ctl("provision", site, "--root", root)
    before = tree(root)
    site.write_text(
        site.read_text(encoding="utf-8").replace("Negeri 1 J", "Negeri 2 J").replace("sekali", "lagi"),
        encoding="utf-8",
    )
    done = ctl("provision", site, "--root", root, "--dry-run")
    assert '-name = "SMP Negeri 1 Jember"\n+name = "SMP Negeri 2 Jember"' in done.out
    assert "mqtt.password: changed" in done.out
    assert "lagi" not in done.out
    assert tree(root) == before


def test_every_fault_is_named_at_once_and_nothing_is_changed(ctl: Ctl, site: Path, root: Path) -> None:
    text = SITE.format(key="zz").replace('zone = "WIB"', 'zone = "WIT"').replace("latitude", "latitud")
    site.write_text(text.replace('id = "smpn1-lobby"\n', "") + 'keys = "x"\n', encoding="utf-8")
    first = ctl("provision", site, "--root", root)
    assert first.code == 1
    assert "did you mean 'latitude'?" in first.err
    assert "unknown key certificates.keys" in first.err
    site.write_text(
        text.replace("latitud ", "latitude ").replace('id = "smpn1-lobby"\n', ""), encoding="utf-8"
    )
    (site.parent / "ca.pem").write_text("no certificate", encoding="utf-8")
    second = ctl("provision", site, "--root", root)
    for words in ("device.id: is missing", "centre_key: 64 hex digits", "at longitude 113.7 it is WIB"):
        assert words in second.err
    site.write_text(SITE.format(key="ab" * 32).replace('"test-1"', '"x"\nmode = "lenentt"'), encoding="utf-8")
    third = ctl("provision", site, "--root", root)
    assert "certificates.authority: this is no certificate in PEM" in third.err
    assert "policy: line 2: mode" in third.err
    assert tree(root) == {}


def test_the_request_is_for_this_kiosk_and_its_key_stays(ctl: Ctl, site: Path, root: Path) -> None:
    ctl("provision", site, "--root", root)
    key = root / "var/lib/hadir/keys/tls.key"
    first, secret = asked(root), key.read_bytes()
    assert first.is_signature_valid
    assert common_name(first) == "kab-jember/smpn1-lobby"
    assert first.public_key() == serialization.load_pem_private_key(secret, None).public_key()
    site.write_text(site.read_text(encoding="utf-8").replace("smpn1-lobby", "smpn1-gate"), encoding="utf-8")
    ctl("provision", site, "--root", root)
    assert common_name(asked(root)) == "kab-jember/smpn1-gate"
    assert key.read_bytes() == secret


def asked(root: Path) -> x509.CertificateSigningRequest:
    return x509.load_pem_x509_csr((root / "etc/hadir/device.csr").read_bytes())


def common_name(request: x509.CertificateSigningRequest) -> str:
    return str(request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def test_an_answered_request_is_put_to_use(ctl: Ctl, site: Path, root: Path) -> None:
    (site.parent / "mine.pem").write_bytes(Authority("as if signed").pem())
    text = site.read_text(encoding="utf-8").replace("own = true", 'own = true\nkiosk = "mine.pem"')
    site.write_text(text, encoding="utf-8")
    assert ctl("provision", site, "--root", root, "--json").document["left"] == []
    config = read_config((root / "etc/hadir/kiosk.toml").read_text(encoding="utf-8"), "kiosk.toml")
    assert config.sync.cert_file == "/etc/hadir/device.pem"
    assert config.sync.key_file == "/var/lib/hadir/keys/tls.key"


def test_strict_is_exit_one_while_something_is_left(ctl: Ctl, site: Path, root: Path) -> None:
    assert ctl("provision", site, "--root", root, "--strict").code == 1
    text = site.read_text(encoding="utf-8").replace("own = true\n", "")
    site.write_text(text, encoding="utf-8")
    assert ctl("provision", site, "--root", root, "--strict").code == 0


def test_the_example_is_sound_but_for_what_it_asks_to_be_filled_in(ctl: Ctl, root: Path) -> None:
    done = ctl("provision", SITES / "example.toml", "--root", root, "--dry-run", "--json")
    assert done.code == 0, done.out
    assert done.document["device"] == "kab-jember/smpn1-lobby"


def test_a_fleet_is_one_file_and_a_row_a_kiosk(ctl: Ctl, site: Path, tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.csv"
    fleet.write_text(
        "device.id;site.id;site.name;site.latitude;site.longitude;secrets.broker_password\n"
        "smpn2;smpn2;SMP Negeri 2;-8,17;113,70;satu\n"
        "smpn3;smpn3;SMP Negeri 3;-8.20;113.66;dua\n",
        encoding="utf-8",
    )
    done = ctl("provision", site, "--list", fleet, "--out", tmp_path / "sites", "--json")
    assert done.code == 0, done.out
    assert [Path(name).name for name in done.document["files"]] == ["smpn2.toml", "smpn3.toml"]
    second = read_site((tmp_path / "sites/smpn3.toml").read_text(encoding="utf-8"), "smpn3")
    assert (second.device.tenant, second.device.id) == ("kab-jember", "smpn3")
    assert second.site.latitude == -8.2
    assert second.secrets.broker_password == "dua"
    assert stat.S_IMODE((tmp_path / "sites/smpn2.toml").stat().st_mode) == 0o600


def test_a_fleets_faults_come_at_once_with_their_rows(ctl: Ctl, site: Path, tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.csv"
    fleet.write_text("device.id,site.zone,site.latitude\na,WIT,1\na,WIB,north\nb/c,WIB,2\n", encoding="utf-8")
    done = ctl("provision", site, "--list", fleet, "--out", tmp_path / "sites")
    assert done.code == 1
    assert "line 2: a: site.zone: at longitude 113.7 it is WIB" in done.err
    assert "line 3: 'a' stands twice" in done.err
    assert "line 3: a: site.latitude: a number is wanted" in done.err
    assert "line 4: b/c: device.id: 'b/c' cannot be part of an MQTT topic" in done.err
    assert not (tmp_path / "sites").exists()
    fleet.write_text("device.id,sit.zone[0],\na,WIB,\n", encoding="utf-8")
    assert ctl("provision", site, "--list", fleet).code == 1


def test_a_stick_is_searched_for_this_kiosks_file(ctl: Ctl, site: Path, root: Path) -> None:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/mounts").write_text("/dev/sda1 /media/STICK\\0401 vfat ro 0 0\n", encoding="utf-8")
    (root / "etc").mkdir()
    (root / "etc/hostname").write_text("kiosk-7\n", encoding="utf-8")
    stick = root / "media/STICK 1/hadir"
    stick.mkdir(parents=True)
    nothing = ctl("provision", "--root", root)
    assert nothing.code == 1
    assert "hadir/kiosk-7.toml" in nothing.err
    text = site.read_text(encoding="utf-8").replace('authority = "ca.pem"\nown = true\n', "")
    (stick / "other.toml").write_text(text, encoding="utf-8")
    assert ctl("provision", "--root", root, "--dry-run", "--json").document["device"].endswith("smpn1-lobby")
    (stick / "third.toml").write_text(text, encoding="utf-8")
    assert "none is called as this kiosk" in ctl("provision", "--root", root).err
    (stick / "Kiosk-7.toml").write_text(text.replace("smpn1-lobby", "mine"), encoding="utf-8")
    assert ctl("provision", "--root", root, "--dry-run", "--json").document["device"] == "kab-jember/mine"


def test_a_few_questions_make_a_site_file(ctl: Ctl, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers_ = (
        "kab-jember",
        "a b",
        "lobby",
        "smpn1",
        "SMP Negeri 1",
        "north",
        "-8.17",
        "113.7",
        "WIT",
        "WIB",
    )
    monkeypatch.setattr(
        sys, "stdin", io.StringIO("\n".join((*answers_, "", "/dev/hadir/r307", "office", "")))
    )
    done = ctl("provision", "--ask", "--root", root)
    assert done.code == 0, done.err
    assert "cannot be part of an MQTT topic" in done.err
    assert "'north' is no number" in done.err
    assert "at longitude 113.7 it is WIB" in done.err
    site = read_site((root / "etc/hadir/site.toml").read_text(encoding="utf-8"), "site")
    assert (site.device.id, site.site.zone, site.readers[0].port) == ("lobby", "WIB", "/dev/hadir/r307")
    assert (root / "etc/hadir/policy.toml").exists()


def test_without_a_stick_somebody_at_a_terminal_is_asked(root: Path) -> None:
    kioskctl = Path(sys.executable).with_name("kioskctl")
    terminal, its_end = pty.openpty()
    typed = ("kab-jember", "lobby", "smpn1", "SMP Negeri 1", "", "WIB", "", "", "school")
    with subprocess.Popen(
        (kioskctl, "provision", "--root", root), stdin=its_end, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        os.close(its_end)
        os.write(terminal, "".join(f"{line}\n" for line in typed).encode())
        _, err = process.communicate(timeout=60)
    os.close(terminal)
    assert process.returncode == 0, err
    assert b"a few questions instead" in err
    assert read_site((root / "etc/hadir/site.toml").read_text(encoding="utf-8"), "site").device.id == "lobby"


def test_kioskd_starts_on_what_was_rendered(ctl: Ctl, site: Path, root: Path, tmp_path: Path) -> None:
    """The paths are an installation's; here they are moved under the folder of the test."""
    ctl("provision", site, "--root", root)
    text = (root / "etc/hadir/kiosk.toml").read_text(encoding="utf-8")
    for name in ("/etc/hadir/", "/var/lib/hadir/", "/run/hadir/"):
        text = text.replace(f'"{name}', f'"{root}{name}')
    (root / "run/hadir").mkdir(parents=True)
    config = tmp_path / "kiosk.toml"
    for group in ("hadir-admin", "hadir-ui", "hadir-face"):
        text = text.replace(f'"{group}"', '""')
    config.write_text(f'state_dir = "{root}/var/lib/hadir"\n{text}', encoding="utf-8")
    kioskd = Path(sys.executable).with_name("kioskd")
    with subprocess.Popen((kioskd, "--config", config), stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: answers(root / "run/hadir/control.sock") or process.poll() is not None)
            status = ctl("status", "--json", "--socket", root / "run/hadir/control.sock").document
            assert status["device_id"] == "smpn1-lobby"
        finally:
            process.terminate()


NAMESPACE = """
set -e
mkdir up work
mount -t overlay overlay -o lowerdir=/etc,upperdir="$PWD/up",workdir="$PWD/work" /etc
mount -t tmpfs none /var/lib
"$@"
"""


def on_this_machine(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """kioskctl on the running machine, but with an /etc and a /var/lib that vanish with it."""
    folder.mkdir()
    words = [str(word) for word in arguments]
    command = ("unshare", "--mount", "sh", "-c", NAMESPACE, "sh", *words)
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=100)


def test_the_machine_itself_is_provisioned_tested_and_told_what_is_left(site: Path, tmp_path: Path) -> None:
    kioskctl = Path(sys.executable).with_name("kioskctl")
    once = f"{kioskctl} provision {site} --json"
    twice = f"{once} && {once} && ls -l /var/lib/hadir/keys"
    done = on_this_machine(tmp_path / "namespace", "sh", "-c", twice)
    assert done.returncode == 0, done.stderr
    first, second, *keys = done.stdout.splitlines()
    outcome = json.loads(first)
    assert outcome["changed"]
    assert len(outcome["sign_key"]) == 64
    assert {finding["part"] for finding in outcome["findings"]} >= {"disk", "clock", "dns"}
    assert any(left.startswith("dns: broker.invalid: no name server") for left in outcome["left"])
    assert any(left.startswith("nobody-here: there is no") for left in outcome["left"])
    assert json.loads(second)["changed"] is False
    assert json.loads(second)["sign_key"] == outcome["sign_key"]
    assert [line.split()[0] for line in keys[1:]] == ["-rw-------"] * 3
