"""Ledgers made in memory, and what somebody may do to them."""

from __future__ import annotations

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.core import payload as p
from kiosk.core.record import ZERO_HASH, Private, Record, Row, TimeBlock, chain_hash, encode_body
from kiosk.core.sign import ack_statement, head_statement, seal_statement

ID = "ab" * 16
AT = TimeBlock(1_791_244_800_000, "ntp", 50, "boot-1", 60_000)


class Key:
    """An Ed25519 key."""

    def __init__(self, seed: int) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, statement: bytes) -> str:
        return self._key.sign(statement).hex()


DEVICE, CENTRE, STRANGER = Key(1), Key(2), Key(3)


class Chain:
    """A ledger that grows."""

    def __init__(self, key: Key = DEVICE, ledger_id: str = ID) -> None:
        self.key, self.id = key, ledger_id
        self.rows: list[Row] = []
        self.sealed = 0
        self.add(
            p.Genesis(
                reason="new",
                tenant="dinas",
                device_id="kiosk-1",
                sign_key=key.public,
                receive_key="",
                software="0",
            )
        )

    def add(self, payload: p.Payload, private: Private | None = None) -> Row:
        seq, before = len(self.rows) + 1, self.rows[-1].hash if self.rows else ZERO_HASH
        beside = private.hash() if private else None
        body = encode_body(Record(self.id, seq, 1, payload.TYPE, AT, p.to_data(payload), beside))
        self.rows.append(Row(seq, body, chain_hash(before, body), private))
        return self.rows[-1]

    def add_person(self, name: str = "Siti") -> Row:
        text = msgspec.json.encode(p.PersonPrivate(number="1", name=name)).decode()
        return self.add(
            p.Person(person_id="p1", category="PNS", active=True, source="x"), Private(b"s" * 16, text)
        )

    def fill(self, count: int) -> None:
        for number in range(count):
            self.add(p.Stop(reason=f"reason {number}"))

    def seal(self) -> Row:
        last = self.rows[-1]
        fields = (self.sealed + 1, last.seq, last.seq - self.sealed, last.hash.hex(), "2026-10-06")
        signature = self.key.sign(seal_statement(self.id, *fields))
        self.sealed = last.seq
        first, last_seq, count, head, day = fields
        return self.add(p.Seal(first=first, last=last_seq, count=count, head=head, day=day, sig=signature))


def recomputed(rows: list[Row], seq: int, old: bytes, new: bytes) -> list[Row]:
    """`rows` with the body of `seq` changed, and every hash from there on computed anew: no key is needed."""
    result, before = [], ZERO_HASH
    for row in rows:
        body = row.body.replace(old, new) if row.seq == seq else row.body
        before = chain_hash(before, body)
        result.append(Row(row.seq, body, before, row.private))
    return result


def anchor(row: Row, key: Key = CENTRE) -> tuple[str, int, str, int, str, str]:
    """The centre's word for everything up to `row`, field by field."""
    fields = (ID, row.seq, row.hash.hex(), AT.wall_ms, "nonce")
    return (*fields, key.sign(ack_statement(*fields)))


def head(row: Row, key: Key = DEVICE) -> tuple[str, int, str, str]:
    """The device's signed head, field by field."""
    fields = (ID, row.seq, row.hash.hex())
    return (*fields, key.sign(head_statement(*fields)))
