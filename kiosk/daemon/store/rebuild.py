"""The derived tables made again, by replaying every ledger in order."""

from __future__ import annotations

import sqlite3
from functools import partial

from kiosk.core.api import Rebuilt
from kiosk.core.record import Private, TimeBlock
from kiosk.daemon.store import schema
from kiosk.daemon.store.projection import Fact, project_body


def rebuild(db: sqlite3.Connection) -> Rebuilt:
    """Replay inside the open transaction; `differences` counts rows only in one of before and after."""
    for table in schema.DERIVED_TABLES:
        db.execute(f"CREATE TEMP TABLE before_{table} AS SELECT * FROM main.{table}")
    schema.drop_derived(db)
    schema.create_derived(db)
    records = replay_all(db)
    differences = sum(_differences(db, table) for table in schema.DERIVED_TABLES)
    for table in schema.DERIVED_TABLES:
        db.execute(f"DROP TABLE temp.before_{table}")
    people = db.execute("SELECT COUNT(*) FROM people WHERE source_key IS NOT NULL").fetchone()[0]
    punches = db.execute("SELECT COUNT(*) FROM punches").fetchone()[0]
    return Rebuilt(records, people, punches, differences)


def replay_all(db: sqlite3.Connection) -> int:
    """Fill empty derived tables from every ledger in the open transaction; how many records there were."""
    return sum(_replay(db, n, table) for n, table in _stored_ledgers(db))


def _stored_ledgers(db: sqlite3.Connection) -> list[tuple[int, str]]:
    """Number and table of each ledger held here, oldest first."""
    rows = db.execute("SELECT n, last_seq IS NULL FROM ledgers WHERE stored ORDER BY n").fetchall()
    return [(n, "ledger" if current else f"ledger_{n}") for n, current in rows]


def _replay(db: sqlite3.Connection, ledger_n: int, table: str) -> int:
    """Let every record of one ledger have its consequences again; how many there were."""
    count = 0
    rows = db.execute(
        f"SELECT r.seq, CAST(r.body AS BLOB), v.salt, v.text FROM {table} r "
        "LEFT JOIN private v ON v.ledger = ? AND v.seq = r.seq ORDER BY r.seq", (ledger_n,)
    )  # fmt: skip
    for seq, body, salt, text in rows:
        private = None if salt is None else Private(salt, text)
        project_body(db, body, partial(_fact, ledger_n, seq, private))
        count += 1
    return count


def _fact(ledger_n: int, seq: int, private: Private | None, at: TimeBlock) -> Fact:
    return Fact(ledger_n, seq, at, private)


def _differences(db: sqlite3.Connection, table: str) -> int:
    before, after = f"SELECT * FROM temp.before_{table}", f"SELECT * FROM main.{table}"
    rows = db.execute(
        f"SELECT (SELECT COUNT(*) FROM ({before} EXCEPT {after}))"
        f" + (SELECT COUNT(*) FROM ({after} EXCEPT {before}))"
    )
    return int(rows.fetchone()[0])
