"""Questions about terminals: which rows are known already, and whose a terminal's user is."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kiosk.core.payload import TerminalRowPrivate
from kiosk.core.record import BadRecordError, TimeBlock, decode_body
from kiosk.daemon.store.errors import translated
from kiosk.daemon.store.schema import KEY_MASK, KEY_SHIFT
from kiosk.daemon.store.types import TerminalUserState, WaitingRow

_private = msgspec.json.Decoder(TerminalRowPrivate)


class TerminalQueries:
    """Part of `Queries`. Raises `StoreError`."""

    _db: sqlite3.Connection
    _path: Path

    def sources_seen(self, keys: Sequence[bytes]) -> set[bytes]:
        """Which of these rows are in a ledger already."""
        marks = ",".join("?" * len(keys))
        with translated(self._path):
            found = self._db.execute(f"SELECT source_key FROM sources WHERE source_key IN ({marks})", keys)
            return {bytes(row[0]) for row in found}

    def person_id_by_terminal_user(self, serial: str, user_key: bytes) -> str | None:
        """Whose this user of the terminal is; a mapping for one terminal goes before one for all."""
        with translated(self._path):
            found = self._db.execute(
                "SELECT p.person_id FROM terminal_users u JOIN people p ON p.n = u.person "
                "WHERE u.user_key = ? AND u.serial IN (?, '') ORDER BY u.serial = '' LIMIT 1",
                (user_key, serial),
            ).fetchone()
        return None if found is None else str(found[0])

    def terminal_users(self) -> list[TerminalUserState]:
        """Every user of a terminal that was mapped; an erased one has no user id."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT u.serial, u.user_id, p.person_id FROM terminal_users u "
                "JOIN people p ON p.n = u.person ORDER BY u.serial, u.source_key"
            ).fetchall()
        return [TerminalUserState(*row) for row in rows]

    def waiting_count(self) -> int:
        """How many rows wait for their user to be known."""
        with translated(self._path):
            found = self._db.execute("SELECT COUNT(*) FROM sources WHERE user_key IS NOT NULL").fetchone()
        return int(found[0])

    def people_mark(self) -> tuple[int, int]:
        """Something that changes whenever somebody is entered, changed, or mapped to a terminal's user."""
        with translated(self._path):
            found = self._db.execute(
                "SELECT (SELECT COALESCE(MAX(source_key), 0) FROM people), "
                "(SELECT COALESCE(MAX(source_key), 0) FROM terminal_users)"
            ).fetchone()
        return int(found[0]), int(found[1])

    def waiting_rows(self, after: int = 0, limit: int = 64) -> list[WaitingRow]:
        """Rows that wait for their user to be known, in the order of their records, from `after` on."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT s.source_key, s.key, v.text FROM sources s "
                f"JOIN private v ON v.ledger = s.holder >> {KEY_SHIFT} AND v.seq = s.holder & {KEY_MASK} "
                "WHERE s.user_key IS NOT NULL AND s.key > ? ORDER BY s.key LIMIT ?",
                (after, limit),
            ).fetchall()
        return [self._waiting(*row) for row in rows]

    def _waiting(self, source_key: bytes, key: int, text: str) -> WaitingRow:
        row = _private.decode(text)
        body = self.body_of(key)
        record = None
        if body is not None:
            try:
                record = decode_body(body)
            except BadRecordError:
                record = None
        data = record.data if record else {}
        at: TimeBlock | None = record.at if record else None
        return WaitingRow(
            bytes(source_key), key, str(data.get("device", "")), str(data.get("serial", "")), row, at
        )

    def body_of(self, key: int) -> bytes | None:
        """The stored bytes of the record with this key."""
        raise NotImplementedError
