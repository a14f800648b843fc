"""One kiosk, one centre and a folder that stands for the stick between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sync import events
from sync.centre.courier import Imported, Importer, prepare
from sync.centre.office import Office
from sync.courier.export import Exported, Order, Photo, Progress, export
from sync.courier.format import ROOT, Receipt
from sync.courier.receipt import Reader, Sent, files_done, find_receipts, read_receipt, sent_of, what_it_says
from sync.courier.stick import CALLS, Calls, Folder
from sync.hello import state_message
from sync.sealing import open_sealed, receive_public
from tests.sync.book import Book
from tests.sync.desk import NOW_MS, Desk

BOOT = "boot-1"


class Album:
    """Photos that wait."""

    def __init__(self) -> None:
        self.photos: list[Photo] = []

    def waiting(self) -> int:
        return len(self.photos)

    def each(self) -> Iterator[Photo]:
        return iter(self.photos)


@dataclass
class World:
    """A kiosk's book, a centre, and a folder that stands for the stick."""

    root: Path
    book: Book = field(default_factory=Book)
    secret: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    sent: list[Sent] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    told: list[Progress] = field(default_factory=list)
    calls: Calls = CALLS
    number: int = 0
    album: Album = field(default_factory=Album)

    def __post_init__(self) -> None:
        (self.root / "centre").mkdir()
        self.stick.mkdir(exist_ok=True)
        self.desk = Desk(self.root / "centre")
        self.book.receive_key = self.secret.public_key().public_bytes_raw().hex()
        prepare(self.stick, self.book.name.tenant, self.desk.key, NOW_MS)

    @property
    def stick(self) -> Path:
        return self.root / "stick"

    def export(self, stick: Path | None = None, answered: frozenset[str] = frozenset()) -> Exported:
        self.number += 1
        book, centre = self.book, bytes.fromhex(self.desk.key.public_hex)
        order = Order(
            name=book.name, export=f"{self.number:08x}{0:024x}", stick="0" * 32, sign_key=book.sign_key,
            receive_key=book.receive_key, receiver=receive_public(centre), seal="a seal",
            state=state_message(book.hello(), book.name, book, "offline"),
            remembered=frozenset(self.begun), answered=answered,
        )  # fmt: skip
        self.begun.append(order.export)
        with Folder.at(stick or self.stick, self.calls) as folder:
            done = export(folder, order, self.book, self.album, self.told.append)
        self.sent.append(Sent(done.manifest.export, BOOT, 1_000, done.asked))
        return done

    def take_in(self, stick: Path | None = None) -> list[Imported]:
        importer = Importer(self.desk.store, self.desk.office, self.desk.key, lambda: NOW_MS)
        return importer.stick(stick or self.stick)

    def receipt(self, boot: str = BOOT) -> list[events.SyncEvent]:
        name, key = self.book.name, self.desk.key.public_hex
        reader, said = Reader(name, key, self.book, boot, 61_000), list[events.SyncEvent]()
        for receipt in self.receipts():
            said += what_it_says(receipt, sent_of(receipt, self.sent), reader)
        for event in said:
            if isinstance(event, events.Acked):
                self.book.cursors[event.ledger_id] = max(self.book.cursor(event.ledger_id), event.upto)
        return said

    def receipts(self) -> list[Receipt]:
        """Those on the stick for this kiosk."""
        name, key = self.book.name, self.desk.key.public_hex
        found = []
        with Folder.at(self.stick) as folder:
            for sealed in find_receipts(folder, name, self.book.receive_key):
                assert isinstance(sealed, bytes)
                found.append(read_receipt(sealed, self.unseal, name, key))
        return found

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        return open_sealed(self.secret.private_bytes_raw(), sealed, context)

    def files_done(self) -> set[str]:
        """The files that the receipts on the stick say are held."""
        name, key = self.book.name, self.desk.key.public_hex
        return {done for receipt in self.receipts() for done in files_done(receipt, name, key)}

    def unapproving(self) -> Office:
        """The same centre, which approves nobody unseen."""
        return Office(self.desk.store, self.desk.key, lambda: NOW_MS, auto_approve=False)

    @property
    def home(self) -> Path:
        return self.stick / ROOT / self.book.name.tenant / self.book.name.device
