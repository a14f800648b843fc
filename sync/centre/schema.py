"""The centre's tables, in SQL that SQLite and PostgreSQL both take; `{blob}` is the dialect's byte type."""

from __future__ import annotations

VERSION = 1

TABLES = (
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
