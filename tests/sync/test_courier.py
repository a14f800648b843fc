"""A stick there and back: exported, imported as over MQTT, the receipt believed; pulled out at any moment."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.payload import Evidence, LedgerPoint
from sync import events
from sync.centre import down
from sync.centre.courier_commands import said
from sync.commands import ShowMessage, read_command
from sync.courier import export as exporting
from sync.courier.export import Photo
from sync.courier.format import Receipt
from sync.courier.receipt import takes_all
from sync.courier.stick import Calls, Folder, StickError, is_safe, safe_name
from sync.courier.stream import CHUNK_BYTES, Opener, Sealer
from sync.documents import Offer
from sync.hello import signed
from sync.inbound import read_ack
from sync.sealing import SealError, receive_private, receive_public
from sync.wire import encode
from tests.sync.book import Book
from tests.sync.courier_world import World
from tests.sync.desk import NOW_MS

CUTS = 16


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_there_and_back_moves_the_cursor_and_tells_the_time(world: World) -> None:
    world.book.person("p1", "198501012010011001", "Ahmad")
    last = world.book.punches(300)
    done = world.export()
    assert (done.manifest.records, done.manifest.photos) == (last, 0)
    counts = [told.records for told in world.told]
    assert (counts[0], counts[-1], {told.of_records for told in world.told}) == (0, last, {last})
    assert counts == sorted(counts)
    assert not [file for file in world.stick.rglob("*.*") if b"Ahmad" in file.read_bytes()]
    (imported,) = world.take_in()
    assert (imported.fault, imported.standing, imported.receipt) == ("", "ok", True)
    (acked,) = world.receipt()
    assert isinstance(acked, events.Acked)
    assert (acked.upto, acked.rtt_ms, acked.road) == (last, 60_000, "courier")
    assert world.desk.faults() == []
    assert [row[0] for row in world.desk.rows("SELECT name FROM people")] == ["Ahmad"]
    world.book.punches(5)
    assert world.export().manifest.records == 5
    assert len(list(world.home.glob("*/manifest.json"))) == 1


def test_importing_twice_stores_once_and_writes_a_receipt_again(world: World) -> None:
    world.book.punches(50)
    world.export()
    world.take_in()
    before = world.desk.rows("SELECT count(*) FROM records")
    (again,) = world.take_in()
    assert (again.fault, again.standing, again.receipt) == ("", "ok", True)
    assert world.desk.rows("SELECT count(*) FROM records") == before
    assert world.desk.faults() == []


def test_two_finished_exports_of_one_kiosk_have_each_its_receipt(world: World) -> None:
    """As when power failed before the older one could be deleted."""
    world.book.punches(10)
    first = world.home / world.export().manifest.export[:8]
    older = first.rename(world.root / "older")
    world.book.punches(10)
    world.export()
    older.rename(first)
    for _ in range(2):  # the second time more is there than the older one holds
        done = world.take_in()
        assert [(one.fault, one.standing) for one in done] == [("", "ok")] * 2
        assert [(one.receipt, one.upto[0][1]) for one in done] == [(True, 11), (True, 21)]
    answered = {(export.parent.name, receipt.export[:8]) for export, receipt in beside(world)}
    assert len(answered) == 2
    assert all(folder == export for folder, export in answered)
    assert [event.upto for event in world.receipt() if isinstance(event, events.Acked)] == [11, 21]
    words = (world.home / "receipt.txt").read_text(encoding="ascii").splitlines()
    assert [read_ack(line.encode(), world.desk.key.public_hex).upto for line in words] == [11, 21]
    world.export()
    assert len(list(world.home.glob("*/manifest.json"))) == 1


def beside(world: World) -> list[tuple[Path, Receipt]]:
    """Where each receipt lies, and it."""
    places = sorted(world.home.glob("*/receipt.bin"))
    return list(zip(places, world.receipts(), strict=True))


def test_two_kiosks_on_one_stick_are_answered_apart(world: World) -> None:
    world.book.punches(5)
    world.export()
    first, world.book = world.book, Book("kiosk-2")
    world.book.receive_key = first.receive_key
    world.book.punches(7)
    world.export()
    assert [(one.device, one.fault) for one in world.take_in()] == [("kiosk-1", ""), ("kiosk-2", "")]
    for book, last in ((world.book, 8), (first, 6)):
        world.book = book
        assert [event.upto for event in world.receipt() if isinstance(event, events.Acked)] == [last]
        assert book.cursors == {book.current.ledger_id: last}


def test_what_a_kiosk_that_died_left_is_kept_until_the_centre_has_it(world: World) -> None:
    """Its successor goes by the same name: another card, other keys, nothing remembered."""
    world.book.punches(10)
    world.export()
    dead, key = world.book, Ed25519PrivateKey.generate()
    world.book, world.sent, world.begun = Book(key=key), [], []
    world.book.receive_key = dead.receive_key
    world.book.punches(3)
    for _ in range(2):
        world.export()
    world.take_in()
    world.desk.approve(world.book)
    assert sorted((one.fault, one.records) for one in world.take_in()) == [("", 4), ("", 11)]
    assert world.desk.rows("SELECT count(*) FROM records") == [(15,)]
    answered = frozenset(one.export for one in world.receipts() if takes_all(one, world.desk.key.public_hex))
    world.export(answered=answered)
    assert len(list(world.home.glob("*/manifest.json"))) == 1


def test_what_the_centre_did_not_take_is_not_said_to_be_there(world: World) -> None:
    world.desk.office = world.unapproving()
    world.book.punches(3)
    world.export()
    world.take_in()
    (receipt,) = world.receipts()
    assert not takes_all(receipt, world.desk.key.public_hex)
    assert not takes_all(msgspec.structs.replace(receipt, letters=()), world.desk.key.public_hex)


def test_an_export_with_photos_stays_when_there_is_no_room_for_them_once_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(1_000)
    world.book.append(Evidence(1, "person", hashlib.sha256(content).hexdigest(), len(content)))
    world.album.photos.append(offered(world.book, content))
    world.export()
    monkeypatch.setattr(exporting, "SPARE_BYTES", 1 << 60)
    world.book.punches(3)
    assert world.export().manifest.photos_left == 1
    assert [one.fault for one in world.take_in()] == ["", ""]
    world.receipt()
    assert world.files_done() == {hashlib.sha256(content).hexdigest()}


def test_a_receipt_read_in_another_boot_tells_no_round_trip(world: World) -> None:
    world.book.punches(3)
    world.export()
    world.take_in()
    (acked,) = world.receipt("boot-2")
    assert isinstance(acked, events.Acked)
    assert (acked.sent_boot_ms, acked.rtt_ms) == (None, None)


def test_what_the_centre_has_not_approved_is_not_acknowledged(world: World) -> None:
    world.desk.office = world.unapproving()
    world.book.punches(3)
    world.export()
    (imported,) = world.take_in()
    assert (imported.standing, imported.receipt) == ("waiting_approval", True)
    assert [event.reason for event in world.receipt() if isinstance(event, events.Refused)] == [
        "waiting_approval"
    ]
    assert world.book.cursors == {}
    world.desk.approve(world.book)
    assert world.take_in()[0].standing == "ok"
    assert isinstance(world.receipt()[0], events.Acked)


def test_another_history_is_quarantined_and_the_kiosk_told_where_they_part(world: World) -> None:
    world.book.punches(10)
    before = world.book.put_back(6)
    world.export()
    world.take_in()
    world.book = before
    world.book.punches(9, "late")
    world.export()
    (imported,) = world.take_in()
    assert imported.standing == "quarantined"
    differs = [event for event in world.receipt() if isinstance(event, events.HeadDiffers)]
    assert [event.common_seq for event in differs][:1] == [6]


def test_an_older_ledger_comes_along_with_the_one_linked_to_it(world: World) -> None:
    world.book.punches(4)
    first = world.book.current
    world.book.open("restored", first_point(world.book))
    world.book.punches(2)
    world.export()
    (imported,) = world.take_in()
    assert (imported.standing, len(imported.upto)) == ("ok", 2)
    assert sorted(event.upto for event in world.receipt() if isinstance(event, events.Acked)) == [3, 5]
    assert world.desk.ledger(first.ledger_id).standing == "closed"


def test_photos_come_along_each_once_and_are_acknowledged_by_their_names(world: World) -> None:
    contents = [os.urandom(70_000) for _ in range(40)]
    for content in contents:
        name = hashlib.sha256(content).hexdigest()
        seq = world.book.punch()
        world.book.append(
            Evidence(punch_seq=seq, kind="person", ciphertext_sha256=name, size_bytes=len(content))
        )
        world.album.photos.append(offered(world.book, content))
    world.album.photos.append(offered(world.book, os.urandom(100)))  # of no record
    assert world.export().manifest.photos == 41
    for _ in range(2):
        (imported,) = world.take_in()
        assert (imported.fault, imported.photos) == ("", 41)
        world.receipt()
        assert world.files_done() == {hashlib.sha256(content).hexdigest() for content in contents}
    assert world.desk.rows("SELECT count(*) FROM files WHERE content IS NOT NULL") == [(40,)]


def test_what_waits_at_the_centre_comes_back_on_the_stick_also_for_a_kiosk_never_online(world: World) -> None:
    world.book.punches(3)
    world.export()
    with world.desk.store.writing() as tx:
        command = ShowMessage(counter=1, expires_ms=NOW_MS + 1, text="Rapat pukul 10")
        down.put(tx, world.book.name, command, NOW_MS)
    world.take_in()
    assert world.desk.rows("SELECT site, status FROM presence") == [("sd-1", "offline")]
    (message,) = [event for event in world.receipt() if isinstance(event, events.Inbound)]
    assert (message.kind, read_command(message.body)) == ("command", command)


def test_large_exports_are_parts_that_are_each_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PART_BYTES", 40_000)
    monkeypatch.setattr(exporting, "BATCH_BYTES", 16_384)
    last = world.book.punches(400)
    done = world.export()
    assert len(done.manifest.parts) > 3
    assert world.take_in()[0].upto[0][1] == last


class Pulled(Calls):
    """The stick is pulled out after `left` calls; what was not on it for sure may be lost or half there."""

    def __init__(self, left: int, seed: int) -> None:
        self.left, self._choose = left, random.Random(seed)
        self._dirty: dict[str, bool] = {}
        self._names: list[tuple[str, str, str]] = []

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(5, "Input/output error")

    def write(self, fd: int, content: memoryview | bytes) -> int:  # type: ignore[override]
        self._count()
        self._dirty[path_of(fd)] = True
        return os.write(fd, content)

    def fsync(self, fd: int) -> None:  # type: ignore[override]
        self._count()
        path = path_of(fd)
        self._dirty.pop(path, None)
        self._names = [name for name in self._names if name[0] != path]

    def create(self, folder: int, name: str) -> int:
        self._count()
        return super().create(folder, name)

    def rename(self, folder: int, old: str, new: str) -> None:
        self._count()
        super().rename(folder, old, new)
        self._names.append((path_of(folder), old, new))
        self._dirty[f"{path_of(folder)}/{new}"] = True  # on vfat its new entry has no size yet

    def mkdir(self, folder: int, name: str) -> None:
        self._count()
        super().mkdir(folder, name)

    def unlink(self, folder: int, name: str) -> None:
        self._count()
        super().unlink(folder, name)

    def rmdir(self, folder: int, name: str) -> None:
        self._count()
        super().rmdir(folder, name)

    def lose(self) -> None:
        """What a stick may look like that was pulled out just then."""
        for path in self._dirty:
            with contextlib.suppress(FileNotFoundError):
                os.truncate(path, self._choose.randrange(Path(path).stat().st_size + 1))
        for folder, old, new in self._names:
            if self._choose.random() < 0.5:
                with contextlib.suppress(FileNotFoundError):
                    Path(folder, new).rename(Path(folder, old))


def path_of(fd: int) -> str:
    return str(Path(f"/proc/self/fd/{fd}").readlink())


def test_pulled_out_at_any_moment_it_is_importable_or_exported_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PART_BYTES", 60_000)
    monkeypatch.setattr(exporting, "BATCH_BYTES", 16_384)
    world.book.punches(250)
    world.export()
    world.book.punches(250)
    last = len(world.book.current.rows)
    fresh = tmp_path / "fresh"
    shutil.copytree(world.stick, fresh)
    whole = Pulled(1_000_000, 0)
    world.calls = whole
    world.export()
    calls = 1_000_000 - whole.left
    whole.lose()
    assert [one.fault for one in world.take_in()] == [""]  # what was said to be done is done
    seed = random.randrange(2**32)
    print(f"seed {seed}, {calls} calls")
    choose = random.Random(seed)
    assert calls > CUTS
    for left in choose.sample(range(calls), CUTS):
        shutil.rmtree(world.stick)
        shutil.copytree(fresh, world.stick)
        world.calls = pulled = Pulled(left, choose.randrange(2**32))
        with contextlib.suppress(StickError):
            world.export()
        pulled.lose()
        found = world.take_in()
        assert {one.fault for one in found} <= {"", "unfinished", "unreadable", "unsigned", "gone"}, found
        assert any(not one.fault for one in found) or left > 0
        world.calls = Calls()
        world.export()
        (again,) = [one for one in world.take_in() if not one.fault]
        assert again.upto == ((world.book.current.ledger_id, last),)
    assert world.desk.rows("SELECT count(*), count(DISTINCT seq) FROM records") == [(last, last)]
    assert world.desk.faults() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")
def test_a_full_and_a_locked_stick_are_said_so_and_left_as_they_were(world: World) -> None:
    world.book.punches(3_000)
    kept = world.stick.rename(world.root / "kept")
    world.stick.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", "size=512k", "none", str(world.stick)), check=True)
    try:
        shutil.copytree(kept / "hadir", world.stick / "hadir")
        with pytest.raises(StickError) as caught:
            world.export()
        assert caught.value.code == "full"
        assert list(world.home.iterdir()) == []
        world.book = Book("kiosk-2")
        world.export()
        subprocess.run(("mount", "-o", "remount,ro", str(world.stick)), check=True)
        with pytest.raises(StickError) as caught:
            world.export()
        assert caught.value.code == "read_only"
        (imported,) = world.take_in()
        assert (imported.fault, imported.receipt, imported.upto[0][1]) == ("read_only", False, 1)
        assert "taken, but the stick takes no receipt (read_only)" in said(imported)
    finally:
        subprocess.run(("umount", str(world.stick)), check=True)


def test_a_sealed_stream_opens_whole_or_not_at_all() -> None:
    seed = bytes(range(32))
    public = receive_public(key_of(seed))
    for size in (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES + 7):
        content, sealed = os.urandom(size), bytearray()
        sealer = Sealer(sealed.extend, public, "here")
        sealer.write(content)
        sealer.finish()
        assert opened(bytes(sealed), seed, "here", size + 9) == content
        for wrong in (sealed[:-1], sealed[: len(sealed) // 2], sealed + b"\0", b"X" + sealed[1:]):
            with pytest.raises(SealError):
                opened(bytes(wrong), seed, "here", size + 9)
        with pytest.raises(SealError):
            opened(bytes(sealed), seed, "there", size + 9)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("r0001.bin", True), ("manifest.json.new", True), ("rekap-2026-11.xlsx", True), ("con", False),
        ("aux.txt", False), ("..", False), ("a/b", False), ("R0001.BIN", False), (".hidden", False),
        ("ends.", False), ("é", False), ("a" * 40, False), ("nul", False), ("", False), ("a\n", False),
    ],
)  # fmt: skip
def test_names_are_ones_that_every_system_takes_the_same_way(name: str, safe: bool) -> None:
    assert is_safe(name) is safe


def test_two_devices_never_share_a_folder() -> None:
    names = [
        "kiosk-1",
        "Kiosk-1",
        "kiosk:1",
        "KIOSK-1",
        "con",
        "com1",
        "kiosk 1",
        "x" * 60,
        "x" * 61,
        "é",
        "..",
        ".",
    ]
    assert len({safe_name(name) for name in names}) == len(names)
    assert all(is_safe(safe_name(name)) for name in names)


def test_a_folder_with_thousands_of_names_is_not_read(tmp_path: Path) -> None:
    for number in range(4_200):
        (tmp_path / f"f{number}").touch()
    with Folder.at(tmp_path) as folder, pytest.raises(StickError) as caught:
        folder.names()
    assert caught.value.code == "hostile"


def opened(sealed: bytes, seed: bytes, bound: str, count: int) -> bytes:
    at = 0

    def read(size: int) -> bytes:
        nonlocal at
        at += size
        return sealed[at - size : at]

    return Opener(read, receive_private(seed), bound).take(count)


def key_of(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def offered(book: Book, content: bytes) -> Photo:
    """A photo as it waits for the centre."""
    offer = Offer(sha256=hashlib.sha256(content).hexdigest(), size=len(content), key="ab" * 80)
    return Photo(signed("evidence", book.name, encode(offer).decode(), book.sign_key, book), content)


def first_point(book: Book) -> LedgerPoint:
    head = book.current.head
    return LedgerPoint(head.ledger_id, head.seq, head.hash.hex())
