"""`hadir-centre seal verify`: whether a photographed seal and the records held here are of one history."""

from __future__ import annotations

from typing import Literal

import msgspec

from kiosk.core.seal import DaySeal
from sync.centre.store import Tx

Verdict = Literal["anchored", "signed_only", "differs", "bad_signature", "unknown_ledger"]


class SealReport(msgspec.Struct, frozen=True):
    """What the seal proves. `held` is the last record of its ledger that is here."""

    verdict: Verdict
    words: str
    tenant: str
    device: str
    day: str
    records: int
    held: int


def judge(tx: Tx, seal: DaySeal) -> SealReport:
    """Compare `seal` with what is held."""
    row = tx.one("SELECT tenant, device, sign_key, head_seq FROM ledgers WHERE ledger_id = ?", seal.ledger_id)
    if row is None:
        return _report(seal, "unknown_ledger", "no kiosk has delivered a record of this ledger", 0)
    tenant, device, key, held = row
    if (tenant, device) != (seal.tenant, seal.device) or not seal.holds(key):
        return _report(seal, "bad_signature", f"the kiosk {tenant}/{device} did not sign this text", held)
    if held < seal.last:
        words = f"the kiosk's signature holds; its records {held + 1} to {seal.last} have not come yet"
        return _report(seal, "signed_only", words, held)
    found = tx.one("SELECT hash FROM records WHERE ledger_id = ? AND seq = ?", seal.ledger_id, seal.last)
    if found is None or bytes(found[0]).hex() != seal.head:
        words = f"record {seal.last} here is ANOTHER than the one that was sealed: one of the two was altered"
        return _report(seal, "differs", words, held)
    return _report(seal, "anchored", f"records 1 to {seal.last} here are the ones that were sealed", held)


def _report(seal: DaySeal, verdict: Verdict, words: str, held: int) -> SealReport:
    return SealReport(verdict, words, seal.tenant, seal.device, seal.day, seal.count, held)
