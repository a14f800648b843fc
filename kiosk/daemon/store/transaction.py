"""One transaction: records appended to the chain, all of them or none."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable

import msgspec

from kiosk.core.payload import Carried, Erased, Payload, to_data
from kiosk.core.record import RECORD_VERSION, Private, Record, TimeBlock, chain_hash, encode_body
from kiosk.daemon.store.projection import Fact, project
from kiosk.daemon.store.types import Appended, Head

SALT_BYTES = 16


class Written(msgspec.Struct, frozen=True):
    """A record as it went into the database, so that it can go in once more when the disk was full."""

    payload: Payload
    body: str
    hash: bytes
    fact: Fact


class Transaction:
    """Appends records; nothing counts before the store has committed."""

    def __init__(self, head: Head, ledger_n: int, write: Callable[[Transaction, Written], None]) -> None:
        self.head = head
        self.written: list[Written] = []
        self._n = ledger_n
        self._write = write

    def append(self, payload: Payload, at: TimeBlock, private: msgspec.Struct | None = None) -> Appended:
        """Add a record and what follows from it; `private` goes beside it, salted and deletable.

        Raises `BadRecordError` for a payload the format cannot hold, and `StoreError`.
        """
        beside = None
        if private is not None:
            beside = Private(secrets.token_bytes(SALT_BYTES), msgspec.json.encode(private).decode())
        return self._append(payload, at, beside)

    def carry(self, carried: Carried, private: Private | None, at: TimeBlock) -> Appended:
        """Add a record of another ledger as it was, its private part beside it."""
        return self._append(carried, at, private)

    def erase(self, ledger_id: str, seqs: tuple[int, ...], reason: str, at: TimeBlock) -> Appended:
        """Delete the private parts beside these records and record that they were deleted."""
        return self._append(Erased(seqs=seqs, ledger_id=ledger_id, reason=reason), at, None)

    def _append(self, payload: Payload, at: TimeBlock, private: Private | None) -> Appended:
        seq = self.head.seq + 1
        body = encode_body(
            Record(
                self.head.ledger_id, seq, RECORD_VERSION, payload.TYPE, at, to_data(payload),
                private.hash() if private else None,
            )
        )  # fmt: skip
        hash_ = chain_hash(self.head.hash, body)
        written = Written(payload, body.decode(), hash_, Fact(self._n, seq, at, private))
        self._write(self, written)
        self.written.append(written)
        self.head = Head(self.head.ledger_id, seq, hash_)
        return Appended(seq, hash_)


def insert(db: sqlite3.Connection, written: Written) -> None:
    """The record, its private part and its consequences, into the open transaction."""
    fact = written.fact
    db.execute(
        "INSERT INTO ledger (seq, body, hash) VALUES (?, ?, ?)", (fact.seq, written.body, written.hash)
    )
    if fact.private is not None:
        db.execute(
            "INSERT INTO private (ledger, seq, salt, text) VALUES (?, ?, ?, ?)",
            (fact.ledger_n, fact.seq, fact.private.salt, fact.private.text),
        )
    project(db, written.payload, fact)
