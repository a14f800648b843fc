"""A stick with a real kernel's vfat, pulled out at any write it was sent: importable, or exported again.

The export runs in a machine whose kernel knows vfat; each write and flush to the stick is kept in order. Here
the stick is made as a pull at each of many points leaves it, mended as any system does, and imported.
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from kiosk.core.payload import Evidence
from kiosk.daemon.courier_child import Task
from kiosk.daemon.courier_run import CourierRun
from kiosk.daemon.evidence import EvidenceStore
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.ledger_source import StoreSource
from kiosk.daemon.store import Store
from sync.centre.courier import Imported, Importer, prepare
from sync.courier import export as exporting
from sync.courier.format import ROOT, Receipt
from sync.courier.receipt import read_receipt
from sync.courier.stick import CALLS, Calls
from sync.hello import DeviceHello, state_message
from sync.topics import DeviceName
from tests.store.samples import IDENTITY, add_person, at, punch
from tests.sync.courier_world import World
from tests.sync.desk import NOW_MS, Desk
from tests.upkeep.machine import HOUSE, INIT, Machine, kernel, pack_initramfs
from tests.upkeep.test_power_cut import disks_after
from tests.upkeep.write_log import read_log

MODULES = (
    "virtio_pci", "virtio_blk", "vfat", "nls_cp437", "nls_ascii", "nls_iso8859-1", "nls_utf8", "9pnet_virtio",
    "9p",
)  # fmt: skip
OPTIONS = "noexec,nosuid,nodev,noatime"
STICK_INIT = INIT[: INIT.index("/bin/busybox mount -t ext4")] + INIT[INIT.index("cd /house\nexec") :]
NAME = DeviceName(IDENTITY.tenant, IDENTITY.device_id)
PHOTO_BYTES = 20_000


@dataclass
class School:
    """A kiosk's state folder, and the centre it belongs to."""

    root: Path
    records: int
    photos: int

    def __post_init__(self) -> None:
        self.state = self.root / "state"
        self.state.mkdir()
        (self.root / "centre").mkdir()
        self.desk = Desk(self.root / "centre")
        self.keys = DeviceKeys.load_or_create(self.state / "keys")
        store = Store.open(self.state, self.keys, IDENTITY, at(), reserve_mb=0)
        add_person(store)
        evidence = EvidenceStore.open(self.state)
        while store.head.seq < self.records - 2 * self.photos:
            with store.transaction() as transaction:
                for _ in range(min(1_000, self.records - 2 * self.photos - store.head.seq)):
                    transaction.append(punch(), at(store.head.seq))
        for _ in range(self.photos):
            with store.transaction() as transaction:
                seq = transaction.append(punch(), at()).seq
                kept = evidence.put(secrets.token_bytes(PHOTO_BYTES), store.head.ledger_id, seq, "person")
                transaction.append(
                    Evidence(
                        punch_seq=seq, kind="person", ciphertext_sha256=kept.ciphertext_sha256,
                        size_bytes=kept.size_bytes,
                    ),
                    at(),
                )  # fmt: skip
        self.last = store.head.seq
        store.close()

    def task(self, path: Path) -> Task:
        hello = DeviceHello(self.keys.sign_public, self.keys.receive_public, "0.1", "sd-1", "boot-1")
        state = state_message(hello, NAME, StoreSource(self.state, self.keys), "offline").decode()
        return Task(
            do="export", path=str(path), state_dir=str(self.state), tenant=NAME.tenant, device=NAME.device,
            centre_key=self.desk.key.public_hex, export=secrets.token_hex(16), seal="a seal", state=state,
        )  # fmt: skip

    def prepared(self) -> Path:
        """A folder with what a prepared stick has on it."""
        folder = self.root / "prepared"
        folder.mkdir(exist_ok=True)
        prepare(folder, NAME.tenant, self.desk.key, NOW_MS)
        return folder

    def take_in(self, stick: Path) -> list[Imported]:
        return Importer(self.desk.store, self.desk.office, self.desk.key, lambda: NOW_MS).stick(stick)

    def receipt(self, stick: Path) -> Receipt:
        (sealed,) = stick.joinpath(ROOT, NAME.tenant, NAME.device).glob("*/receipt.bin")
        return read_receipt(sealed.read_bytes(), self.keys.unseal, NAME, self.desk.key.public_hex)


def blank_stick(school: School, size_mb: int) -> Path:
    """An image with FAT32 on it, prepared by the centre."""
    image = school.root / "stick.img"
    with image.open("wb") as file:
        file.truncate(size_mb << 20)
    run("mkfs.vfat", "-F", "32", "-n", "HADIR", str(image))
    run("mcopy", "-i", str(image), "-s", str(school.prepared() / ROOT), "::")
    return image


def exported(school: School, image: Path) -> Path:
    """Let a machine export to the stick; the log of what the stick was sent."""
    found = kernel()
    if found is None:
        pytest.skip("needs qemu-system-x86, busybox-static and linux-image-amd64 to have a kernel with vfat")
    task = school.root / "task.json"
    task.write_bytes(msgspec.json.encode(school.task(Path("/mnt"))))
    command = f"cd {HOUSE} && PYTHONPATH={HOUSE} exec {sys.executable} -m tests.upkeep.stick_guest {task}"
    machine = Machine(
        found, pack_initramfs(school.root, found, STICK_INIT, command, MODULES), image,
        school.root / "writes.log", memory_mb=2_048,
    )  # fmt: skip
    machine.start()
    try:
        for word, value in machine.lines(1_800):
            assert word != "wrong", (value, machine.noise[-30:])
            if word == "stored":
                assert value == school.last
                break
        else:
            raise AssertionError(machine.noise[-30:])
    finally:
        machine.cut()
    assert machine.log
    return machine.log


def contents(image: Path, to: Path) -> Path:
    """What a system finds on the stick after it has mended it."""
    subprocess.run(("fsck.vfat", "-a", "-w", str(image)), capture_output=True, check=False)
    run("rm", "-rf", str(to))  # a lost write may have made a folder that holds itself: mcopy goes deep
    to.mkdir()
    copy = ("mcopy", "-s", "-n", "-m", "-i", str(image), f"::{ROOT}", str(to))
    subprocess.run(copy, capture_output=True, check=False, env={**os.environ, "MTOOLS_SKIP_CHECK": "1"})
    return to


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


class Snapshots(Calls):
    """Copies the stick's image at some of the calls, counted over its life."""

    def __init__(self, image: Path, at_calls: set[int]) -> None:
        self._image, self._at = image, at_calls
        self.calls = 0
        self.copies: list[Path] = []

    def _count(self) -> None:
        self.calls += 1
        if self.calls in self._at:
            self.copies.append(self._image.with_name(f"cut{self.calls}.img"))
            shutil.copy(self._image, self.copies[-1])

    def write(self, fd: int, content: memoryview | bytes) -> int:  # type: ignore[override]
        self._count()
        return os.write(fd, content)

    def fsync(self, fd: int) -> None:  # type: ignore[override]
        os.fsync(fd)
        self._count()

    def rename(self, folder: int, old: str, new: str) -> None:
        self._count()
        super().rename(folder, old, new)


@contextmanager
def mounted(image: Path, at_: Path) -> Iterator[None]:
    run("mount", "-o", f"loop,{OPTIONS}", str(image), str(at_))
    try:
        yield
    finally:
        run("umount", str(at_))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount")
@pytest.mark.parametrize("kind", ["vfat", "ext4"])
def test_on_a_loop_device(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its image as it is at five moments of an export, and after it."""
    subprocess.run(("modprobe", kind), capture_output=True, check=False)
    if kind not in Path("/proc/filesystems").read_text(encoding="ascii").split():
        pytest.skip(
            f"THIS KERNEL HAS NO {kind}: only the slow test tries it, in a machine with another kernel"
        )
    monkeypatch.setattr(exporting, "PART_BYTES", 40_000)
    monkeypatch.setattr(exporting, "BATCH_BYTES", 16_384)
    image = tmp_path / "stick.img"
    with image.open("wb") as file:
        file.truncate(24 << 20)
    run(f"mkfs.{kind}", *(("-q", "-F") if kind == "ext4" else ()), str(image))
    (tmp_path / "stick").mkdir()
    with mounted(image, tmp_path / "stick"):
        world = World(tmp_path)
        last = world.book.punches(500)
        world.calls = taken = Snapshots(image, {5, 12, 19, 26, 33})
        world.export()
        os.sync()
    assert len(taken.copies) == 5
    for copy in [*taken.copies, image]:
        with mounted(copy, tmp_path / "stick"):
            found = world.take_in() if (world.stick / ROOT).exists() else []
            assert {one.fault for one in found} <= {"", "unfinished", "unreadable"}
            assert copy != image or found[0].upto[0][1] == last
            world.calls = CALLS
            if not (world.stick / ROOT).exists():
                prepare(world.stick, world.book.name.tenant, world.desk.key, NOW_MS)
            world.export()
            assert [one.upto[0][1] for one in world.take_in() if not one.fault] == [last]
    assert world.desk.rows("SELECT count(*), count(DISTINCT seq) FROM records") == [(last, last)]


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    ("records", "photos", "cuts", "size_mb"),
    [
        pytest.param(3_000, 60, 8, 64, marks=pytest.mark.slow_ci),
        (int(os.environ.get("RECORDS", "100000")), int(os.environ.get("PHOTOS", "2000")), 20, 512),
    ],
)
def test_pulled_out_at_any_write(records: int, photos: int, cuts: int, size_mb: int) -> None:
    root = Path(os.environ.get("STICK_ROOT", "/var/tmp")) / f"hadir-stick-{secrets.token_hex(4)}"
    root.mkdir()  # where the machine sees it too: its /tmp is its own
    try:
        pull_often(School(root, records, photos), cuts, size_mb)
    finally:
        run("rm", "-rf", str(root))


def pull_often(school: School, cuts: int, size_mb: int) -> None:
    image = blank_stick(school, size_mb)
    base = school.root / "base.img"
    shutil.copy(image, base)
    log = exported(school, image)
    writes = read_log(log)
    seed = random.randrange(2**32)
    print(f"seed {seed}, {len(writes)} writes")
    choose = random.Random(seed)
    points = sorted({*choose.sample(range(1, len(writes)), cuts - 1), len(writes)})
    whole = again = 0
    for pulled in disks_after(log, base, writes, points, choose):
        stick = contents(pulled, school.root / "found")
        found = school.take_in(stick) if (stick / ROOT).exists() else []
        print(points, [f"{one.fault} {one.words}" for one in found])
        assert {one.fault for one in found} <= {"", "unfinished", "unreadable", "unsigned", "hostile", "gone"}
        if any(not one.fault for one in found):
            whole += 1
            check(school, stick)
            continue
        again += 1
        if not (stick / ROOT / "stick.json").exists():
            prepare(stick, NAME.tenant, school.desk.key, NOW_MS)
        CourierRun().do(school.task(stick))
        assert [one.fault for one in school.take_in(stick) if not one.fault] == [""]
        check(school, stick)
    print(f"{len(points)} pulls: {whole} importable as found, {again} exported again")
    assert whole >= 1
    assert school.desk.faults() == []


def check(school: School, stick: Path) -> None:
    """Everything is at the centre once, and the receipt says so."""
    counts = school.desk.rows("SELECT count(*), count(DISTINCT seq) FROM records")
    assert counts == [(school.last, school.last)]
    held = school.desk.rows("SELECT count(*) FROM files WHERE content IS NOT NULL")
    assert held == [(school.photos,)]
    lanes = [lane for lane, _ in school.receipt(stick).letters]
    assert (lanes.count("ack"), lanes.count("evidence")) == (1, school.photos)
