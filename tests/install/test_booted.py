"""A real systemd, from nothing: installed, killed, rebooted, updated, updated badly, taken off again."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.tracked import ROOT
from tests.install import bundles
from tests.install.kiosk_in import (
    enrol,
    kill,
    prepare,
    punch,
    punches,
    status,
    wait_active,
    wait_another,
    wait_reader,
)
from tests.install.nspawn import Machine, machine
from tests.install.steps import install_steps

SUITES = [
    pytest.param("bookworm", marks=[pytest.mark.slow, pytest.mark.slow_ci]),
    pytest.param("trixie", marks=pytest.mark.slow),
]


Spoil = Callable[[Path], None]
WRITABLE = ("hadir", "hadir-emulated")
PATIENCE_S = 15  # more than any of them lets pass between two signs of life


@dataclass
class Place:
    """The machine, the stick in it, and what was made for it."""

    kiosk: Machine
    stick: Path
    suite: str
    key: Path
    trees: Path

    @property
    def python(self) -> str:
        """The system's."""
        return bundles.PYTHON_OF[self.suite]

    def update(self, version: str, spoil: Spoil = lambda tree: None) -> str:
        """A signed bundle of `version` on the stick; the path under which the kiosk sees it."""
        tree = bundles.checkout(self.trees / version, version, spoil, self.trees / "first")
        made = bundles.bundle(
            tree, self.trees / "out", self.python, key=self.key, wheels=self.stick / "hadir-wheels"
        )
        made.rename(self.stick / f"update-{version}")
        return f"/stick/update-{version}"


@pytest.fixture(scope="module", params=SUITES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp(request.param)
    stick, key = folder / "stick", folder / "update.key"
    subprocess.run((sys.executable, "-m", "kiosk.install", "key", str(key)), check=True, cwd=ROOT)
    tree = bundles.checkout(folder / "trees/first", "0.9.0")
    made = bundles.bundle(tree, stick, bundles.PYTHON_OF[request.param], key=key)
    bundles.third_parties(made, stick / "hadir-wheels")
    with machine(request.param, folder, stick) as kiosk:
        prepare(kiosk)
        kiosk.run("cp /stick/hadir-*.tar /srv")
        yield Place(kiosk, stick, request.param, key, folder / "trees")


@pytest.mark.timeout(1500)
def test_a_kiosk_from_nothing_to_its_removal(place: Place) -> None:
    kiosk = place.kiosk
    _install(kiosk)
    enrol(kiosk)
    taken = [punch(kiosk)]
    _survives_kills(kiosk)
    taken.append(punch(kiosk))
    kiosk.reboot()
    taken.append(punch(kiosk))
    assert punches(kiosk) == taken
    if place.suite == "trixie":
        taken += [_changes_settings_while_it_runs(kiosk), _is_started_anew_when_stuck(kiosk)]
        taken.append(_goes_on_with_a_read_only_root(kiosk))
        assert punches(kiosk) == taken
    _is_backed_up(kiosk)
    _updates(place, taken)
    _is_removed(kiosk)


def _install(kiosk: Machine) -> None:
    steps = install_steps("docs/install.md")
    assert len(steps) <= 3
    began = time.monotonic()
    for step in steps:
        kiosk.run(step)
    print(f"{len(steps)} commands, {(time.monotonic() - began) / 60:.1f} minutes")
    assert status(kiosk)["ready"]
    name = kiosk.run("readlink /opt/hadir/current")
    assert kiosk.json("kioskctl provision site.toml --json")["changed"] is False
    kiosk.run(steps[1])  # again: nothing changes
    assert kiosk.run("readlink /opt/hadir/current") == name
    assert kiosk.run("ls /opt/hadir/versions").split() == [Path(name.strip()).name]
    _is_at_hand(kiosk)
    failed = kiosk.run("systemctl list-units --failed --plain --no-legend 'kiosk*' 'hadir*'")
    assert failed == ""
    units = "/usr/local/lib/systemd/system"
    assert kiosk.run(f"systemd-analyze verify --man=no {units}/*.service {units}/*.timer") == ""


def _is_at_hand(kiosk: Machine) -> None:
    """The manual and the tab key, without anybody having done anything about them."""
    assert "KIOSKCTL" in kiosk.run("cat /usr/local/share/man/man1/kioskctl.1")
    script = "/usr/local/share/bash-completion/completions/kioskctl"
    assert "complete" in kiosk.run(f"bash -c '. {script}; complete -p kioskctl'")
    asked = "COMP_WORDS='kioskctl stat' COMP_CWORD=1 _KIOSKCTL_COMPLETE=bash_complete kioskctl"
    assert kiosk.run(asked).split() == ["plain,status"]


def _survives_kills(kiosk: Machine) -> None:
    kiosk.run("sudo -u hadir-centre hadir-centre init /var/lib/hadir-centre")
    kiosk.run("systemctl start hadir-centre")
    for unit in ("kioskd", "kiosk-face", "kiosk-ui", "kiosk-clock", "hadir-centre"):
        wait_active(kiosk, unit)
        kill(kiosk, unit)
    kiosk.run("systemctl stop hadir-centre")
    wait_reader(kiosk)


def _changes_settings_while_it_runs(kiosk: Machine) -> int:
    pid = kiosk.property("kioskd", "MainPID")
    kiosk.run("sed -i 's/test-1/test-2/' /etc/hadir/policy.toml && systemctl reload kioskd")
    assert (status(kiosk)["policy"], kiosk.property("kioskd", "MainPID")) == ("test-2", pid)
    kiosk.run("sed -i 's/version/versoin/' /etc/hadir/policy.toml")
    kiosk.fails("systemctl reload kioskd")
    kiosk.run("sed -i 's/versoin/version/' /etc/hadir/policy.toml")
    return punch(kiosk)


def _is_started_anew_when_stuck(kiosk: Machine) -> int:
    """Stopped in its tracks, each stops feeding its watchdog; systemd puts another in its place."""
    units = ("kioskd", "kiosk-ui", "hadir-centre")
    for unit in units:
        drop_in = f"[Service]\nWatchdogSec={PATIENCE_S}\nTimeoutAbortSec=5\n"
        kiosk.write(f"/etc/systemd/system/{unit}.service.d/patience.conf", drop_in)
    kiosk.run("systemctl daemon-reload && systemctl restart kioskd kiosk-ui hadir-centre")
    before = [kiosk.property(unit, "MainPID") for unit in units]
    kiosk.run("systemctl kill -s STOP kioskd kiosk-ui hadir-centre")
    for unit, pid in zip(units, before, strict=True):
        wait_another(kiosk, unit, pid)
        assert "watchdog" in kiosk.run(f"journalctl -u {unit} --no-pager").lower()
        kiosk.run(f"rm /etc/systemd/system/{unit}.service.d/patience.conf")
    kiosk.run("systemctl daemon-reload && systemctl stop hadir-centre")
    return punch(kiosk)


def _goes_on_with_a_read_only_root(kiosk: Machine) -> int:
    """As docs/install.md has it: the state on a partition of its own, everything else read-only."""
    kiosk.off()
    partition = kiosk.root.parent / "partition"
    partition.mkdir()
    for name in WRITABLE:
        (kiosk.root / "var/lib" / name).rename(partition / name)
        (kiosk.root / "var/lib" / name).mkdir()
    kiosk.boot("--read-only", *(f"--bind={partition}/{name}:/var/lib/{name}" for name in WRITABLE))
    kiosk.fails("touch /etc/hadir/kiosk.toml")
    taken = punch(kiosk)
    for unit in ("kioskd", "kiosk-face", "kiosk-ui"):
        wait_active(kiosk, unit)
    assert "Read-only file system" in kiosk.fails("HADIR_NO_APT=1 hadir-*/install")
    kiosk.off()
    for name in WRITABLE:
        (kiosk.root / "var/lib" / name).rmdir()
        (partition / name).rename(kiosk.root / "var/lib" / name)
    kiosk.boot()
    return taken


def _is_backed_up(kiosk: Machine) -> None:
    kiosk.run("mkdir /mnt/hadir-backup && mount -t tmpfs -o uid=$(id -u hadir) tmpfs /mnt/hadir-backup")
    kiosk.run("systemctl start hadir-backup")
    tried = kiosk.json("kioskctl restore /mnt/hadir-backup --verify --json")
    assert (tried["people"], tried["fingers"]) == (1, 1)
    assert kiosk.property("hadir-backup.timer", "ActiveState") == "active"


def _updates(place: Place, taken: list[int]) -> None:
    kiosk = place.kiosk
    first = status(kiosk)["software"]
    second = place.update("0.9.2")
    bundles.unsigned(place.stick / "update-0.9.2", place.stick / "unsigned")
    assert "not signed" in kiosk.fails("kioskctl update /stick/unsigned")
    assert status(kiosk)["software"] == first

    kiosk.run(f"kioskctl update {second}")
    assert status(kiosk)["software"] == "hadir 0.9.2"
    taken.append(punch(kiosk))

    said = kiosk.fails("kioskctl update " + place.update("0.9.3", bundles.never_ready))
    assert "was taken back" in said
    assert status(kiosk)["software"] == "hadir 0.9.2"
    taken.append(punch(kiosk))

    if place.suite == "trixie":
        said = kiosk.fails("kioskctl update " + place.update("0.9.5", bundles.without_a_screen))
        assert "kiosk-ui.service" in said
        assert status(kiosk)["software"] == "hadir 0.9.2"
        taken.append(punch(kiosk))

    assert "older" in kiosk.fails("kioskctl update /stick/hadir-0.9.0-*.tar")
    kiosk.run("kioskctl update --rollback")
    assert status(kiosk)["software"] == first
    taken.append(punch(kiosk))
    assert punches(kiosk) == taken
    kiosk.run("kioskctl ledger verify")

    ledger = status(kiosk)["ledger"]["ledger_id"]
    kiosk.fails("kioskctl update " + place.update("0.9.4", bundles.changes_the_ledger))
    after = status(kiosk)
    assert (after["software"], after["ready"]) == (first, True)
    assert ledger in (after["ledger"]["ledger_id"], after["ledger"]["previous"])
    punch(kiosk)
    assert set(taken) <= set(punches(kiosk))


def _is_removed(kiosk: Machine) -> None:
    kiosk.run("hadir-install uninstall")
    assert kiosk.run("find /opt /usr/local -name '*hadir*' -o -name 'kiosk*'") == ""
    kiosk.fails("systemctl is-active kioskd")
    kiosk.run("test -s /var/lib/hadir/kiosk.db && test -s /etc/hadir/kiosk.toml")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("place", SUITES[1:], indirect=True)
def test_a_deb_and_a_checkout_install_the_same(place: Place) -> None:
    kiosk = place.kiosk
    dist = place.trees / "deb/dist"
    dist.mkdir(parents=True)
    (made,) = place.stick.glob("hadir-*.tar")
    (dist / made.name).hardlink_to(made)
    shutil.copytree(ROOT / "packaging", dist.parent / "packaging")
    deb = subprocess.run(
        (str(dist.parent / "packaging/deb.sh"), "amd64"), capture_output=True, text=True, check=True
    ).stdout.strip()
    (dist.parent / deb).rename(place.stick / "hadir.deb")
    kiosk.run("dpkg -i /stick/hadir.deb")
    by_deb = status(kiosk)["software"], kiosk.run("readlink /opt/hadir/current")
    kiosk.run("dpkg -r hadir && test -s /var/lib/hadir/kiosk.db && ! test -e /opt/hadir")

    bundles.checkout(place.stick / "checkout", "0.9.0", source=place.trees / "first")
    kiosk.run("HADIR_NO_APT=1 /stick/checkout/scripts/install.sh --wheels /stick/hadir-wheels")
    assert (status(kiosk)["software"], kiosk.run("readlink /opt/hadir/current")) == by_deb
    kiosk.run("hadir-install uninstall --purge")
    kiosk.run("! test -e /var/lib/hadir && ! test -e /etc/hadir")
    kiosk.run("dpkg -P hadir")
