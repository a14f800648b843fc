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
from tests.install.kiosk_in import enrol, kill, prepare, punch, punches, status, wait_active, wait_reader
from tests.install.nspawn import Machine, machine
from tests.install.steps import install_steps

SUITES = [
    pytest.param("bookworm", marks=[pytest.mark.slow, pytest.mark.slow_ci]),
    pytest.param("trixie", marks=pytest.mark.slow),
]


Spoil = Callable[[Path], None]


@dataclass
class Place:
    """The machine, the stick in it, and what was made for it."""

    kiosk: Machine
    stick: Path
    python: str
    key: Path
    trees: Path

    def update(self, version: str, spoil: Spoil = lambda tree: None, *, signed: bool = True) -> str:
        """A bundle of `version` on the stick; the path under which the kiosk sees it."""
        tree = bundles.checkout(self.trees / version, version, spoil, self.trees / "first")
        made = bundles.bundle(
            tree, self.trees / "out", self.python, key=self.key if signed else None,
            wheels=self.stick / "hadir-wheels",
        )  # fmt: skip
        name = f"update-{version}-{'signed' if signed else 'unsigned'}"
        made.rename(self.stick / name)
        return f"/stick/{name}"


@pytest.fixture(scope="module", params=SUITES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp(request.param)
    stick, key = folder / "stick", folder / "update.key"
    subprocess.run((sys.executable, "-m", "kiosk.install", "key", str(key)), check=True, cwd=ROOT)
    python = bundles.PYTHON_OF[request.param]
    tree = bundles.checkout(folder / "trees/first", "0.9.0")
    made = bundles.bundle(tree, stick, python, key=key)
    bundles.third_parties(made, stick / "hadir-wheels")
    with machine(request.param, folder, stick) as kiosk:
        prepare(kiosk)
        kiosk.run("cp /stick/hadir-*.tar /srv")
        yield Place(kiosk, stick, python, key, folder / "trees")


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
    kiosk.run(steps[1])  # again: nothing changes
    assert kiosk.run("readlink /opt/hadir/current") == name
    assert kiosk.run("ls /opt/hadir/versions").split() == [Path(name.strip()).name]
    _is_at_hand(kiosk)
    failed = kiosk.run("systemctl list-units --failed --plain --no-legend 'kiosk*' 'hadir*'")
    assert failed == ""


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
    for unit in ("kioskd", "kiosk-ui", "kiosk-clock", "hadir-centre"):
        wait_active(kiosk, unit)
        kill(kiosk, unit)
    kiosk.run("systemctl stop hadir-centre")
    wait_reader(kiosk)


def _is_backed_up(kiosk: Machine) -> None:
    kiosk.run("mkdir /mnt/hadir-backup && mount -t tmpfs -o uid=$(id -u hadir) tmpfs /mnt/hadir-backup")
    kiosk.run("systemctl start hadir-backup")
    tried = kiosk.json("kioskctl restore /mnt/hadir-backup --verify --json")
    assert (tried["people"], tried["fingers"]) == (1, 1)
    assert kiosk.property("hadir-backup.timer", "ActiveState") == "active"


def _updates(place: Place, taken: list[int]) -> None:
    kiosk = place.kiosk
    first = status(kiosk)["software"]
    assert "not signed" in kiosk.fails("kioskctl update " + place.update("0.9.1", signed=False))
    assert status(kiosk)["software"] == first

    kiosk.run("kioskctl update " + place.update("0.9.2"))
    assert status(kiosk)["software"] == "hadir 0.9.2"
    taken.append(punch(kiosk))

    said = kiosk.fails("kioskctl update " + place.update("0.9.3", bundles.never_ready))
    assert "was taken back" in said
    assert status(kiosk)["software"] == "hadir 0.9.2"
    taken.append(punch(kiosk))

    assert "older" in kiosk.fails("kioskctl update " + place.update("0.8.9"))
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
