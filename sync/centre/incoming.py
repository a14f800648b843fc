"""Checks of a batch that need no database: form, chain, signature, envelopes."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from kiosk.core.record import MAX_CARRIED_BYTES, chain_hashes, private_hash
from kiosk.core.sign import head_statement, signature_holds
from sync.centre.content import Content, content_of
from sync.centre.envelope import NUL, Envelope, envelope_of
from sync.topics import DeviceName
from sync.wire import MAX_PRIVATE_BYTES, Batch, decode


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """One record as it came; `envelope` is `None` when it is of a form this version cannot read."""

    seq: int
    hash: bytes
    body: bytes
    envelope: Envelope | None
    private: tuple[str, str] | None
    content: Content | None

    @property
    def type(self) -> str:
        """What it calls itself, `?` for an unreadable one."""
        return self.envelope.type if self.envelope else "?"


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
    bodies = [body.encode() for body in batch.records]
    hashes = chain_hashes(bytes.fromhex(batch.prev_hash), bodies)
    last = hashes[-1].hex() if hashes else batch.prev_hash
    if batch.head.seq != batch.from_seq + len(hashes) - 1 or batch.head.hash != last:
        raise RefusedBatchError(batch, "broken_chain")
    statement = head_statement(batch.ledger_id, batch.head.seq, batch.head.hash)
    if not signature_holds(batch.head.key, statement, batch.head.sig):
        raise RefusedBatchError(batch, "bad_signature")
    if any(len(body) > MAX_CARRIED_BYTES for body in bodies):
        raise RefusedBatchError(batch, "record_too_large")
    return Incoming(device, batch, _arrived(batch, bodies, hashes), payload)


def _arrived(batch: Batch, bodies: list[bytes], hashes: list[bytes]) -> list[Arrived]:
    records = []
    for seq, (body, hash_) in enumerate(zip(bodies, hashes, strict=True), batch.from_seq):
        envelope, part = envelope_of(body), None
        if envelope is not None:
            if envelope.seq != seq or envelope.ledger_id != batch.ledger_id:
                raise RefusedBatchError(batch, "misplaced")
            part = batch.private and _private(envelope, batch.private.get(seq))
        records.append(Arrived(seq, hash_, body, envelope, part or None, content_of(envelope)))
    return records


def stored(seq: int, hash_: bytes, body: bytes, private: tuple[str, str] | None) -> Arrived:
    """A record the centre has, as when it came."""
    envelope = envelope_of(body)
    return Arrived(seq, hash_, body, envelope, private, content_of(envelope))


def _private(envelope: Envelope, part: tuple[str, str] | None) -> tuple[str, str] | None:
    """The private part if it is the one the record names: a damaged one must not stop delivery."""
    if part is None or len(part[1]) > MAX_PRIVATE_BYTES or "\0" in part[1]:
        return None
    try:
        salt = bytes.fromhex(part[0])
    except ValueError:
        return None
    text = part[1].encode()
    return part if NUL not in text and private_hash(salt, text) == envelope.private_hash else None
