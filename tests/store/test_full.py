"""A full disk: photos go first, then the reserve; only then a punch is refused, and none is half written."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.core.record import decode_body
from kiosk.daemon.evidence import EvidenceStore
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Store, StoreFull, StoreReadOnly
from kiosk.daemon.verify_file import verify_file
from tests.store.samples import IDENTITY, append, at, punch

SMALL_MB = 8


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_MB}m", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can be mounted by root only")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(folder: Path) -> Path:
    """Leave no byte free."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            while True:
                try:
                    file.write(bytes(size))
                except OSError:
                    break
    return ballast


def punch_until_refused(store: Store) -> int:
    count = 0
    while count < 100_000:
        try:
            append(store, punch())
        except StoreFull:
            break
        count += 1
    return count


def test_photos_go_first_then_the_reserve_then_punches_are_refused(small_disk: Path) -> None:
    keys = DeviceKeys.load_or_create(small_disk / "keys")
    store = Store.open(small_disk, keys, IDENTITY, at(), reserve_mb=1)
    evidence = EvidenceStore.open(small_disk)
    photos = [evidence.put(bytes(200_000), store.head.ledger_id, 2, "photo") for _ in range(4)]
    store.room.photos = evidence.give_up
    ballast = fill(small_disk)
    taken = punch_until_refused(store)
    assert taken > 500
    assert not (small_disk / "reserve").exists()
    told = [decode_body(row.body) for row in store.records(store.head.ledger_id, 0, 1 << 30, 1 << 20)]
    removed = [
        name
        for record in told
        if record.type == "evidence_removed"
        for name in record.data["ciphertext_sha256s"]
    ]
    assert sorted(removed) == sorted(photo.ciphertext_sha256 for photo in photos)
    assert len(store.recent_punches("p1", 1 << 20)) == taken
    head = store.head
    ballast.unlink()
    assert append(store, punch())[0].seq == head.seq + 1
    store.checkpoint()
    store.idle()
    assert (small_disk / "reserve").exists()
    assert not store.room.tight
    store.close()
    assert verify_file(small_disk / "kiosk.db").ok


def test_a_kiosk_starts_on_a_full_disk_and_uses_its_reserve(small_disk: Path) -> None:
    keys = DeviceKeys.load_or_create(small_disk / "keys")
    store = Store.open(small_disk, keys, IDENTITY, at(), reserve_mb=1)
    append(store, punch())
    store.close()
    fill(small_disk)
    store = Store.open(small_disk, keys, IDENTITY, at(), reserve_mb=1)
    append(store, punch())
    assert len(store.recent_punches("p1")) == 2
    store.close()


def test_a_file_system_that_turned_read_only_is_named(small_disk: Path) -> None:
    keys = DeviceKeys.load_or_create(small_disk / "keys")
    Store.open(small_disk, keys, IDENTITY, at(), reserve_mb=1).close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreReadOnly) as refused:
        Store.open(small_disk, keys, IDENTITY, at(), reserve_mb=1)
    assert "mount" in refused.value.hint


def test_a_database_that_cannot_grow_refuses_the_punch_and_keeps_its_head(store: Store) -> None:
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages + 4}")
    taken = punch_until_refused(store)
    head = store.head
    assert head.seq == taken + 1
    assert len(store.recent_punches("p1", 1000)) == taken
    store._db.execute("PRAGMA max_page_count = 100000")
    append(store, punch())
    assert store.head.seq == head.seq + 1
    assert store.rebuild().differences == 0


def test_room_made_in_the_middle_of_a_batch_saves_the_whole_batch(store: Store) -> None:
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages + 2}")

    def grow(_: int) -> tuple[str, ...]:
        now = store._db.execute("PRAGMA max_page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {now + 3}")
        return (f"photo-{now}",)

    store.room.photos = grow
    append(store, *[punch() for _ in range(100)])
    assert len(store.recent_punches("p1", 1000)) == 100
    assert store.rebuild().differences == 0
