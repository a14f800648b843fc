"""The newest tables, and the triggers that keep the ledger append-only."""

from __future__ import annotations

import sqlite3

LATEST = 5
KEY_SHIFT = 40
KEY_MASK = (1 << KEY_SHIFT) - 1

LEDGER = """
CREATE TABLE ledger (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL)
"""
KEPT = """
CREATE TABLE ledgers (
    n INTEGER PRIMARY KEY, ledger_id TEXT NOT NULL UNIQUE, stored INTEGER NOT NULL,
    previous TEXT, last_seq INTEGER, last_hash TEXT, deliver_upto INTEGER
);
CREATE TABLE private (
    ledger INTEGER NOT NULL, seq INTEGER NOT NULL, salt BLOB NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (ledger, seq)
) WITHOUT ROWID;
CREATE TABLE cursors (
    destination TEXT NOT NULL, ledger INTEGER NOT NULL, upto INTEGER NOT NULL,
    PRIMARY KEY (destination, ledger)
) WITHOUT ROWID;
CREATE TABLE anchors (
    ledger INTEGER NOT NULL, day INTEGER NOT NULL, upto INTEGER NOT NULL, hash TEXT NOT NULL,
    time_ms INTEGER NOT NULL, nonce TEXT NOT NULL, sig TEXT NOT NULL, PRIMARY KEY (ledger, day)
) WITHOUT ROWID;
"""
# A key is `ledgers.n << 40 | seq`: one integer, in the order things were written.
DERIVED = """
CREATE TABLE people (
    n INTEGER PRIMARY KEY, person_id TEXT NOT NULL UNIQUE, same_as INTEGER, number TEXT NOT NULL,
    name TEXT NOT NULL, unit TEXT NOT NULL, category TEXT NOT NULL, active INTEGER NOT NULL,
    source_key INTEGER
);
CREATE INDEX people_by_number ON people (number);
CREATE TABLE tenure (
    key INTEGER PRIMARY KEY, person INTEGER NOT NULL, wall_ms INTEGER NOT NULL, true_ms INTEGER NOT NULL,
    boot_id TEXT NOT NULL, active INTEGER NOT NULL
);
CREATE INDEX tenure_by_person ON tenure (person);
CREATE TABLE templates (
    template_id TEXT PRIMARY KEY, person INTEGER NOT NULL, purpose TEXT NOT NULL, part TEXT NOT NULL,
    device TEXT NOT NULL, format TEXT NOT NULL, ciphertext_sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX templates_by_person ON templates (person);
CREATE TABLE slots (
    device TEXT NOT NULL, slot INTEGER NOT NULL, template_id TEXT NOT NULL, PRIMARY KEY (device, slot)
) WITHOUT ROWID;
CREATE INDEX slots_by_template ON slots (template_id);
CREATE TABLE punches (
    key INTEGER PRIMARY KEY, person INTEGER NOT NULL, wall_ms INTEGER NOT NULL, true_ms INTEGER NOT NULL,
    source TEXT NOT NULL, uncertainty_ms INTEGER, boot_id TEXT NOT NULL, boot_ms INTEGER NOT NULL,
    direction TEXT NOT NULL, carrier INTEGER
);
CREATE INDEX punches_by_person ON punches (person, true_ms);
CREATE TABLE days (start INTEGER PRIMARY KEY, day INTEGER NOT NULL);
CREATE INDEX days_by_day ON days (day);
CREATE TABLE evidence (
    key INTEGER PRIMARY KEY, punch INTEGER NOT NULL, kind TEXT NOT NULL, ciphertext_sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, wall_ms INTEGER NOT NULL
);
CREATE INDEX evidence_by_file ON evidence (ciphertext_sha256);
CREATE TABLE seals (
    key INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, day TEXT NOT NULL
);
CREATE TABLE sources (
    source_key BLOB PRIMARY KEY, key INTEGER NOT NULL, holder INTEGER NOT NULL, user_key BLOB
) WITHOUT ROWID;
CREATE INDEX sources_waiting ON sources (key) WHERE user_key IS NOT NULL;
CREATE TABLE terminal_users (
    serial TEXT NOT NULL, user_key BLOB NOT NULL, person INTEGER NOT NULL, user_id TEXT NOT NULL,
    source_key INTEGER NOT NULL, PRIMARY KEY (serial, user_key)
) WITHOUT ROWID;
CREATE TABLE desk (
    key INTEGER PRIMARY KEY, type TEXT NOT NULL, person INTEGER, subject TEXT NOT NULL,
    holder INTEGER NOT NULL, wall_ms INTEGER NOT NULL, data TEXT NOT NULL
);
CREATE INDEX desk_by_person ON desk (type, person);
CREATE INDEX desk_by_subject ON desk (subject, type);
CREATE TABLE runs (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, type TEXT NOT NULL, boot_id TEXT NOT NULL);
"""
DERIVED_TABLES = (
    "people", "tenure", "templates", "slots", "punches", "days", "evidence", "seals", "sources",
    "terminal_users", "desk", "runs",
)  # fmt: skip

_REFUSALS = {
    "no_update": "BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "no_delete": "BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
}
_NEXT_ONLY = (
    "BEFORE INSERT ON {table} WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM {table}) "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is gap-free and append-only'); END"
)
_CLOSED = "BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'this ledger is closed'); END"


def key_of(ledger_n: int, seq: int) -> int:
    """The one integer that names a record over all ledgers of this kiosk."""
    return ledger_n << KEY_SHIFT | seq


def version(db: sqlite3.Connection) -> int:
    """The number of the schema the database has; 0 is an empty one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def create_kept(db: sqlite3.Connection) -> None:
    """Make what is not derived: an empty ledger and what is kept beside it."""
    for statement in _statements(LEDGER + ";" + KEPT):
        db.execute(statement)
    restore_triggers(db)


def create_derived(db: sqlite3.Connection) -> None:
    """Make the derived tables, empty."""
    for statement in _statements(DERIVED):
        db.execute(statement)


def drop_derived(db: sqlite3.Connection) -> None:
    """Remove the derived tables."""
    for table in DERIVED_TABLES:
        db.execute(f"DROP TABLE IF EXISTS {table}")


def triggers_wrong(db: sqlite3.Connection) -> list[str]:
    """The names of triggers that are missing, changed, or not ours."""
    have = dict(db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall())
    wanted = _wanted_triggers(db)
    return sorted({name for name in wanted | have if wanted.get(name) != have.get(name)})


def restore_triggers(db: sqlite3.Connection) -> list[str]:
    """Make every trigger be there as it should, inside a transaction; the names of those that were not."""
    wrong, wanted = triggers_wrong(db), _wanted_triggers(db)
    for name in wrong:
        db.execute(f'DROP TRIGGER IF EXISTS "{name}"')
        if name in wanted:
            db.execute(wanted[name])
    return wrong


def drop_triggers(db: sqlite3.Connection, table: str) -> None:
    """Remove every trigger on `table`."""
    for (name,) in db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
    ).fetchall():
        db.execute(f'DROP TRIGGER "{name}"')


def _wanted_triggers(db: sqlite3.Connection) -> dict[str, str]:
    wanted = {}
    names = [
        row[0]
        for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'ledger*'")
    ]
    for table in [name for name in names if name == "ledger" or name.removeprefix("ledger_").isdigit()]:
        insert = _NEXT_ONLY if table == "ledger" else _CLOSED
        for name, text in {**_REFUSALS, "append": insert}.items():
            wanted[f"{table}_{name}"] = f"CREATE TRIGGER {table}_{name} " + text.format(table=table)
    wanted["private_no_update"] = "CREATE TRIGGER private_no_update " + _REFUSALS["no_update"].format(
        table="private"
    )
    return wanted


def _statements(script: str) -> list[str]:
    return [part for part in script.split(";") if part.strip()]
