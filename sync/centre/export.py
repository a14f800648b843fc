"""Ledgers as signed JSON lines, in the form a kiosk's own export has: `docs/verify_ledger.py` checks both."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kiosk.core.export import Header, line_of
from kiosk.core.payload import Genesis
from kiosk.core.proof import SignedHead
from kiosk.core.record import Private, Row
from sync.centre.envelope import envelope_of
from sync.centre.store import Tx

PAGE = 1_000
_encode = msgspec.json.Encoder(order="sorted").encode


def export(tx: Tx, name: str, *, privates: bool) -> Iterator[bytes]:
    """The lines of every ledger of the device `name` (`device` or `tenant/device`; all when empty)."""
    tenant, _, device = name.rpartition("/")
    found = tx.all(
        "SELECT ledger_id, sign_key FROM ledgers WHERE head_seq > 0"
        " AND (device = ? OR ? = '') AND (tenant = ? OR ? = '') ORDER BY opened_ms, ledger_id",
        device, device, tenant, tenant,
    )  # fmt: skip
    for ledger_id, sign_key in found:
        yield from (_encode(line) + b"\n" for line in _ledger(tx, ledger_id, sign_key, privates))


def _ledger(tx: Tx, ledger_id: str, sign_key: str, privates: bool) -> Iterator[msgspec.Struct]:
    """Up to the last record under the device's signature."""
    signed = tx.one(
        "SELECT h.seq, h.hash, h.sig FROM heads h JOIN records r"
        " ON r.ledger_id = h.ledger_id AND r.seq = h.seq AND r.hash = h.hash"
        " WHERE h.ledger_id = ? ORDER BY h.seq DESC LIMIT 1",
        ledger_id,
    )
    if signed is None:
        return
    seq, hash_, sig = signed
    header = None
    for row in _rows(tx, ledger_id, seq):
        if header is None:
            header = _header(row, ledger_id, sign_key, seq, privates)
            yield header
        yield line_of(row, privates=privates)
    yield SignedHead(ledger_id, seq, bytes(hash_).hex(), sig)


def _header(row: Row, ledger_id: str, sign_key: str, records: int, privates: bool) -> Header:
    envelope = envelope_of(row.body)
    genesis = msgspec.json.decode(envelope.data, type=Genesis) if envelope else None
    return Header(
        ledger_id=ledger_id,
        sign_key=sign_key,
        receive_key=genesis.receive_key if genesis else "",
        records=records,
        privates=privates,
        previous=genesis.previous if genesis else None,
    )


def _rows(tx: Tx, ledger_id: str, upto: int) -> Iterator[Row]:
    after = 0
    while after < upto:
        rows = tx.all(
            "SELECT r.seq, r.hash, r.body, p.salt, p.text FROM records r LEFT JOIN private_parts p"
            " ON p.ledger_id = r.ledger_id AND p.seq = r.seq"
            " WHERE r.ledger_id = ? AND r.seq > ? AND r.seq <= ? ORDER BY r.seq LIMIT ?",
            ledger_id, after, upto, PAGE,
        )  # fmt: skip
        if not rows:
            return
        after = rows[-1][0]
        for seq, hash_, body, salt, text in rows:
            yield Row(seq, bytes(body), bytes(hash_), Private(bytes.fromhex(salt), text) if salt else None)
