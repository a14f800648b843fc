"""Makes the tables of the reports anew from the records: after a restore, a settlement, a new version."""

from __future__ import annotations

from collections.abc import Iterator

from sync.centre import ledgers
from sync.centre.incoming import Arrived, stored
from sync.centre.projection import project
from sync.centre.store import Tx

PAGE = 1_000
TABLES = ("punches", "carried", "people", "aliases", "absences")


def rebuild(tx: Tx, now_ms: int) -> int:
    """Replay every ledger in the order they were opened; how many records. Other processes wait meanwhile."""
    names = tx.all("SELECT DISTINCT tenant, device FROM device_keys")
    tx.lock([f"{tenant}/{device}" for tenant, device in names])
    for table in TABLES:
        tx.run(f"DELETE FROM {table}")
    total = 0
    for (ledger_id,) in tx.all("SELECT ledger_id FROM ledgers ORDER BY opened_ms, ledger_id"):
        ledger = ledgers.lock(tx, ledger_id)
        for page in pages(tx, ledger_id) if ledger else ():
            assert ledger is not None
            project(tx, ledger, page, now_ms)
            total += len(page)
    return total


def pages(tx: Tx, ledger_id: str, after: int = 0) -> Iterator[list[Arrived]]:
    """The records held after seq `after`, with their private parts, some at a time."""
    while rows := tx.all(
        "SELECT r.seq, r.hash, r.body, p.salt, p.text FROM records r LEFT JOIN private_parts p"
        " ON p.ledger_id = r.ledger_id AND p.seq = r.seq"
        " WHERE r.ledger_id = ? AND r.seq > ? ORDER BY r.seq LIMIT ?",
        ledger_id, after, PAGE,
    ):  # fmt: skip
        after = rows[-1][0]
        yield [
            stored(seq, bytes(hash_), bytes(body), (salt, text) if salt else None)
            for seq, hash_, body, salt, text in rows
        ]
