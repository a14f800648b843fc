"""What kiosks' records say of photos, commands and the centre's own decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kiosk.core import payload as p
from sync.centre import files
from sync.centre.carried import set_punch
from sync.centre.store import Tx

if TYPE_CHECKING:
    from sync.centre.projection import Fact

KEPT_HERE = ("disk_full", "revoked")
"""Why a kiosk deletes photos that the centre keeps."""


def _evidence(tx: Tx, evidence: p.Evidence, fact: Fact) -> None:
    device = fact.ledger.device
    tx.run(
        "INSERT INTO photos VALUES (?, ?, ?, ?, ?, ?, ?, ?, '') ON CONFLICT DO NOTHING",
        device.tenant, device.device, fact.envelope.ledger_id, fact.envelope.seq, evidence.punch_seq,
        evidence.kind, evidence.ciphertext_sha256, evidence.size_bytes,
    )  # fmt: skip


def _evidence_removed(tx: Tx, removed: p.EvidenceRemoved, fact: Fact) -> None:
    """Retention and erasure count here too; a kiosk that ran out of room does not."""
    device = fact.ledger.device
    for sha256 in removed.ciphertext_sha256s:
        tx.run(
            "UPDATE photos SET removed = ? WHERE sha256 = ? AND tenant = ? AND device = ?",
            removed.reason, sha256, device.tenant, device.device,
        )  # fmt: skip
        if removed.reason not in KEPT_HERE:
            files.forget(tx, device, sha256)


def _command(tx: Tx, taken: p.CommandTaken, fact: Fact) -> None:
    """The ledger's word for what became of a command, where the reply was lost."""
    device = fact.ledger.device
    tx.run(
        "UPDATE commands SET state = ?, words = CASE WHEN words = '' THEN ? ELSE words END, done_ms = ?"
        " WHERE tenant = ? AND device = ? AND counter = ? AND state IN ('waiting', 'sent', 'taken')",
        taken.outcome, taken.detail, fact.envelope.at.wall_ms, device.tenant, device.device, taken.counter,
    )  # fmt: skip


def _decided(tx: Tx, decided: p.Decided, fact: Fact) -> None:
    column, value = {
        "accept": ("standing", "counted"),
        "reject": ("standing", "rejected"),
        "in": ("direction", "in"),
        "out": ("direction", "out"),
    }.get(decided.ruling, ("", ""))
    if column:
        set_punch(tx, fact.ledger.device, (decided.ledger_id, decided.punch_seq), column, value)


HANDLERS: dict[type[p.Payload], Callable[[Tx, Any, Fact], None]] = {
    p.Evidence: _evidence,
    p.EvidenceRemoved: _evidence_removed,
    p.CommandTaken: _command,
    p.Decided: _decided,
}
