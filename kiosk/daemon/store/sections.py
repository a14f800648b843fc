"""The ledgers in a database file as they are: a running kiosk's, a copy, or one somebody tampered with."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from kiosk.core.proof import Anchor
from kiosk.core.record import Private, Row
from kiosk.daemon.store.connect import connect_reader


class UnreadableError(Exception):
    """The file, or the rest of it, cannot be read."""


class NotADatabaseError(UnreadableError):
    """The file is something else."""


class Database:
    """A `kiosk.db` that is only looked at. Nothing but the names of the ledger tables is relied on."""

    def __init__(self, path: Path) -> None:
        self._db = connect_reader(path)
        try:
            self._db.execute("BEGIN")
            names = self._db.execute(
                "SELECT name FROM sqlite_master WHERE name GLOB 'ledger*' AND type = 'table'"
            )
            self._tables = sorted(
                (_number(name), name) for (name,) in names if name == "ledger" or _number(name) < _CURRENT
            )
        except sqlite3.Error as error:
            self._db.close()
            kind = NotADatabaseError if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB else UnreadableError
            raise kind(f"{path}: {error}") from error

    def tables(self) -> list[str]:
        """The ledger tables, oldest first, the current one last."""
        return [name for _, name in self._tables]

    def rows(self, table: str) -> Iterator[Row]:
        """The rows in order. Raises `UnreadableError` where the file is damaged."""
        text = f"SELECT r.seq, CAST(r.body AS BLOB), CAST(r.hash AS BLOB), v.salt, v.text FROM {table} r "
        text += "LEFT JOIN private v ON v.ledger = ? AND v.seq = r.seq ORDER BY r.seq"
        try:
            for seq, body, hash_, salt, words in self._db.execute(text, (self._n(table),)):
                beside = None if salt is None else Private(_bytes(salt), str(words))
                yield Row(seq, _bytes(body), _bytes(hash_), beside)
        except sqlite3.Error as error:
            raise UnreadableError(str(error)) from error

    def readable(self, table: str) -> Iterator[Row]:
        """The rows that can be read, past damaged pages; private parts that cannot be are left out."""
        private = self._private(table)
        after, step = 0, 1
        while step <= _WIDEST_GAP:
            text = (
                f"SELECT seq, CAST(body AS BLOB), CAST(hash AS BLOB) FROM {table} WHERE seq >= ? ORDER BY seq"
            )
            try:
                for seq, body, hash_ in self._db.execute(text, (after + step,)):
                    yield Row(seq, _bytes(body), _bytes(hash_), private.get(seq))
                    after, step = seq, 1
            except sqlite3.Error:
                step = step + 1 if step < _PAGE_ROWS else step * 2
            else:
                return

    def _private(self, table: str) -> dict[int, Private]:
        found: dict[int, Private] = {}
        with contextlib.suppress(sqlite3.Error):
            rows = self._db.execute("SELECT seq, salt, text FROM private WHERE ledger = ?", (self._n(table),))
            for seq, salt, text in rows:
                found[seq] = Private(_bytes(salt), str(text))
        return found

    def anchors(self, ledger_id: str) -> list[Anchor]:
        """The acknowledgements kept beside the ledger."""
        with contextlib.suppress(sqlite3.Error):
            return [
                Anchor(ledger_id, *row)
                for row in self._db.execute(
                    "SELECT a.upto, a.hash, a.time_ms, a.nonce, a.sig FROM anchors a "
                    "JOIN ledgers l ON l.n = a.ledger WHERE l.ledger_id = ? ORDER BY a.upto", (ledger_id,)
                )
            ]  # fmt: skip
        return []

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _n(self, table: str) -> int:
        if table != "ledger":
            return _number(table)
        with contextlib.suppress(sqlite3.Error):
            found = self._db.execute("SELECT n FROM ledgers WHERE stored AND last_seq IS NULL").fetchone()
            return int(found[0]) if found else 0
        return 0


_CURRENT = 1 << 30
_WIDEST_GAP = 1 << 22
_PAGE_ROWS = 64


def _number(table: str) -> int:
    tail = table.removeprefix("ledger_")
    return int(tail) if tail.isdigit() else _CURRENT


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
