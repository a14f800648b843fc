"""Making a batch's bytes out of stored rows, signed at its last record and bounded in size."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.core.sign import head_statement
from sync.source import LedgerSource, Row
from sync.wire import PROTOCOL, Batch, Head, encode

READ_SHARE = 0.8  # of a batch's bytes: inside JSON the records grow by their quotes


def body_bytes(batch_bytes: int) -> int:
    """How many bytes of records to read for a batch of `batch_bytes`, so that it is packed only once."""
    return round(batch_bytes * READ_SHARE)


@dataclass(frozen=True, slots=True)
class Span:
    """Where a batch lies: `upto` and `hash` are its last record's, or the place it asks about."""

    ledger_id: str
    from_seq: int
    upto: int
    hash: bytes
    nonce: str


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch ready to send."""

    payload: bytes
    span: Span


class Packer:
    """Packs rows of one device's ledgers."""

    def __init__(
        self,
        source: LedgerSource,
        sign_key: str,
        sign_head: Callable[[str, bytes], tuple[str, str]] | None = None,
    ) -> None:
        self._sign = sign_head or (lambda ledger_id, statement: (sign_key, source.sign(statement)))

    def pack(
        self, ledger_id: str, prev: tuple[int, bytes], rows: list[Row], last: int, max_bytes: int
    ) -> Packed:
        """A batch of as many of `rows` as fit in `max_bytes`, at least one; none at all is an inquiry.

        `prev` is the seq and hash before them, `last` the last seq that will be delivered.
        """
        packed = self._pack(ledger_id, prev, rows, last)
        while len(packed.payload) > max_bytes and len(rows) > 1:
            rows = rows[: max(1, len(rows) * max_bytes // (len(packed.payload) + 1))]
            packed = self._pack(ledger_id, prev, rows, last)
        return packed

    def _pack(self, ledger_id: str, prev: tuple[int, bytes], rows: list[Row], last: int) -> Packed:
        prev_seq, prev_hash = prev
        head_seq, head_hash = (rows[-1].seq, rows[-1].hash) if rows else prev
        nonce = secrets.token_hex(16)
        statement = head_statement(ledger_id, head_seq, head_hash.hex())
        batch = Batch(
            v=PROTOCOL,
            ledger_id=ledger_id,
            from_seq=prev_seq + 1,
            prev_hash=prev_hash.hex(),
            records=tuple([row.body.decode() for row in rows]),
            last=last,
            head=Head(head_seq, head_hash.hex(), *self._sign(ledger_id, statement)),
            nonce=nonce,
            private={row.seq: row.private for row in rows if row.private},
        )
        return Packed(encode(batch), Span(ledger_id, prev_seq + 1, head_seq, head_hash, nonce))
