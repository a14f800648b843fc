"""What lies on a stick, and the words that are signed of it (docs/courier.md).

`hadir/stick.json` says whose stick it is. Under `hadir/TENANT/DEVICE/` each export is a folder of sealed
parts with a signed manifest, written last; beside them the centre's sealed receipt, and the same in words.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal, TypeVar

import msgspec

from kiosk.core.sign import message_statement, signature_holds
from sync.courier.stick import Folder, StickError, safe_name
from sync.topics import DeviceName
from sync.wire import PROTOCOL, Hash, Seq, Signed, WireError, decode, encode

ROOT = "hadir"
PAIRING = "stick.json"
MANIFEST = "manifest.json"
RECEIPT = "receipt.bin"
RECEIPT_WORDS = "receipt.txt"
SEAL_WORDS = "seal.txt"
MAX_PAIRING_BYTES = 4_096
MAX_MANIFEST_BYTES = 1 << 20
MAX_RECEIPT_BYTES = 16 << 20
MAX_PART_BYTES = 1 << 30
MAX_FRAME_BYTES = 8 << 20
MOST_PARTS = 1_024

Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
PartName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][0-9]{4}\.bin$")]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
S = TypeVar("S", bound=msgspec.Struct)
FrameKind = Literal["state", "batch", "offer", "file"]
FRAMES: dict[bytes, FrameKind] = {b"S": "state", b"B": "batch", b"O": "offer", b"F": "file"}


class Pairing(msgspec.Struct, frozen=True):
    """The body of `stick.json`, signed (`hadir-stick-v1`) by the centre, or by the kiosk it was paired at."""

    v: int
    tenant: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    stick: Id
    made_ms: Seq


class Part(msgspec.Struct, frozen=True):
    """One sealed file of an export."""

    name: PartName
    size_bytes: Annotated[int, msgspec.Meta(ge=1, le=MAX_PART_BYTES)]
    sha256: Hash


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `manifest.json`, signed by the device (`hadir-courier-v1`).

    `receive_key` is the X25519 key the receipt is to be sealed to.
    """

    v: int
    tenant: str
    device: str
    export: Id
    stick: Id
    receive_key: Hash
    records: Count
    photos: Count
    photos_left: Count
    parts: Annotated[tuple[Part, ...], msgspec.Meta(max_length=MOST_PARTS)]

    @property
    def name(self) -> DeviceName:
        """Whose export it is."""
        return DeviceName(self.tenant, self.device)


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The body of the message sealed in `receipt.bin`, signed by the centre (`hadir-courier-receipt-v1`).

    `letters` are messages as they would come down: a lane of `sync.topics.Down` and its payload.
    """

    v: int
    receipt: Id
    export: Id
    time_ms: Seq
    letters: tuple[tuple[str, str], ...]


def device_path(name: DeviceName) -> tuple[str, str]:
    """The two folders under `hadir/` in which a device's files lie."""
    return safe_name(name.tenant), safe_name(name.device)


def export_folder(export: str) -> str:
    """The folder of one export in its device's."""
    return export[:8]


def part_bound(name: DeviceName, export: str, part: str) -> str:
    """What a part's key is bound to."""
    return f"hadir-courier-part-v1\n{name}\n{export}\n{part}\n"


def receipt_bound(name: DeviceName) -> str:
    """What a receipt's key is bound to."""
    return f"hadir-courier-receipt-v1\n{name}\n"


def frame(kind: FrameKind, content: bytes) -> bytes:
    """A letter, or the bytes of an offered file, inside a part: one byte for its kind, its length, itself."""
    code = next(code for code, name in FRAMES.items() if name == kind)
    return code + len(content).to_bytes(4, "big") + content


def read_pairing(stick: Folder, keys: Collection[str]) -> Pairing:
    """Whose stick it is, by the word of one of `keys`.

    Raises `StickError`: unprepared, unsigned, unreadable among others.
    """
    if not stick.has(ROOT):
        raise StickError("unprepared", "nobody has prepared this stick")
    with stick.sub(ROOT) as root:
        if not root.has(PAIRING):
            raise StickError("unprepared", "nobody has prepared this stick")
        message = _message(root.read(PAIRING, MAX_PAIRING_BYTES), MAX_PAIRING_BYTES)
    pairing = read_body(message.body, Pairing, MAX_PAIRING_BYTES)
    statement = message_statement("stick", pairing.tenant, pairing.stick, message.body)
    if message.key not in keys or not signature_holds(message.key, statement, message.sig):
        raise StickError("unsigned", "the stick was not prepared by this kiosk's centre")
    return pairing


def read_manifest(folder: Folder) -> tuple[Manifest, str]:
    """The manifest of an export, and the key that signed it; whether that key is the device's is not known.

    Raises `StickError`: unfinished where there is none.
    """
    if not folder.has(MANIFEST):
        raise StickError("unfinished", "this export was not finished: plug the stick into the kiosk again")
    message = _message(folder.read(MANIFEST, MAX_MANIFEST_BYTES), MAX_MANIFEST_BYTES)
    manifest = read_body(message.body, Manifest, MAX_MANIFEST_BYTES)
    statement = message_statement("courier", manifest.tenant, manifest.device, message.body)
    if not signature_holds(message.key, statement, message.sig):
        raise StickError("unsigned", "the manifest is not signed by whom it names")
    return manifest, message.key


def signed(body: msgspec.Struct, key: str, sig: str) -> bytes:
    """The bytes of a signed message around `body`."""
    return encode(Signed(PROTOCOL, encode(body).decode(), key, sig))


def read_body(text: str, type_: type[S], limit_bytes: int) -> S:
    """A signed body. Raises `StickError`, unreadable."""
    try:
        return decode(text, type_, limit_bytes)
    except WireError as error:
        raise StickError("unreadable", str(error)) from error


def _message(payload: bytes, limit_bytes: int) -> Signed:
    try:
        return decode(payload, Signed, limit_bytes)
    except WireError as error:
        raise StickError("unreadable", str(error)) from error
