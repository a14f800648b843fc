"""The centre without a broker: letters in, verified acknowledgements out, on a real database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from sync.batching import Packer
from sync.centre import devices, reports, verify
from sync.centre.keys import make_key
from sync.centre.letter import Letter
from sync.centre.office import Office
from sync.centre.report_types import LedgerReport, PunchReport, StatusReport
from sync.centre.store import Store
from sync.centre.store_sqlite import SqliteStore
from sync.inbound import read_ack
from sync.wire import Ack, Batch, decode
from tests.sync.book import Book, Ledger

NOW_MS = 1_790_000_100_000


class Desk:
    """An office over `store`, or over `root/centre.db`."""

    def __init__(self, root: Path, *, auto_approve: bool = True, store: Store | None = None) -> None:
        key_file = root / "centre.key"
        self.key = make_key(key_file)
        self.store = store or SqliteStore(root / "centre.db")
        self.now_ms = NOW_MS
        self.office = Office(self.store, self.key, lambda: self.now_ms, auto_approve=auto_approve)

    def letter(self, topic: str, payload: bytes) -> list[Ack]:
        return [
            read_ack(out.payload, self.key.public_hex) for out in self.office.take([Letter(topic, payload)])
        ]

    def send(
        self, book: Book, first: int = 1, upto: int | None = None, ledger: Ledger | None = None
    ) -> list[Ack]:
        """Deliver records `first` to `upto` (all) of the current ledger in one batch."""
        return self.letter(book.name.up("ledger"), batch_of(book, first, upto, ledger))

    def live(self, book: Book, first: int, upto: int) -> None:
        assert self.letter(book.name.up("live"), batch_of(book, first, upto)) == []

    def approve(self, book: Book) -> None:
        with self.store.writing() as tx:
            assert devices.decide(tx, book.name, book.sign_key, "approved", NOW_MS)

    def status(self) -> StatusReport:
        with self.store.reading() as tx:
            return reports.status(tx)

    def ledger(self, ledger_id: str) -> LedgerReport:
        return next(row for row in self.status().ledgers if row.ledger_id == ledger_id)

    def refusals(self) -> dict[str, int]:
        return {row.reason: row.count for row in self.status().refusals}

    def gaps(self) -> list[tuple[int, int, str]]:
        with self.store.reading() as tx:
            return [(gap.first, gap.last, gap.known_from) for gap in reports.gaps(tx)]

    def punches(self) -> list[PunchReport]:
        with self.store.reading() as tx:
            return reports.punches(tx, 1_000)

    def faults(self) -> list[str]:
        with self.store.reading() as tx:
            return [row.fault for row in verify.verify(tx) if row.fault]

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.store.reading() as tx:
            return tx.all(sql, *values)


def batch_of(book: Book, first: int = 1, upto: int | None = None, ledger: Ledger | None = None) -> bytes:
    chosen = ledger or book.current
    end = len(chosen.rows) if upto is None else upto
    prev = (first - 1, book.hash_at(chosen.ledger_id, first - 1))
    rows = chosen.rows[first - 1 : end]
    packed = Packer(book, book.sign_key).pack(chosen.ledger_id, prev, rows, len(chosen.rows), 4_000_000)
    return packed.payload


def changed(payload: bytes, **fields: Any) -> bytes:
    """The same batch with some fields replaced."""
    return msgspec.json.encode(msgspec.structs.replace(decode(payload, Batch), **fields))


def brief(acks: list[Ack]) -> list[tuple[str, int]]:
    return [(ack.status, ack.upto) for ack in acks]
