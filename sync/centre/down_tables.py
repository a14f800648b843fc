"""The tables of what goes down to kiosks, and of the photos and files that come up."""

from __future__ import annotations

TABLES = (
    """CREATE TABLE rosters (
        tenant TEXT NOT NULL, site TEXT NOT NULL, version BIGINT NOT NULL, made_ms BIGINT NOT NULL,
        content TEXT NOT NULL, peers TEXT,
        PRIMARY KEY (tenant, site, version))""",
    """CREATE TABLE roster_sent (
        tenant TEXT NOT NULL, device TEXT NOT NULL, site TEXT NOT NULL, version BIGINT NOT NULL,
        retained BIGINT NOT NULL, sent_ms BIGINT NOT NULL,
        PRIMARY KEY (tenant, device))""",
    """CREATE TABLE roster_said (
        tenant TEXT NOT NULL, device TEXT NOT NULL, version BIGINT NOT NULL, words TEXT NOT NULL,
        said_ms BIGINT NOT NULL,
        PRIMARY KEY (tenant, device))""",
    """CREATE TABLE commands (
        tenant TEXT NOT NULL, device TEXT NOT NULL, counter BIGINT NOT NULL, do_ TEXT NOT NULL,
        body TEXT NOT NULL, made_ms BIGINT NOT NULL, expires_ms BIGINT NOT NULL, sent_ms BIGINT NOT NULL,
        state TEXT NOT NULL, words TEXT NOT NULL, answer TEXT NOT NULL, blob TEXT NOT NULL,
        done_ms BIGINT NOT NULL,
        PRIMARY KEY (tenant, device, counter))""",
    """CREATE TABLE photos (
        tenant TEXT NOT NULL, device TEXT NOT NULL, ledger_id TEXT NOT NULL, seq BIGINT NOT NULL,
        punch_seq BIGINT NOT NULL, kind TEXT NOT NULL, sha256 TEXT NOT NULL, size_bytes BIGINT NOT NULL,
        removed TEXT NOT NULL,
        PRIMARY KEY (ledger_id, seq))""",
    "CREATE INDEX photos_by_file ON photos (sha256)",
    """CREATE TABLE files (
        tenant TEXT NOT NULL, device TEXT NOT NULL, sha256 TEXT NOT NULL, size_bytes BIGINT NOT NULL,
        have BIGINT NOT NULL, sealed_key TEXT NOT NULL, begun_ms BIGINT NOT NULL, content {blob},
        PRIMARY KEY (tenant, device, sha256))""",
    """CREATE TABLE file_parts (
        tenant TEXT NOT NULL, device TEXT NOT NULL, sha256 TEXT NOT NULL, at_byte BIGINT NOT NULL,
        data {blob} NOT NULL,
        PRIMARY KEY (tenant, device, sha256, at_byte))""",
    """CREATE TABLE template_letters (
        tenant TEXT NOT NULL, sender TEXT NOT NULL, receiver TEXT NOT NULL, sha256 TEXT NOT NULL,
        sent_ms BIGINT NOT NULL,
        PRIMARY KEY (tenant, sender, sha256))""",
    """CREATE TABLE looks (
        at_ms BIGINT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, tenant TEXT NOT NULL,
        device TEXT NOT NULL, ledger_id TEXT NOT NULL, seq BIGINT NOT NULL)""",
)
