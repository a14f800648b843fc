"""Records carried from one ledger of a kiosk into its next: each has its consequences once.

A kiosk that mends a damaged database carries all after the damage, also what was delivered long ago.
"""

from __future__ import annotations

from kiosk.core.payload import Carried
from sync.centre.store import Row, Tx


def is_counted(tx: Tx, carried: Carried, punch: Row | None) -> bool:
    """Whether what is carried has been taken in: as itself, or (a `punch`'s row) in an earlier carrier."""
    held = tx.one("SELECT body FROM records WHERE ledger_id = ? AND seq = ?", carried.ledger_id, carried.seq)
    if held is not None and bytes(held[0]) == carried.body.encode():
        return True
    return punch is not None and _has_twin(tx, punch)


def _has_twin(tx: Tx, punch: Row) -> bool:
    """Nobody punches twice in one millisecond of one boot; `true_ms` is what the table is indexed by."""
    tenant, device, person_id, wall_ms, boot_id = *punch[2:6], punch[17]
    found = tx.one(
        "SELECT 1 FROM punches WHERE true_ms = ? AND tenant = ? AND device = ? AND person_id = ?"
        " AND wall_ms = ? AND boot_id = ?",
        wall_ms, tenant, device, person_id, wall_ms, boot_id,
    )  # fmt: skip
    return found is not None
