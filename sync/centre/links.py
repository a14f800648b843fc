"""Links between ledgers: a genesis names the place in the older ledger it goes on from.

A link that matches what the centre holds closes the older ledger and explains a fork after that
place (a kiosk put back from a copy). One that contradicts it quarantines the newer ledger.
"""

from __future__ import annotations

from kiosk.core.payload import Genesis
from sync.centre.ledgers import Ledger, flush, hashes, lock, save
from sync.centre.store import Tx


def follow(tx: Tx, ledger: Ledger, genesis: Genesis, now_ms: int) -> None:
    """Note where the new `ledger` goes on from, and judge that if the older ledger is here already."""
    link = genesis.previous
    if link is None:
        if _older(tx, ledger):
            ledger.reason = "unlinked"
        return
    tx.run(
        "UPDATE ledgers SET prev_ledger = ?, prev_seq = ?, prev_hash = ? WHERE ledger_id = ?",
        link.ledger_id, link.seq, bytes.fromhex(link.hash), ledger.ledger_id,
    )  # fmt: skip
    older = lock(tx, link.ledger_id)
    held = hashes(tx, link.ledger_id, link.seq, link.seq).get(link.seq)
    if older is None or held is None:
        ledger.reason = "link_pending"
    elif held.hex() != link.hash or older.device != ledger.device:
        ledger.standing, ledger.reason = "quarantined", "link_mismatch"
        return
    else:
        _close(tx, older, link.seq)
        save(tx, older, now_ms)
    if older:
        older.linked_at = max(older.linked_at or 0, link.seq)
        older.awaited = older.awaited or link.seq > older.head_seq


def settle(tx: Tx, ledger: Ledger, before_seq: int, now_ms: int) -> None:
    """`ledger` grew from `before_seq`: judge the links that waited for the records now here."""
    if not ledger.awaited:
        return
    rows = tx.all(
        "SELECT ledger_id, prev_seq, prev_hash FROM ledgers"
        " WHERE prev_ledger = ? AND prev_seq > ? AND prev_seq <= ?",
        ledger.ledger_id, before_seq, ledger.head_seq,
    )  # fmt: skip
    for successor_id, seq, hash_ in rows:
        good = hashes(tx, ledger.ledger_id, seq, seq)[seq] == bytes(hash_)
        successor = lock(tx, successor_id)
        if successor and successor.standing == "open":
            successor.standing, successor.reason = ("open", "") if good else ("quarantined", "link_mismatch")
            save(tx, successor, now_ms)
        if good:
            ledger.standing, ledger.reason = "closed", ""


def explains(ledger: Ledger, common_seq: int) -> bool:
    """Whether a newer ledger goes on from a place no later than `common_seq`."""
    at = ledger.linked_at
    return at is not None and at <= common_seq and ledger.standing == "closed"


def continues_after_successor(ledger: Ledger, seq: int) -> bool:
    """Whether `seq` lies beyond the place a newer ledger already went on from."""
    return ledger.linked_at is not None and seq > ledger.linked_at


def _close(tx: Tx, older: Ledger, link_seq: int) -> None:
    """Only a fork is explained by a link, and only one that began after it; the rest stays quarantined."""
    row = tx.one("SELECT min(seq) FROM forks WHERE ledger_id = ?", older.ledger_id)
    forked_at = row[0] if row else None
    explained = forked_at is None or forked_at > link_seq
    forked = older.standing == "quarantined" and older.reason == "fork"
    if explained and (forked or not older.frozen):
        older.standing, older.reason = "closed", ""


def _older(tx: Tx, ledger: Ledger) -> int:
    """How many other ledgers of the device hold something."""
    flush(tx)
    row = tx.one(
        "SELECT count(*) FROM ledgers WHERE tenant = ? AND device = ? AND ledger_id <> ? AND head_seq > 0",
        ledger.device.tenant, ledger.device.device, ledger.ledger_id,
    )  # fmt: skip
    return int(row[0]) if row else 0
