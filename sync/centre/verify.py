"""Reads everything back and checks it: chains, private parts, and the devices' signatures."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kiosk.core.record import ZERO_HASH, chain_hash
from kiosk.core.sign import head_statement, signature_holds
from sync.centre.store import Tx

PAGE = 1_000


class VerifyReport(msgspec.Struct, frozen=True):
    """`fault` names the first bad seq and what is wrong; empty when the ledger holds.

    `signed_upto` is the last seq under a device's signature.
    """

    ledger_id: str
    records: int
    signed_upto: int
    fault: str


def verify(tx: Tx) -> list[VerifyReport]:
    """Every ledger, checked from its first record."""
    rows = tx.all("SELECT ledger_id, sign_key, head_seq, head_hash FROM ledgers ORDER BY opened_ms")
    return [_verify(tx, ledger_id, key, seq, bytes(hash_)) for ledger_id, key, seq, hash_ in rows]


def _verify(tx: Tx, ledger_id: str, key: str, head_seq: int, head_hash: bytes) -> VerifyReport:
    heads = _heads(tx, ledger_id)
    seq, last, signed = 0, ZERO_HASH, 0
    for found, hash_, body in _records(tx, ledger_id):
        if found != seq + 1:
            return VerifyReport(ledger_id, seq, signed, f"seq {seq + 1} is missing")
        last = chain_hash(last, body)
        if last != hash_:
            return VerifyReport(ledger_id, seq, signed, f"seq {found} was changed")
        seq = found
        if (sig := heads.get((seq, last))) is not None:
            if not signature_holds(key, head_statement(ledger_id, seq, last.hex()), sig):
                return VerifyReport(ledger_id, seq, signed, f"the signature at seq {seq} is not the device's")
            signed = seq
    fault = "" if (seq, last) == (head_seq, head_hash) else f"the head says {head_seq}, records end at {seq}"
    if not fault and signed != seq:
        fault = f"records after seq {signed} are under no signature"
    return VerifyReport(ledger_id, seq, signed, fault)


def _records(tx: Tx, ledger_id: str) -> Iterator[tuple[int, bytes, bytes]]:
    after = -1
    while rows := tx.all(
        "SELECT seq, hash, body FROM records WHERE ledger_id = ? AND seq > ? ORDER BY seq LIMIT ?",
        ledger_id, after, PAGE,
    ):  # fmt: skip
        yield from ((seq, bytes(hash_), bytes(body)) for seq, hash_, body in rows)
        after = rows[-1][0]


def _heads(tx: Tx, ledger_id: str) -> dict[tuple[int, bytes], str]:
    rows = tx.all("SELECT seq, hash, sig FROM heads WHERE ledger_id = ?", ledger_id)
    return {(seq, bytes(hash_)): sig for seq, hash_, sig in rows}
