"""Everything the centre has not acknowledged, onto a stick: the batches of the wire, photos, a seal.

What was exported is a hint only: the cursor moves by the receipt. An export without its manifest is nothing,
and the next visit begins anew. One that was finished goes only once another holds all that it held, or the
centre does: of a kiosk that died, or was put back from a copy, it may be all that there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from kiosk.core.sign import message_statement
from sync.batching import Packer, body_bytes
from sync.courier.format import (
    MANIFEST,
    ROOT,
    SEAL_WORDS,
    Manifest,
    Part,
    device_path,
    export_folder,
    frame,
    part_bound,
    read_manifest,
    signed,
)
from sync.courier.stick import Folder, StickError, StickFile
from sync.courier.stream import Sealer
from sync.source import LedgerSource
from sync.stretch import Stretch, stretches
from sync.topics import DeviceName
from sync.wire import MAX_BATCH_RECORDS, PROTOCOL, encode

PART_BYTES = 16 << 20
BATCH_BYTES = 512 << 10
SPARE_BYTES = 1 << 20
PROGRESS_EVERY = 64
WORTHLESS = ("unfinished", "unreadable", "unsigned", "too_large", "hostile")
_EXPORT = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that waits: its signed offer as on `up/evidence`, and the file's own bytes."""

    offer: bytes
    content: bytes


class Photos(Protocol):
    """Photos the centre has not acknowledged, oldest first."""

    def waiting(self) -> int:
        """How many."""

    def each(self) -> Iterator[Photo]:
        """Them, read one by one."""


@dataclass(frozen=True, slots=True)
class Order:
    """Whose export, on which stick.

    `receiver` is the centre's X25519 key, `seal` today's seal in words, `state` a message of `up/state`.
    Of the exports on the stick, the kiosk still has what is in the `remembered` ones, and the centre has what
    is in the `answered` ones.
    """

    name: DeviceName
    export: str
    stick: str
    sign_key: str
    receive_key: str
    receiver: bytes
    seal: str
    state: bytes
    sign_head: Callable[[str, bytes], tuple[str, str]] | None = None
    remembered: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come."""

    records: int
    of_records: int
    photos: int
    of_photos: int


class Asked(msgspec.Struct, frozen=True):
    """A ledger was exported up to `upto`; the receipt answers its batches, by their nonces.

    The last of them asks where the centre stands then.
    """

    ledger_id: str
    upto: int
    nonces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """What is on the stick now."""

    manifest: Manifest
    asked: tuple[Asked, ...]
    size_bytes: int


def export(
    stick: Folder, order: Order, source: LedgerSource, photos: Photos, told: Callable[[Progress], None]
) -> Exported:
    """Write an export; it is on the stick when this returns. Raises `StickError`: then it is not."""
    tenant, device = device_path(order.name)
    with (
        stick.sub(ROOT, make=True) as root,
        root.sub(tenant, make=True) as above,
        above.sub(device, make=True) as home,
    ):
        return _Exporter(home, order, source, photos, told).run()


def exports(home: Folder) -> list[str]:
    """The folders of exports in a device's folder, finished or not."""
    return [name for name in home.names() if _EXPORT.fullmatch(name)]


def _finished(home: Folder) -> dict[str, Manifest]:
    """The folders of exports that the centre could take in; the rest are removed."""
    found = {}
    for name in exports(home):
        with home.sub(name) as folder:
            try:
                found[name], _ = read_manifest(folder)
                continue
            except StickError as error:
                if error.code not in WORTHLESS:
                    raise
        home.remove(name)
    return found


class _Exporter:
    """One export on its way."""

    def __init__(
        self, home: Folder, order: Order, source: LedgerSource, photos: Photos,
        told: Callable[[Progress], None],
    ) -> None:  # fmt: skip
        self._home, self._order, self._source, self._photos, self._told = home, order, source, photos, told
        self._packer = Packer(source, order.sign_key, order.sign_head)
        self._open = [s for s in stretches(source.ledgers()) if s.current or self._cursor(s) < s.end]
        of_records = sum(max(0, s.end - self._cursor(s)) for s in self._open)
        self._done = Progress(0, of_records, 0, photos.waiting())
        self._asked: list[Asked] = []
        self._parts: list[Part] = []
        self._new: Folder | None = None

    def run(self) -> Exported:
        """Records first, then as many photos as there is room for, the manifest last."""
        name, before = export_folder(self._order.export), _finished(self._home)
        for old in [old for old, held in before.items() if held.export in self._order.answered]:
            del before[old]
            self._home.remove(old)
        try:
            with self._home.sub(name, make=True) as folder:
                self._new = folder
                self._told(self._done)
                self._write_parts("r", self._records())
                self._write_parts("p", self._photo_frames())
                manifest = self._manifest()
                text = signed(manifest, self._order.sign_key, self._signature(manifest))
                folder.put(MANIFEST, text)
        except StickError:
            _give_up(self._home, name)
            raise
        for old, held in before.items():
            if held.export in self._order.remembered and _holds_all(manifest, held):
                self._home.remove(old)
        self._home.put(SEAL_WORDS, self._order.seal.encode() + b"\n")
        size = sum(part.size_bytes for part in self._parts) + len(text)
        return Exported(manifest, tuple(self._asked), size)

    def _cursor(self, stretch: Stretch) -> int:
        return self._source.cursor(stretch.ledger_id)

    def _records(self) -> Iterator[bytes]:
        yield frame("state", self._order.state)
        for stretch in self._open:
            at = min(self._cursor(stretch), stretch.end)
            prev = (at, self._source.hash_at(stretch.ledger_id, at))
            nonces: list[str] = []
            while prev[0] < stretch.end:
                count = min(MAX_BATCH_RECORDS, stretch.end - prev[0])
                rows = self._source.records(stretch.ledger_id, prev[0], body_bytes(BATCH_BYTES), count)
                packed = self._packer.pack(stretch.ledger_id, prev, rows, stretch.end, BATCH_BYTES)
                self._advance(packed.span.upto - prev[0], 0)
                prev = (packed.span.upto, packed.span.hash)
                nonces.append(packed.span.nonce)
                yield frame("batch", packed.payload)
            question = self._packer.pack(stretch.ledger_id, prev, [], stretch.end, BATCH_BYTES)
            self._asked.append(Asked(stretch.ledger_id, stretch.end, (*nonces, question.span.nonce)))
            yield frame("batch", question.payload)

    def _photo_frames(self) -> Iterator[bytes]:
        for photo in self._photos.each():
            if self._home.free_bytes() < len(photo.content) + SPARE_BYTES:
                return
            self._advance(0, 1)
            yield frame("offer", photo.offer) + frame("file", photo.content)

    def _advance(self, records: int, photos: int) -> None:
        done = self._done
        self._done = replace(done, records=done.records + records, photos=done.photos + photos)
        if records or self._done.photos % PROGRESS_EVERY == 0:
            self._told(self._done)

    def _write_parts(self, letter: str, frames: Iterator[bytes]) -> None:
        """Parts of some `PART_BYTES` each; each is on the stick before the next begins."""
        number, held = 1, next(frames, None)
        while held is not None and self._new is not None:
            name = f"{letter}{number:04}.bin"
            with self._new.writing(name) as file:
                held = self._fill(name, file, held, frames)
            self._parts.append(Part(name, file.size_bytes, file.sha256))
            number += 1

    def _fill(self, name: str, file: StickFile, held: bytes | None, frames: Iterator[bytes]) -> bytes | None:
        bound = part_bound(self._order.name, self._order.export, name)
        sealer = Sealer(file.write, self._order.receiver, bound)
        while held is not None and sealer.size_bytes < PART_BYTES:
            sealer.write(held)
            held = next(frames, None)
        sealer.finish()
        return held

    def _manifest(self) -> Manifest:
        order, done = self._order, self._done
        return Manifest(
            v=PROTOCOL, tenant=order.name.tenant, device=order.name.device, export=order.export,
            stick=order.stick, receive_key=order.receive_key, records=done.records, photos=done.photos,
            photos_left=done.of_photos - done.photos, parts=tuple(self._parts),
        )  # fmt: skip

    def _signature(self, manifest: Manifest) -> str:
        name, body = self._order.name, encode(manifest).decode()
        return self._source.sign(message_statement("courier", name.tenant, name.device, body))


def _holds_all(manifest: Manifest, older: Manifest) -> bool:
    """Whether an export holds what an older one did: photos are left out for want of room."""
    return not manifest.photos_left or manifest.photos >= older.photos


def _give_up(home: Folder, name: str) -> None:
    """Take away what was begun, if the stick still lets us."""
    try:
        home.remove(name)
    except StickError:
        return
