"""A stick made to harm whoever reads it: refused in words, nothing followed, nothing outside it touched."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.sign import message_statement
from sync.centre.courier import prepare
from sync.centre.keys import CentreKey
from sync.courier.format import (
    MANIFEST,
    PAIRING,
    Manifest,
    Part,
    Receipt,
    part_bound,
    read_pairing,
    receipt_bound,
    signed,
)
from sync.courier.receipt import STATEMENT, find_receipts, read_receipt, sent_of
from sync.courier.stick import Folder, StickError
from sync.courier.stream import Sealer
from sync.sealing import receive_public, seal
from sync.wire import PROTOCOL, Signed, encode
from tests.sync.book import Book
from tests.sync.courier_world import World

Harm = Callable[[World, Path], None]


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.book.punches(40)
    made.export()
    (tmp_path / "outside").write_text("untouched")
    return made


def folder_of(world: World) -> Path:
    (found,) = [path for path in world.home.iterdir() if path.is_dir()]
    return found


def part_of(world: World) -> Path:
    return folder_of(world) / "r0001.bin"


def resign(world: World, key: Ed25519PrivateKey | None = None, **fields: object) -> None:
    """Another manifest, signed by the device itself or by whoever."""
    path = folder_of(world) / MANIFEST
    manifest = msgspec.json.decode(msgspec.json.decode(path.read_bytes(), type=Signed).body, type=Manifest)
    put_body(world, path, msgspec.to_builtins(manifest) | fields, key or world.book.key)


def put_body(world: World, path: Path, body: dict[str, object], key: Ed25519PrivateKey) -> None:
    text = msgspec.json.encode(body).decode()
    statement = message_statement("courier", str(body["tenant"]), str(body["device"]), text)
    public = key.public_key().public_bytes_raw().hex()
    path.write_bytes(encode(Signed(PROTOCOL, text, public, key.sign(statement).hex())))


def put_part(world: World, content: bytes, bound: str | None = None) -> None:
    """A part of the device's own making: sealed, named and signed as it should be."""
    sealed = bytearray()
    manifest = msgspec.json.decode(
        msgspec.json.decode((folder_of(world) / MANIFEST).read_bytes(), type=Signed).body, type=Manifest
    )
    centre = receive_public(bytes.fromhex(world.desk.key.public_hex))
    sealer = Sealer(sealed.extend, centre, bound or part_bound(world.book.name, manifest.export, "r0001.bin"))
    sealer.write(content)
    sealer.finish()
    part_of(world).write_bytes(sealed)
    part = Part("r0001.bin", len(sealed), hashlib.sha256(sealed).hexdigest())
    resign(world, parts=[msgspec.to_builtins(part)])


def a_link_for_a_part(world: World, outside: Path) -> None:
    part_of(world).unlink()
    part_of(world).symlink_to(outside)


def a_link_for_the_manifest(world: World, outside: Path) -> None:
    (folder_of(world) / MANIFEST).unlink()
    (folder_of(world) / MANIFEST).symlink_to(outside)


def a_link_for_the_export(world: World, outside: Path) -> None:
    shutil.rmtree(folder_of(world))
    (world.home / "00000001").symlink_to("/etc")


def a_pipe_for_a_part(world: World, outside: Path) -> None:
    part_of(world).unlink()
    os.mkfifo(part_of(world))


def a_device_for_a_part(world: World, outside: Path) -> None:
    part_of(world).unlink()
    os.mknod(part_of(world), 0o020666, os.makedev(1, 5))  # /dev/zero


def a_huge_manifest(world: World, outside: Path) -> None:
    os.truncate(folder_of(world) / MANIFEST, 1 << 40)


def a_huge_part(world: World, outside: Path) -> None:
    os.truncate(part_of(world), 1 << 40)


def a_manifest_of_nothing(world: World, outside: Path) -> None:
    (folder_of(world) / MANIFEST).write_bytes(b"\xff" * 500)


def a_deep_manifest(world: World, outside: Path) -> None:
    (folder_of(world) / MANIFEST).write_bytes(b"[" * 900_000)


def a_name_that_climbs(world: World, outside: Path) -> None:
    part = {"name": "../../../outside", "size_bytes": 9, "sha256": "0" * 64}
    resign(world, parts=[part])


def thousands_of_parts(world: World, outside: Path) -> None:
    part = {"name": "r0001.bin", "size_bytes": 9, "sha256": "0" * 64}
    resign(world, parts=[part] * 5_000)


def anothers_signature(world: World, outside: Path) -> None:
    path = folder_of(world) / MANIFEST
    message = msgspec.json.decode(path.read_bytes(), type=Signed)
    path.write_bytes(encode(msgspec.structs.replace(message, key="11" * 32)))


def anothers_name(world: World, outside: Path) -> None:
    resign(world, device="kiosk-2")


def bytes_changed(world: World, outside: Path) -> None:
    content = bytearray(part_of(world).read_bytes())
    content[len(content) // 2] ^= 1
    part_of(world).write_bytes(content)


def a_part_cut_short(world: World, outside: Path) -> None:
    os.truncate(part_of(world), part_of(world).stat().st_size // 2)


def a_part_of_another_export(world: World, outside: Path) -> None:
    put_part(world, b"", part_bound(world.book.name, "f" * 32, "r0001.bin"))


def a_part_that_is_no_letters(world: World, outside: Path) -> None:
    put_part(world, b"\0" * 5_000_000)


def a_letter_of_four_gigabytes(world: World, outside: Path) -> None:
    put_part(world, b"B" + b"\xff\xff\xff\xff" + b"x" * 100)


def a_letter_that_never_ends(world: World, outside: Path) -> None:
    put_part(world, b"B" + (5_000).to_bytes(4, "big") + b"x" * 100)


HARMS: dict[Harm, str] = {
    a_link_for_a_part: "hostile", a_link_for_the_manifest: "hostile", a_link_for_the_export: "hostile",
    a_pipe_for_a_part: "hostile", a_device_for_a_part: "hostile", a_huge_manifest: "too_large",
    a_huge_part: "too_large", a_manifest_of_nothing: "unreadable", a_deep_manifest: "unreadable",
    a_name_that_climbs: "unreadable", thousands_of_parts: "unreadable", anothers_signature: "unsigned",
    anothers_name: "foreign", bytes_changed: "unreadable", a_part_cut_short: "unreadable",
    a_part_of_another_export: "unreadable", a_part_that_is_no_letters: "unreadable",
    a_letter_of_four_gigabytes: "unreadable", a_letter_that_never_ends: "unreadable",
}  # fmt: skip


@pytest.mark.parametrize(("harm", "code"), HARMS.items(), ids=lambda one: getattr(one, "__name__", one))
def test_the_centre_refuses_it_and_takes_in_the_other_kiosks(
    world: World, tmp_path: Path, harm: Harm, code: str
) -> None:
    outside = tmp_path / "outside"
    harm(world, outside)
    neighbour, world.book = world.book, Book("kiosk-9")
    world.book.punches(2)
    world.export()
    world.book = neighbour
    found = {one.device: one for one in world.take_in()}
    assert found.pop("kiosk-9").fault == ""
    (refused,) = found.values()
    assert (refused.fault, refused.receipt) == (code, False), refused.words
    assert refused.words
    assert outside.read_text() == "untouched"
    assert not list(world.home.glob("**/receipt.bin"))
    assert world.desk.faults() == []


def test_batches_that_do_not_hold_are_answered_as_over_mqtt(world: World) -> None:
    put_part(world, b"B" + (7).to_bytes(4, "big") + b"rubbish")
    (found,) = world.take_in()
    assert (found.fault, found.upto) == ("", ())
    assert world.desk.refusals() == {"malformed": 1}


def test_a_loop_of_links_and_foreign_files_are_passed_over(world: World) -> None:
    (world.stick / "hadir" / "loop").symlink_to(world.stick)
    (world.stick / "hadir" / "Photos of a wedding").mkdir()
    (world.stick / "autorun.inf").write_text("[autorun]")
    (world.home / "DCIM").mkdir()
    (world.home / "00000002.exe").write_bytes(b"MZ")
    (found,) = [one for one in world.take_in() if one.records]
    assert (found.fault, found.receipt) == ("", True)


def test_a_receipt_is_not_written_through_a_link(world: World, tmp_path: Path) -> None:
    places = [folder_of(world) / "receipt.bin", world.home / "receipt.txt"]
    for place in places:
        place.symlink_to(tmp_path / "outside")
        place.with_name(f"{place.name}.new").symlink_to(tmp_path / "outside")
    (found,) = world.take_in()
    assert found.receipt
    assert not any(place.is_symlink() for place in places)
    assert (tmp_path / "outside").read_text() == "untouched"


# what a kiosk is shown


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(StickError) as caught:
        act()
    return caught.value.code


def pairing(world: World) -> Path:
    return world.stick / "hadir" / PAIRING


def test_a_kiosk_writes_to_a_stick_of_its_own_centre_only(world: World, tmp_path: Path) -> None:
    def read() -> object:
        with Folder.at(world.stick) as stick:
            return read_pairing(stick, (world.desk.key.public_hex,))

    read()
    prepare(world.stick, "dinas", CentreKey(Ed25519PrivateKey.generate()), 1)
    assert code_of(read) == "unsigned"
    pairing(world).write_bytes(b"{}")
    assert code_of(read) == "unreadable"
    os.truncate(pairing(world), 1 << 30)
    assert code_of(read) == "too_large"
    pairing(world).unlink()
    assert code_of(read) == "unprepared"
    pairing(world).symlink_to(tmp_path / "outside")
    assert code_of(read) == "hostile"
    shutil.rmtree(world.stick / "hadir")
    assert code_of(read) == "unprepared"
    (world.stick / "hadir").symlink_to("/etc")
    assert code_of(read) == "hostile"
    shutil.rmtree(world.stick, ignore_errors=True)
    assert code_of(read) == "gone"


def test_an_export_into_a_folder_that_is_a_link_leaves_its_target_alone(world: World, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.rmtree(world.home)
    world.home.symlink_to(elsewhere)
    assert code_of(world.export) == "hostile"
    assert list(elsewhere.iterdir()) == []


def a_link(receipt: Path, outside: Path) -> None:
    receipt.unlink()
    receipt.symlink_to(outside)


def a_pipe(receipt: Path, outside: Path) -> None:
    receipt.unlink()
    os.mkfifo(receipt)


def far_too_large(receipt: Path, outside: Path) -> None:
    os.truncate(receipt, 1 << 40)


def no_manifest_beside_it(receipt: Path, outside: Path) -> None:
    receipt.with_name(MANIFEST).write_bytes(b"{}")


@pytest.mark.parametrize(
    ("harm", "code"),
    [(a_link, "hostile"), (a_pipe, "hostile"), (far_too_large, "too_large"),
     (no_manifest_beside_it, "unreadable")],
)  # fmt: skip
def test_a_kiosk_reads_its_receipt_beside_a_harmful_one(
    world: World, tmp_path: Path, harm: Callable[[Path, Path], None], code: str
) -> None:
    world.take_in()
    shutil.copytree(folder_of(world), world.home / "00000000")
    harm(world.home / "00000000" / "receipt.bin", tmp_path / "outside")
    with Folder.at(world.stick) as stick:
        bad, good = find_receipts(stick, world.book.name, world.book.receive_key)
    assert isinstance(bad, StickError)
    assert (bad.code, bad.args[0] != "") == (code, True)
    assert isinstance(good, bytes)
    key = world.desk.key.public_hex
    assert read_receipt(good, world.unseal, world.book.name, key).letters


def test_a_receipt_for_another_key_is_passed_over(world: World) -> None:
    world.take_in()
    with Folder.at(world.stick) as stick:
        assert list(find_receipts(stick, world.book.name, "22" * 32)) == []


def test_a_receipt_is_believed_only_from_the_centre_for_this_kiosk_and_its_own_export(world: World) -> None:
    world.take_in()
    name, key = world.book.name, world.desk.key

    def receipt_of(centre: CentreKey, export: str, device: str = name.device) -> bytes:
        receipt = Receipt(v=PROTOCOL, receipt="0" * 32, export=export, time_ms=1, letters=())
        statement = message_statement(STATEMENT, name.tenant, device, encode(receipt).decode())
        message = signed(receipt, centre.public_hex, centre.sign(statement))
        return seal(bytes.fromhex(world.book.receive_key), message, receipt_bound(name).encode())

    def read(sealed: bytes) -> Receipt:
        return read_receipt(sealed, world.unseal, name, key.public_hex)

    good = (folder_of(world) / "receipt.bin").read_bytes()
    export = read(good).export
    assert sent_of(read(good), world.sent).export == export
    assert code_of(lambda: read(good[:-1])) == "unreadable"
    assert code_of(lambda: read(receipt_of(CentreKey(Ed25519PrivateKey.generate()), export))) == "unsigned"
    assert code_of(lambda: read(receipt_of(key, export, "kiosk-2"))) == "unsigned"
    assert code_of(lambda: sent_of(read(receipt_of(key, "f" * 32)), world.sent)) == "unknown_export"
