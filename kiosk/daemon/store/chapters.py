"""Closing one ledger and opening the next: the table is renamed, which takes no time however long it is."""

from __future__ import annotations

import sqlite3

import msgspec

from kiosk.core.payload import LedgerPoint
from kiosk.core.record import ZERO_HASH
from kiosk.daemon.store import schema
from kiosk.daemon.store.types import Head


def open_ledger(
    db: sqlite3.Connection, closing: Head, previous: LedgerPoint | None, ledger_id: str
) -> tuple[Head, int]:
    """Put an empty `ledger` table in place inside the open transaction; its empty head and its number."""
    if closing.seq:
        _close(db, closing, previous)
    made = db.execute(
        "INSERT INTO ledgers (ledger_id, stored, previous) VALUES (?, 1, ?)",
        (ledger_id, msgspec.json.encode(previous).decode() if previous else None),
    )
    schema.restore_triggers(db)
    return Head(ledger_id, 0, ZERO_HASH), made.lastrowid or 0


def _close(db: sqlite3.Connection, closing: Head, previous: LedgerPoint | None) -> None:
    n = db.execute("SELECT n FROM ledgers WHERE ledger_id = ?", (closing.ledger_id,)).fetchone()[0]
    deliver_upto = closing.seq
    if previous is not None:
        deliver_upto = min(previous.seq, closing.seq) if previous.ledger_id == closing.ledger_id else 0
        db.execute(
            "UPDATE ledgers SET deliver_upto = MIN(deliver_upto, ?) WHERE ledger_id = ?",
            (previous.seq, previous.ledger_id),
        )
    schema.drop_triggers(db, "ledger")
    db.execute(f"ALTER TABLE ledger RENAME TO ledger_{n}")
    db.execute(
        "UPDATE ledgers SET last_seq = ?, last_hash = ?, deliver_upto = ? WHERE n = ?",
        (closing.seq, closing.hash.hex(), deliver_upto, n),
    )
    db.execute(schema.LEDGER)
