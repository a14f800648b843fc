"""Checks of a batch that need no database: form, chain, signature, envelopes."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.record import MAX_CARRIED_BYTES, BadRecordError, Record, decode_body, private_hash
from kiosk.core.sign import head_statement, signature_holds
from sync.topics import DeviceName
from sync.wire import MAX_PRIVATE_BYTES, Batch, chained, decode


@dataclass(frozen=True, slots=True)
class Arrived:
    """One record as it came; `envelope` is `None` when it is of a form this version cannot read."""

    seq: int
    hash: bytes
    body: bytes
    envelope: Record | None
    private: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A batch whose chain and signature hold."""

    device: DeviceName
    batch: Batch
    records: list[Arrived]
    payload: bytes

    @property
    def upto(self) -> int:
        """Its last record's seq."""
        return self.batch.head.seq


class RefusedBatchError(Exception):
    """A batch that must not be stored, and the word for why; it can be answered."""

    def __init__(self, batch: Batch, reason: str) -> None:
        super().__init__(reason)
        self.batch = batch
        self.reason = reason


def read_batch(device: DeviceName, payload: bytes) -> Incoming:
    """The batch in `payload`.

    Raises `WireError` when it is not one, `RefusedBatchError` when its contents do not hold.
    """
    batch = decode(payload, Batch)
    hashes = chained(batch)
    head_hash = hashes[-1].hex() if hashes else batch.prev_hash
    if batch.head.seq != batch.from_seq + len(hashes) - 1 or batch.head.hash != head_hash:
        raise RefusedBatchError(batch, "broken_chain")
    statement = head_statement(batch.ledger_id, batch.head.seq, batch.head.hash)
    if not signature_holds(batch.head.key, statement, batch.head.sig):
        raise RefusedBatchError(batch, "bad_signature")
    records = [
        _arrived(batch, batch.from_seq + index, body.encode(), hash_)
        for index, (body, hash_) in enumerate(zip(batch.records, hashes, strict=True))
    ]
    return Incoming(device, batch, records, payload)


def _arrived(batch: Batch, seq: int, body: bytes, hash_: bytes) -> Arrived:
    if len(body) > MAX_CARRIED_BYTES:
        raise RefusedBatchError(batch, "record_too_large")
    try:
        envelope = decode_body(body)
    except BadRecordError:
        return Arrived(seq, hash_, body, None, None)
    if (envelope.ledger_id, envelope.seq) != (batch.ledger_id, seq):
        raise RefusedBatchError(batch, "misplaced")
    return Arrived(seq, hash_, body, envelope, _private(envelope, batch.private.get(seq)))


def _private(envelope: Record, part: tuple[str, str] | None) -> tuple[str, str] | None:
    """The private part if it is the one the record names: a damaged one must not stop delivery."""
    if part is None or len(part[1]) > MAX_PRIVATE_BYTES:
        return None
    try:
        salt = bytes.fromhex(part[0])
    except ValueError:
        return None
    return part if private_hash(salt, part[1].encode()) == envelope.private_hash else None
