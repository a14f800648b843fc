"""The centre's tables as numbered migrations, in SQL that SQLite and PostgreSQL both take.

`{blob}` and the like stand for what differs (`WORDS`). A migration that was released is never changed:
a new one is put at the end of `MIGRATIONS`, and the schema's version is how many there are.
"""

from __future__ import annotations

from typing import Literal

from sync.centre import down_tables, views

Dialect = Literal["sqlite", "postgresql"]

_FIRST = (
    """CREATE TABLE device_keys (
        tenant TEXT NOT NULL, device TEXT NOT NULL, sign_key TEXT NOT NULL, state TEXT NOT NULL,
        first_seen_ms BIGINT NOT NULL, decided_ms BIGINT,
        PRIMARY KEY (tenant, device, sign_key))""",
    """CREATE TABLE presence (
        tenant TEXT NOT NULL, device TEXT NOT NULL, sign_key TEXT NOT NULL, status TEXT NOT NULL,
        body TEXT NOT NULL, changed_ms BIGINT NOT NULL,
        PRIMARY KEY (tenant, device))""",
    """CREATE TABLE ledgers (
        ledger_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, device TEXT NOT NULL, sign_key TEXT NOT NULL,
        head_seq BIGINT NOT NULL, head_hash {blob} NOT NULL, standing TEXT NOT NULL, reason TEXT NOT NULL,
        prev_ledger TEXT, prev_seq BIGINT, prev_hash {blob},
        opened_ms BIGINT NOT NULL, moved_ms BIGINT NOT NULL)""",
    "CREATE INDEX ledgers_of_device ON ledgers (tenant, device)",
    """CREATE TABLE records (
        ledger_id TEXT NOT NULL, seq BIGINT NOT NULL, hash {blob} NOT NULL, body {blob} NOT NULL,
        type TEXT NOT NULL, received_ms BIGINT NOT NULL,
        PRIMARY KEY (ledger_id, seq))""",
    """CREATE TABLE private_parts (
        ledger_id TEXT NOT NULL, seq BIGINT NOT NULL, salt TEXT NOT NULL, text TEXT NOT NULL,
        PRIMARY KEY (ledger_id, seq))""",
    """CREATE TABLE heads (
        ledger_id TEXT NOT NULL, seq BIGINT NOT NULL, hash {blob} NOT NULL, sig TEXT NOT NULL,
        received_ms BIGINT NOT NULL,
        PRIMARY KEY (ledger_id, seq, hash))""",
    """CREATE TABLE staged (
        ledger_id TEXT NOT NULL, from_seq BIGINT NOT NULL, upto BIGINT NOT NULL, payload {blob} NOT NULL,
        received_ms BIGINT NOT NULL,
        PRIMARY KEY (ledger_id, from_seq))""",
    """CREATE TABLE forks (
        ledger_id TEXT NOT NULL, seq BIGINT NOT NULL, hash {blob} NOT NULL, body {blob} NOT NULL,
        received_ms BIGINT NOT NULL,
        PRIMARY KEY (ledger_id, seq, hash))""",
    """CREATE TABLE provisional (
        ledger_id TEXT NOT NULL, seq BIGINT NOT NULL, body {blob} NOT NULL, received_ms BIGINT NOT NULL,
        PRIMARY KEY (ledger_id, seq))""",
    """CREATE TABLE punches (
        ledger_id TEXT NOT NULL, seq BIGINT NOT NULL, tenant TEXT NOT NULL, device TEXT NOT NULL,
        person_id TEXT NOT NULL, wall_ms BIGINT NOT NULL, time_source TEXT NOT NULL, method TEXT NOT NULL,
        grade TEXT NOT NULL, code TEXT NOT NULL, direction TEXT NOT NULL, session TEXT NOT NULL,
        late_s BIGINT NOT NULL, site TEXT NOT NULL, simulated INTEGER NOT NULL, provisional INTEGER NOT NULL,
        received_ms BIGINT NOT NULL,
        PRIMARY KEY (ledger_id, seq))""",
    "CREATE INDEX punches_by_time ON punches (wall_ms)",
    """CREATE TABLE people (
        tenant TEXT NOT NULL, person_id TEXT NOT NULL, number TEXT NOT NULL, name TEXT NOT NULL,
        unit TEXT NOT NULL, category TEXT NOT NULL, active INTEGER NOT NULL, ledger_id TEXT NOT NULL,
        seq BIGINT NOT NULL,
        PRIMARY KEY (tenant, person_id))""",
    """CREATE TABLE refusals (
        tenant TEXT NOT NULL, device TEXT NOT NULL, reason TEXT NOT NULL, count BIGINT NOT NULL,
        last_ms BIGINT NOT NULL, detail TEXT NOT NULL,
        PRIMARY KEY (tenant, device, reason))""",
)
# True times, absences, aliases; what a kiosk says of itself as columns; the views.
_SECOND = (
    "ALTER TABLE punches ADD COLUMN boot_id TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE punches ADD COLUMN true_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE punches ADD COLUMN early_s BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE punches ADD COLUMN standing TEXT NOT NULL DEFAULT 'counted'",
    "UPDATE punches SET true_ms = wall_ms",
    "DROP INDEX punches_by_time",
    "CREATE INDEX punches_by_time ON punches (true_ms)",
    """CREATE TABLE absences (
        tenant TEXT NOT NULL, absence_id TEXT NOT NULL, person_id TEXT NOT NULL, kind TEXT NOT NULL,
        first_day TEXT NOT NULL, last_day TEXT NOT NULL, half TEXT NOT NULL, dropped INTEGER NOT NULL,
        PRIMARY KEY (tenant, absence_id))""",
    """CREATE TABLE aliases (
        tenant TEXT NOT NULL, person_id TEXT NOT NULL, same_as TEXT NOT NULL,
        PRIMARY KEY (tenant, person_id))""",
    "ALTER TABLE presence ADD COLUMN site TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE presence ADD COLUMN software TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE presence ADD COLUMN simulated INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE presence ADD COLUMN said_ledger TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE presence ADD COLUMN said_seq BIGINT NOT NULL DEFAULT 0",
    # Punches of the live lane lie apart, so that what is fresh never waits for a backlog's transaction.
    """CREATE TABLE early_punches (
        ledger_id TEXT NOT NULL, seq BIGINT NOT NULL, tenant TEXT NOT NULL, device TEXT NOT NULL,
        person_id TEXT NOT NULL, wall_ms BIGINT NOT NULL, time_source TEXT NOT NULL, method TEXT NOT NULL,
        grade TEXT NOT NULL, code TEXT NOT NULL, direction TEXT NOT NULL, session TEXT NOT NULL,
        late_s BIGINT NOT NULL, site TEXT NOT NULL, simulated INTEGER NOT NULL, provisional INTEGER NOT NULL,
        received_ms BIGINT NOT NULL, boot_id TEXT NOT NULL, true_ms BIGINT NOT NULL, early_s BIGINT NOT NULL,
        standing TEXT NOT NULL,
        PRIMARY KEY (ledger_id, seq))""",
    "CREATE INDEX early_punches_by_time ON early_punches (true_ms)",
    "CREATE TABLE settings (zone_minutes BIGINT NOT NULL)",
    "INSERT INTO settings VALUES (420)",
    *views.VIEWS,
)
_FOURTH = (
    """CREATE TABLE settlements (
        ledger_id TEXT NOT NULL, decided_ms BIGINT NOT NULL, seq BIGINT NOT NULL, hash {blob} NOT NULL,
        because TEXT NOT NULL, sig TEXT NOT NULL,
        PRIMARY KEY (ledger_id, decided_ms))""",
)
# Private parts of records in `forks`: they come back with a history that is chosen after all.
_FIFTH = (
    """CREATE TABLE fork_private_parts (
        ledger_id TEXT NOT NULL, seq BIGINT NOT NULL, hash {blob} NOT NULL, salt TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (ledger_id, seq, hash))""",
)
# Where the consequences of a record lie that another ledger carries. Of those that are here already the
# punches only: `hadir-centre rebuild` finds the others.
_SIXTH = (
    """CREATE TABLE carried (
        tenant TEXT NOT NULL, device TEXT NOT NULL, ledger_id TEXT NOT NULL, seq BIGINT NOT NULL,
        carrier_id TEXT NOT NULL, carrier_seq BIGINT NOT NULL,
        PRIMARY KEY (tenant, device, ledger_id, seq))""",
    "CREATE INDEX carried_by_place ON carried (carrier_id, carrier_seq)",
    """INSERT INTO carried
        SELECT p.tenant, p.device, {carried_ledger}, {carried_seq}, r.ledger_id, r.seq
        FROM records r JOIN punches p ON p.ledger_id = r.ledger_id AND p.seq = r.seq
        WHERE r.type = 'carried' ORDER BY p.received_ms, r.seq ON CONFLICT DO NOTHING""",
)
MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _SECOND, down_tables.TABLES, _FOURTH, _FIFTH, _SIXTH)
VERSION = len(MIGRATIONS)
WORDS: dict[Dialect, dict[str, str]] = {
    "sqlite": {
        "blob": "BLOB",
        "carried_ledger": "json_extract(CAST(r.body AS TEXT), '$.data.ledger_id')",
        "carried_seq": "json_extract(CAST(r.body AS TEXT), '$.data.seq')",
        **views.WORDS["sqlite"],
    },
    "postgresql": {
        "blob": "BYTEA",
        "carried_ledger": "convert_from(r.body, 'UTF8')::jsonb #>> '{data,ledger_id}'",
        "carried_seq": "(convert_from(r.body, 'UTF8')::jsonb #>> '{data,seq}')::bigint",
        **views.WORDS["postgresql"],
    },
}


def migrations(dialect: Dialect, done: int) -> list[str]:
    """The statements that bring a database from version `done` to this one."""
    return [statement.format(**WORDS[dialect]) for migration in MIGRATIONS[done:] for statement in migration]
