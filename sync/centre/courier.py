"""Taking in what kiosks left on a stick, a receipt beside each export: the same intake as over MQTT.

Importing twice stores once. Nothing on the stick is believed, followed or run: its parts are sealed to the
centre, its manifests and batches signed by devices, and the sizes of everything bounded.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from kiosk.core.sign import message_statement
from sync.centre import devices, down, files
from sync.centre.keys import CentreKey
from sync.centre.letter import Letter
from sync.centre.office import Office
from sync.centre.store import Store, Tx
from sync.courier.export import exports
from sync.courier.format import (
    FRAMES,
    MAX_FRAME_BYTES,
    PAIRING,
    RECEIPT,
    RECEIPT_WORDS,
    ROOT,
    FrameKind,
    Manifest,
    Pairing,
    Part,
    Receipt,
    device_path,
    part_bound,
    read_manifest,
    receipt_bound,
    signed,
)
from sync.courier.receipt import FINE, STATEMENT
from sync.courier.stick import Folder, StickError
from sync.courier.stream import Opener
from sync.documents import Have
from sync.inbound import read_ack
from sync.sealing import SealError, seal
from sync.topics import DeviceName
from sync.wire import PROTOCOL, Ack, WireError, encode

AT_ONCE = 16
READ_BYTES = 1 << 18
Letters = list[tuple[str, str]]
"""Lane and payload of messages that go down."""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """One device's export: what it said it holds, where the centre stands now, and what went wrong.

    `standing` is the worst status of its acknowledgements; `receipt` whether one lies beside it now.
    """

    tenant: str
    device: str
    folder: str
    records: int = 0
    photos: int = 0
    standing: str = ""
    upto: tuple[tuple[str, int], ...] = ()
    receipt: bool = False
    fault: str = ""
    words: str = ""


def prepare(path: Path, tenant: str, key: CentreKey, now_ms: int) -> Pairing:
    """Make the stick mounted at `path` one that the tenant's kiosks write to. Raises `StickError`."""
    pairing = Pairing(v=PROTOCOL, tenant=tenant, stick=secrets.token_hex(16), made_ms=now_ms)
    statement = message_statement("stick", tenant, pairing.stick, encode(pairing).decode())
    with Folder.at(path) as stick, stick.sub(ROOT, make=True) as root:
        root.put(PAIRING, signed(pairing, key.public_hex, key.sign(statement)))
    return pairing


@dataclass(slots=True)
class Importer:
    """Imports sticks through one office. `now_ms` is the wall clock (UTC)."""

    store: Store
    office: Office
    key: CentreKey
    now_ms: Callable[[], int]

    def stick(self, path: Path) -> list[Imported]:
        """Every export on the stick mounted at `path`, device by device. Raises `StickError`."""
        done: list[Imported] = []
        with Folder.at(path) as stick:
            if not stick.has(ROOT):
                raise StickError("unprepared", f"{path}: no folder {ROOT} on it; is it the right stick?")
            with stick.sub(ROOT) as root:
                for tenant, device in _homes(root):
                    done += self._home(root, tenant, device)
        return done

    def _home(self, root: Folder, tenant: str, device: str) -> list[Imported]:
        try:
            with root.sub(tenant) as above, above.sub(device) as home:
                words: dict[bytes, None] = {}
                done = [self._export(home, (tenant, device), name, words) for name in exports(home)]
                return _kept(home, words, done) if any(one.receipt for one in done) else done
        except StickError as error:
            return [Imported(tenant=tenant, device=device, folder="", fault=error.code, words=str(error))]

    def _export(
        self, home: Folder, place: tuple[str, str], name: str, words: dict[bytes, None]
    ) -> Imported:  # fmt: skip
        """One export; `words` gains its good acknowledgements, a line each."""
        found = Imported(tenant=place[0], device=place[1], folder=name)
        try:
            with home.sub(name) as folder:
                manifest, _ = read_manifest(folder)
                found = _of(manifest, name)
                if device_path(manifest.name) != place:
                    raise StickError("foreign", f"an export of {manifest.name} in another's folder")
                taken = _Taken()
                for part in manifest.parts:
                    self._part(folder, manifest, part, taken)
                found = _standing(found, taken)
                words.update(dict.fromkeys(taken.lines()))
                self._leave_receipt(folder, manifest, taken)
            return msgspec.structs.replace(found, receipt=True)
        except StickError as error:
            return msgspec.structs.replace(found, fault=error.code, words=str(error))

    def _part(self, folder: Folder, manifest: Manifest, part: Part, taken: _Taken) -> None:
        with folder.reading(part.name, part.size_bytes) as fd:
            _check(fd, part)
            os.lseek(fd, 0, os.SEEK_SET)
            bound = part_bound(manifest.name, manifest.export, part.name)
            try:
                self._take(manifest.name, _frames(Opener(_reader(fd), self.key.receive_secret, bound)), taken)
            except SealError as error:
                raise StickError("unreadable", f"{part.name}: {error}") from error

    def _take(self, name: DeviceName, frames: Iterator[tuple[FrameKind, bytes]], taken: _Taken) -> None:
        """A part holds batches, or photos: each its offer and then its bytes."""
        batches: list[Letter] = []
        photos: list[tuple[bytes, bytes]] = []
        offer = b""
        for kind, content in frames:
            if kind == "batch":
                batches.append(Letter(name.up("ledger"), content))
            elif kind == "state":
                self._state(name, content)
            elif kind == "offer":
                offer = content
            else:
                photos.append((offer, content))
            if len(batches) + len(photos) >= AT_ONCE:
                self._commit(batches, taken)
                self._photos(name, photos, taken)
                batches, photos = [], []
        self._commit(batches, taken)
        self._photos(name, photos, taken)

    def _commit(self, letters: list[Letter], taken: _Taken) -> None:
        for outgoing in self.office.take(letters) if letters else ():
            taken.heard(read_ack(outgoing.payload, self.key.public_hex), outgoing.payload)

    def _state(self, name: DeviceName, content: bytes) -> None:
        """Who the device is; of one that has been online the centre knows it from there."""
        with self.store.reading() as tx:
            known = tx.one("SELECT 1 FROM presence WHERE tenant = ? AND device = ?", name.tenant, name.device)
        if not known:
            self.office.take([Letter(name.up("state"), content)])

    def _photos(self, name: DeviceName, photos: list[tuple[bytes, bytes]], taken: _Taken) -> None:
        """Each with its offer, as over MQTT, but whole."""
        if not photos:
            return
        with self.store.writing() as tx:
            tx.lock([str(name)])
            for offer, content in photos:
                if (have := self._photo(tx, name, offer, content)) is not None:
                    taken.files[have.sha256] = files.answer(self.key, name, have).payload

    def _photo(self, tx: Tx, name: DeviceName, payload: bytes, content: bytes) -> Have | None:
        try:
            offer, sign_key = files.read_offer(name, payload)
            if devices.state_of(tx, name, sign_key) == "approved":
                return files.put_whole(tx, name, offer, content, self.now_ms())
        except WireError as error:
            devices.count_refusal(tx, name, error.reason, str(error), self.now_ms())
        return None

    def _documents(self, name: DeviceName) -> Letters:
        with self.store.reading() as tx:
            return down.documents_for(tx, self.key, name, self.now_ms())

    def _leave_receipt(self, folder: Folder, manifest: Manifest, taken: _Taken) -> None:
        name = manifest.name
        letters = (*taken.letters(), *self._documents(name))
        receipt = Receipt(
            v=PROTOCOL, receipt=secrets.token_hex(16), export=manifest.export, time_ms=self.now_ms(),
            letters=letters,
        )  # fmt: skip
        statement = message_statement(STATEMENT, name.tenant, name.device, encode(receipt).decode())
        message = signed(receipt, self.key.public_hex, self.key.sign(statement))
        try:
            sealed = seal(bytes.fromhex(manifest.receive_key), message, receipt_bound(name).encode())
        except SealError as error:
            raise StickError("unreadable", f"the manifest's key: {error}") from error
        folder.put(RECEIPT, sealed)


@dataclass(slots=True)
class _Taken:
    """The newest answer of each kind about each ledger, and of each file how much is here."""

    acks: dict[str, list[tuple[Ack, bytes]]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def heard(self, ack: Ack, payload: bytes) -> None:
        """One answer. The last of a kind says all that those before it said."""
        kept = [one for one in self.acks.get(ack.ledger_id, []) if not _same(one[0], ack)]
        self.acks[ack.ledger_id] = [*kept, (ack, payload)]

    def letters(self) -> Letters:
        """Them, as they would come down."""
        acks = [("ack", payload.decode()) for answers in self.acks.values() for _, payload in answers]
        return acks + [("evidence", payload.decode()) for payload in self.files.values()]

    def lines(self) -> list[bytes]:
        """What `ledger verify --against` and a person can read: one signed acknowledgement a line."""
        return [
            payload + b"\n"
            for answers in self.acks.values()
            for ack, payload in answers
            if ack.status == "ok"
        ]


def _kept(home: Folder, words: Iterable[bytes], done: list[Imported]) -> list[Imported]:
    """Leave the acknowledgements in the clear as well; what was taken in stays taken if that fails."""
    try:
        home.put(RECEIPT_WORDS, b"".join(words))
    except StickError as error:
        return [msgspec.structs.replace(one, fault=error.code, words=str(error)) for one in done]
    return done


def _same(one: Ack, other: Ack) -> bool:
    """Two answers of a kind; histories may part at more than one place."""
    return (one.status, one.reason) == (other.status, other.reason) and (
        one.status in FINE or one.common == other.common
    )


def _homes(root: Folder) -> Iterator[tuple[str, str]]:
    for tenant in root.names():
        if tenant == PAIRING:
            continue
        try:
            with root.sub(tenant) as above:
                devices = above.names()
        except StickError:
            continue
        yield from ((tenant, device) for device in devices)


def _of(manifest: Manifest, folder: str) -> Imported:
    return Imported(
        tenant=manifest.tenant, device=manifest.device, folder=folder, records=manifest.records,
        photos=manifest.photos,
    )  # fmt: skip


def _standing(found: Imported, taken: _Taken) -> Imported:
    every = [ack for answers in taken.acks.values() for ack, _ in answers]
    worst = next((ack for ack in every if ack.status not in FINE), None)
    return msgspec.structs.replace(
        found, standing=worst.status if worst else "ok", words=worst.reason if worst else "",
        upto=tuple((ack.ledger_id, ack.upto) for ack in every if ack.status == "ok"),
    )  # fmt: skip


def _check(fd: int, part: Part) -> None:
    """The manifest's word for the part: anybody can seal to the centre, only the device can sign."""
    digest, size = hashlib.sha256(), 0
    read = _reader(fd)
    while piece := read(READ_BYTES):
        digest.update(piece)
        size += len(piece)
    if (size, digest.hexdigest()) != (part.size_bytes, part.sha256):
        raise StickError("unreadable", f"{part.name} is not what the manifest says: plug it in at the kiosk")


def _reader(fd: int) -> Callable[[int], bytes]:
    def read(count: int) -> bytes:
        try:
            return os.read(fd, count)
        except OSError as error:
            raise StickError("gone", f"reading: {error.strerror}") from error

    return read


def _frames(opener: Opener) -> Iterator[tuple[FrameKind, bytes]]:
    while head := opener.take(5):
        kind, size = FRAMES.get(head[:1]), int.from_bytes(head[1:], "big")
        if kind is None or len(head) < 5 or size > MAX_FRAME_BYTES:
            raise StickError("unreadable", "a part that holds something else than letters")
        content = opener.take(size)
        if len(content) != size:
            raise StickError("unreadable", "a part that ends in the middle")
        yield kind, content
