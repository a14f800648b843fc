"""The units: accepted by systemd, confined, and naming only what is really there."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from kiosk.core.config import KioskConfig
from kiosk.core.config_file import read_config
from kiosk.ctl.provision.rendering import CONTROL, FACE
from kiosk.ctl.session import SYSTEM_SOCKET
from kiosk.daemon import daemon, vault
from kiosk.daemon.clock_teller import SOCKET
from kiosk.daemon.keys import CREDENTIAL_PREFIX
from kiosk.face.pulse import BEAT_S, STUCK_S
from kiosk.install.placing import INSTALLED_CONTROL, INSTALLED_FACE, installed_kiosk_toml
from tests.house.tracked import ROOT
from tests.install.units import OPT, SERVICES, STICK, SYSTEMD, UNITS, seconds, service, settings

MOST_EXPOSED = 1.5
INSTALLED = read_config(installed_kiosk_toml((ROOT / "config/kiosk.toml").read_text("utf-8")), "kiosk.toml")


def programs() -> list[str]:
    """What an installation has in its bin folder."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    scripts = config["options.entry_points"]["console_scripts"].split("\n")
    return ["python", *(line.partition("=")[0].strip() for line in scripts if line.strip())]


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units, with programs that exist."""
    folder = tmp_path_factory.mktemp("units")
    (folder / "bin").mkdir()
    for name in programs():
        shutil.copy("/bin/true", folder / "bin" / name)
    shutil.copytree(SYSTEMD, folder / "share/hadir/systemd")
    for unit in UNITS:
        (folder / unit.name).write_text(unit.read_text("utf-8").replace(OPT, str(folder)), encoding="utf-8")
    return folder


def test_systemd_has_nothing_to_say_about_any_unit(placed: Path) -> None:
    units = [str(placed / unit.name) for unit in UNITS]
    done = subprocess.run(
        ("systemd-analyze", "verify", *units), capture_output=True, text=True, check=False, cwd=placed
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_no_service_is_exposed(unit: Path) -> None:
    done = subprocess.run(
        ("systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    overall = [line for line in done.stdout.splitlines() if "Overall exposure level" in line]
    assert len(overall) == 1, done.stderr
    assert float(overall[0].partition(": ")[2].split()[0]) <= MOST_EXPOSED


def test_the_stick_is_mounted_where_kioskd_sees_it_and_by_nobody_stronger_than_need_be() -> None:
    found = settings(STICK)
    own_mounts = re.compile(r"(Protect(System|Home|Proc|Kernel\w+|Control\w+|Hostname)|Private\w+|ProcSubset"
                            r"|\w*Paths|BindPaths|RootDirectory|MountFlags)")  # fmt: skip
    assert [key for key in found if own_mounts.fullmatch(key)] == []
    assert found["CapabilityBoundingSet"] == ["CAP_SYS_ADMIN CAP_DAC_OVERRIDE"]
    assert found["RestrictAddressFamilies"] == ["AF_UNIX"]
    script = (SYSTEMD / "hadir-stick").read_text(encoding="utf-8")
    assert f"folder=${{2:-{INSTALLED.courier.folder}}}" in script
    assert "noexec,nosuid,nodev,nosymfollow" in script
    assert found["ExecStart"] == [f"{OPT}/share/hadir/systemd/hadir-stick /dev/%I"]
    (writable,) = service("kioskd")["ReadWritePaths"]
    assert Path(INSTALLED.courier.folder).is_relative_to(writable)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_starts_what_an_installation_has(unit: Path) -> None:
    found = settings(unit)
    for command in [*found["ExecStart"], *found["ExecStartPre"]]:
        for word in command.split():
            if word.startswith(f"{OPT}/bin/"):
                assert word.removeprefix(f"{OPT}/bin/") in programs()
            elif word.startswith(f"{OPT}/share/hadir/systemd/"):
                assert (SYSTEMD / word.removeprefix(f"{OPT}/share/hadir/systemd/")).stat().st_mode & 0o111
            else:
                assert not word.startswith("/opt/")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_runs_as_a_user_that_is_made(unit: Path) -> None:
    made = [line.split()[1] for line in (SYSTEMD / "sysusers.d/hadir.conf").read_text().splitlines()
            if line.startswith("u")]  # fmt: skip
    found = settings(unit)
    assert found["User"][0] in made if found["User"] else found["DynamicUser"] == ["yes"]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_no_service_gives_up_or_is_started_without_a_pause(unit: Path) -> None:
    found = settings(unit)
    if found["Type"] == ["oneshot"]:
        return
    assert found["Restart"] == ["always"]
    assert seconds(found["RestartSec"][0]) >= 1


def test_kioskd_has_the_time_it_needs() -> None:
    found = service("kioskd")
    assert found["Type"] == ["notify"]
    assert seconds(found["WatchdogSec"][0]) >= daemon.ENGINE_STALL_S + 2 * daemon.BEAT_S
    assert seconds(found["TimeoutStartSec"][0]) > daemon.START_S
    assert seconds(found["TimeoutStopSec"][0]) > sum(daemon.STOP_S.values())


def test_kioskd_may_write_where_its_settings_say_and_nowhere_else() -> None:
    found = service("kioskd")
    assert found["ProtectSystem"] == ["strict"]
    assert [f"/var/lib/{name}" for name in found["StateDirectory"]] == [INSTALLED.state_dir]
    (writable,) = found["ReadWritePaths"]
    for socket in (INSTALLED.control.admin_socket, INSTALLED.control.ui_socket):
        assert Path(socket).is_relative_to(writable)


def test_the_settings_of_an_installation_differ_from_the_defaults_in_the_sockets_only() -> None:
    as_delivered = _plain(KioskConfig())
    installed = _plain(INSTALLED)
    assert installed.pop("control") != as_delivered.pop("control")
    face = as_delivered.pop("face")
    assert isinstance(face, dict)
    assert face | INSTALLED_FACE == installed.pop("face")
    assert installed == as_delivered


def _plain(config: KioskConfig) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(config)
    return plain


def test_the_socket_folders_have_the_groups_of_the_settings() -> None:
    lines = [line.split() for line in (SYSTEMD / "tmpfiles.d/hadir.conf").read_text().splitlines()
             if line and not line.startswith("#")]  # fmt: skip
    groups = {path: (mode, group) for _, path, mode, _, group, *_ in lines}
    control = INSTALLED.control
    assert groups[str(Path(control.admin_socket).parent)] == ("2755", control.admin_group)
    assert groups[str(Path(control.ui_socket).parent)] == ("2750", control.ui_group)
    face = INSTALLED.face
    assert groups[str(Path(face.socket).parent)] == ("2750", face.group)
    assert service("kiosk-face")["Group"] == [face.group]


def test_kioskctl_and_the_screen_look_where_kioskd_listens() -> None:
    assert str(SYSTEM_SOCKET) == INSTALLED.control.admin_socket
    assert f"--socket {INSTALLED.control.ui_socket}" in service("kiosk-ui")["ExecStart"][0]
    assert f"--socket {INSTALLED.face.socket}" in service("kiosk-face")["ExecStart"][0]
    assert settings(SYSTEMD / "kiosk-clock.socket")["ListenSequentialPacket"] == [str(SOCKET)]


def test_credentials_have_the_names_the_daemon_looks_for() -> None:
    names = {f"{CREDENTIAL_PREFIX}{key}" for key in ("sign.key", "receive.key", vault.KEY)}
    assert set(service("kioskd")["LoadCredentialEncrypted"]) == names


@pytest.mark.parametrize("name", [unit.stem for unit in SERVICES if unit.stem in ("kiosk-ui", "kiosk-face")])
def test_screen_and_face_see_no_network_and_no_database(name: str) -> None:
    found = service(name)
    assert found["PrivateNetwork"] == ["yes"]
    assert found["RestrictAddressFamilies"] == ["AF_UNIX"]
    emptied = [f"-{path.removesuffix(':ro')}" for path in found["TemporaryFileSystem"]]
    hidden = [*found["InaccessiblePaths"][0].split(), *emptied]
    assert {"-/var/lib/hadir", "-/etc/hadir"} <= set(hidden)


def test_kiosk_face_sees_the_model_files_and_nothing_else_of_the_kiosk() -> None:
    found = service("kiosk-face")
    models = Path(INSTALLED.state_dir) / INSTALLED.face.models_dir
    assert found["BindReadOnlyPaths"] == [f"-{models}"]
    assert seconds(found["WatchdogSec"][0]) > STUCK_S + BEAT_S


def test_no_line_of_a_udev_rule_is_malformed() -> None:
    clause = r'[A-Z_]+(\{[\w$.-]+\})?(==|!=|\+=|=)"[^"]*"'
    rules = [path.read_text(encoding="utf-8") for path in sorted((SYSTEMD / "udev").iterdir())]
    for line in "".join(rules).splitlines():
        assert line.startswith("#") or re.fullmatch(rf"{clause}(, {clause})*", line), line


def test_users_and_folders_are_made_in_an_empty_root(tmp_path: Path) -> None:
    for kind in ("sysusers", "tmpfiles"):
        shutil.copytree(SYSTEMD / f"{kind}.d", tmp_path / f"usr/lib/{kind}.d")
    (tmp_path / "etc").mkdir()
    for command in (
        ("systemd-sysusers", "--dry-run"),
        ("systemd-sysusers",),
        ("systemd-tmpfiles", "--create"),
    ):
        done = subprocess.run(
            (*command, f"--root={tmp_path}", "hadir.conf"), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    users = (tmp_path / "etc/passwd").read_text()
    assert {line.partition(":")[0] for line in users.splitlines()} == {
        "hadir", "hadir-ui", "hadir-face", "hadir-centre",
    }  # fmt: skip
    assert (tmp_path / "var/lib/hadir").stat().st_mode & 0o777 == 0o750


def test_provisioning_puts_the_sockets_where_an_installation_does() -> None:
    assert (CONTROL, FACE) == (INSTALLED_CONTROL, INSTALLED_FACE)
