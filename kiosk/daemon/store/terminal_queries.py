"""Questions about terminals: which rows are known already, and whose a terminal's user is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from kiosk.core.payload import Consent, TerminalClock, TerminalRow, TerminalRowPrivate, from_data
from kiosk.core.record import BadRecordError, decode_body
from kiosk.daemon.store.errors import translated
from kiosk.daemon.store.schema import KEY_MASK, KEY_SHIFT, key_of
from kiosk.daemon.store.types import KeptRow, TerminalUserState

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
        """Whose this user of the terminal is, where that was said."""
        with translated(self._path):
            found = self._db.execute(
                "SELECT p.person_id FROM terminal_users u JOIN people p ON p.n = u.person "
                "WHERE u.serial = ? AND u.user_key = ?",
                (serial, user_key),
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

    def templates_mark(self) -> tuple[int, int]:
        """Something that changes whenever a finger is kept or removed, or somebody agrees or withdraws."""
        with translated(self._path):
            found = self._db.execute(
                "SELECT (SELECT COUNT(*) FROM templates), "
                "(SELECT COALESCE(MAX(key), 0) FROM desk WHERE type = ?)", (Consent.TYPE,)
            ).fetchone()  # fmt: skip
        return int(found[0]), int(found[1])

    def untimed(self, boot_id: str, serial: str) -> list[tuple[int, int]]:
        """The current ledger's punches under this clock without a believed time, as first and last seq.

        Only those since the terminal's clock was last seen to be changed; in stretches, so that none with a
        believed time lies between.
        """
        with translated(self._path):
            ((n,),) = self._db.execute("SELECT MAX(n) FROM ledgers WHERE stored").fetchall()
            of_ledger = "punches WHERE boot_id = ? AND key >= ?"
            ((first,),) = self._db.execute(
                f"SELECT MIN(key) FROM {of_ledger} AND source = 'none'", (boot_id, key_of(n, 0))
            ).fetchall()
            if first is None:
                return []
            first = max(first, key_of(n, self._clock_changed(first & KEY_MASK, serial)))
            rows = self._db.execute(
                f"SELECT key & {KEY_MASK}, source = 'none' FROM {of_ledger} ORDER BY key", (boot_id, first)
            ).fetchall()
        return [(run[0], run[-1]) for is_open, run in _runs(rows) if is_open]

    def _clock_changed(self, after: int, serial: str) -> int:
        """The record after `after` that says that this terminal's clock was changed; 0 for none."""
        rows = self._db.execute(
            "SELECT seq, CAST(body AS TEXT) FROM ledger WHERE seq > ? "
            "AND instr(CAST(body AS TEXT), '\"type\":\"terminal_clock\"') ORDER BY seq DESC", (after,)
        )  # fmt: skip
        for seq, body in rows:
            change = from_data("terminal_clock", decode_body(body.encode()).data)
            if isinstance(change, TerminalClock) and change.serial == serial and _is_change(change):
                return int(seq)
        return 0

    def waiting_rows(self, after: int = 0, limit: int = 64) -> list[KeptRow]:
        """Rows that wait for their user to be known, in the order of their records, from `after` on."""
        return self._rows("s.user_key IS NOT NULL AND s.key > ? ORDER BY s.key LIMIT ?", after, limit)

    def kept_rows(self, limit: int = 100) -> list[KeptRow]:
        """Rows that became no punch, newest first."""
        return self._rows("1 ORDER BY s.key DESC LIMIT ?", limit)

    def _rows(self, where: str, *values: int) -> list[KeptRow]:
        with translated(self._path):
            rows = self._db.execute(
                "SELECT s.source_key, s.key, v.text FROM sources s "
                f"JOIN private v ON v.ledger = s.holder >> {KEY_SHIFT} AND v.seq = s.holder & {KEY_MASK} "
                f"WHERE {where}", values
            ).fetchall()  # fmt: skip
        return [row for found in rows if (row := self._row(*found)) is not None]

    def _row(self, source_key: bytes, key: int, text: str) -> KeptRow | None:
        body = self.body_of(key)
        try:
            record = decode_body(body) if body is not None else None
            kept = from_data(record.type, record.data) if record is not None else None
        except (BadRecordError, msgspec.ValidationError):
            return None
        if record is None or not isinstance(kept, TerminalRow):
            return None
        return KeptRow(
            bytes(source_key), key, kept.device, kept.serial, kept.why, kept.simulated, _private.decode(text),
            record.at,
        )  # fmt: skip

    def body_of(self, key: int) -> bytes | None:
        """The stored bytes of the record with this key."""
        raise NotImplementedError


def _is_change(told: TerminalClock) -> bool:
    """Not the first look at a clock that is far off."""
    return told.what != "jump" or told.before_ms is not None


def _runs(rows: Sequence[tuple[int, int]]) -> Iterator[tuple[bool, list[int]]]:
    """Numbers that follow one another with the same flag."""
    for flag, run in groupby(rows, key=lambda row: bool(row[1])):
        yield flag, [number for number, _ in run]
