"""A whole machine is cut while people punch, real kernel, real ext4: nothing shown is lost or doubled."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Identity, Store
from kiosk.daemon.verify_file import verify_file
from kiosk.demo.folder import DEVICE
from tests.e2e.rig import PEOPLE, Rig
from tests.store.samples import append, at, punch
from tests.upkeep.machine import Machine, build_disk, build_initramfs, kernel
from tests.upkeep.write_log import Write, apply, lose_some, read_log, told_before

CUTS = int(os.environ.get("CUTS", "200"))
KILLS = int(os.environ.get("KILLS", "50"))
PUNCHES = int(os.environ.get("PUNCHES", "80"))
NUMBERS = [number for number, _ in PEOPLE]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A kiosk with three people enrolled, on a disk of its own."""
    found = kernel()
    if found is None:
        pytest.skip("needs qemu-system-x86, busybox-static and linux-image-amd64")
    state = tmp_path / "kiosk"
    rig = Rig(state, reserve_mb=1)
    try:
        rig.start("reader", "kioskd")
        rig.wait_reader()
        for number, name in PEOPLE:
            rig.enrol(number, name)
        rig.stop("kioskd")
        rig.stop("reader")
    finally:
        rig.close()
    build_disk(tmp_path / "disk.img", state)
    shutil.rmtree(state)
    state.mkdir()  # to mount the disk on, wherever the host keeps temporary files
    return Machine(found, build_initramfs(tmp_path, found, state, NUMBERS), tmp_path / "disk.img")


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("kills", "punches", "cuts"),
    [
        pytest.param(3, 20, 60, marks=pytest.mark.slow_ci, id="short"),
        pytest.param(1, PUNCHES, CUTS, id="long"),
    ],
)
def test_cuts_at_any_write_lose_and_double_nothing(
    machine: Machine, tmp_path: Path, kills: int, punches: int, cuts: int
) -> None:
    """A machine is killed while punching; its last disk, too, as a cut at each of many points leaves it."""
    kiosk = Kiosk(machine)
    for _ in range(kills - 1):
        kiosk.live_and_die()
    shown = set(kiosk.shown)
    machine.log, base = tmp_path / "writes.log", tmp_path / "base.img"
    shutil.copy(machine.disk, base)
    kiosk.live_and_die(ticks=punches)
    writes = read_log(machine.log)
    chosen = sorted(kiosk.choose.sample(range(1, len(writes) + 1), min(cuts, len(writes))))
    told: set[int] = set()
    for number, image in enumerate(disks_after(machine.log, base, writes, chosen, kiosk.choose)):
        told = told_before(writes, chosen[number])
        check_disk(image, shown | told, tmp_path / "mnt", kiosk.touches)
    print(
        f"{kills} kills, {len(chosen)} cuts among {len(writes)} writes, {len(shown | told)} punches shown: "
        "0 lost, 0 doubled"
    )
    assert len(told) >= punches * 3 // 4


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_machine_killed_while_punching_boots_and_goes_on(machine: Machine, tmp_path: Path) -> None:
    kiosk = Kiosk(machine)
    for _ in range(KILLS):
        kiosk.live_and_die()
    kiosk.boot()
    machine.cut()
    print(f"{KILLS} kills, {len(kiosk.shown)} punches shown: 0 lost, 0 doubled")
    assert len(kiosk.shown) >= KILLS
    verify_disk(machine, tmp_path)


class Kiosk:
    """What was seen on the screen of a machine over its lives, and how many fingers it was shown."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.shown, self.touches = machine, set[int](), 0
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        self.choose = random.Random(seed)

    def boot(self) -> None:
        """Every punch shown before is there, once."""
        self.machine.said.clear()
        self.machine.start()
        stored = self.machine.wait_for("stored")
        assert self.shown <= set(stored), sorted(self.shown - set(stored))
        assert len(stored) == len(set(stored)) <= self.touches

    def live_and_die(self, ticks: int = 1) -> None:
        """Boot, take at least `ticks` punches, and have the power cut at some moment after."""
        try:
            self.boot()
            for _ in range(ticks):
                self.machine.wait_for("tick")
            for _ in self.machine.lines(self.choose.uniform(0, 2.5)):
                pass
        finally:
            self.machine.cut()
        said = self.machine.said
        assert not [value for word, value in said if word == "wrong"], said
        self.shown |= {value for word, value in said if word == "tick"}
        self.touches += max(value for word, value in said if word == "touch")


def disks_after(
    log: Path, base: Path, writes: list[Write], cuts: list[int], choose: random.Random
) -> Iterator[Path]:
    """For each cut an image: what was flushed for sure, and some of what was sent since."""
    sure, image, done = base.with_name("sure.img"), base.with_name("cut.img"), 0
    shutil.copy(base, sure)
    with log.open("rb") as words:
        for cut in cuts:
            flushed = max((n + 1 for n in range(done, cut) if writes[n].flush), default=done)
            with sure.open("r+b") as disk:
                for write in writes[done:flushed]:
                    apply(words, disk, write)
            done = flushed
            subprocess.run(("cp", "--sparse=always", str(sure), str(image)), check=True)
            with image.open("r+b") as disk:
                lose_some(words, disk, writes[flushed:cut], choose)
            yield image


def check_disk(image: Path, told: set[int], mount: Path, touches: int) -> None:
    """The kernel mounts it, the store opens on it, every told punch is there once, the ledger verifies."""
    mount.mkdir(exist_ok=True)
    subprocess.run(("mount", "-o", "loop", str(image), str(mount)), check=True)
    try:
        keys = DeviceKeys.load_or_create(mount / "keys")
        store = Store.open(mount, keys, Identity("demo", DEVICE, "test"), at(), reserve_mb=0)
        with contextlib.closing(store):
            seqs = [row.seq for row in store.records(store.head.ledger_id, 0, 1 << 30, 1 << 20)
                    if b'"type":"punch"' in row.body]  # fmt: skip
            assert store.opened == "same"
            append(store, punch())
        assert told <= set(seqs), sorted(told - set(seqs))
        assert len(seqs) == len(set(seqs)) <= touches
        assert verify_file(mount / "kiosk.db").ok
    finally:
        subprocess.run(("umount", str(mount)), check=True)


def verify_disk(machine: Machine, tmp_path: Path) -> None:
    """The file system is sound after its journal's replay, and so is the ledger on it."""
    checked = subprocess.run(
        ("e2fsck", "-f", "-y", str(machine.disk)), capture_output=True, text=True, check=False
    )
    assert checked.returncode in (0, 1), checked.stdout
    for name in ("kiosk.db", "kiosk.db-wal", "head.witness"):
        subprocess.run(
            ("debugfs", "-R", f"dump /{name} {tmp_path / name}", str(machine.disk)),
            check=True,
            capture_output=True,
        )
    assert verify_file(tmp_path / "kiosk.db").ok
