"""SQLite: one machine, any number of centre processes on it. WAL, `synchronous=FULL`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sync.centre.schema import VERSION, migrations
from sync.centre.store import BusyError, NewerSchemaError, Row, Store, StoreError, Tx

BUSY_TIMEOUT_S = 30.0


class SqliteStore(Store):
    """The file at `path`, made if it is not there."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
            if version > VERSION:
                raise NewerSchemaError(f"{path} has schema {version}, this version knows {VERSION}")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from error
        self._migrate()

    @contextmanager
    def writing(self) -> Iterator[Tx]:
        """A transaction that holds the one write lock from its beginning."""
        yield from self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """A snapshot; writers go on meanwhile."""
        yield from self._transaction("BEGIN")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _transaction(self, begin: str) -> Iterator[Tx]:
        try:
            self._db.execute(begin)
            try:
                tx = SqliteTx(self._db)
                yield tx
                tx.finish()
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            raise BusyError(str(error)) from error

    def _migrate(self) -> None:
        with self.writing() as tx:
            row = tx.one("PRAGMA user_version")
            done = int(row[0]) if row else 0
            if done < VERSION:
                for statement in migrations("sqlite", done):
                    tx.run(statement)
                tx.run(f"PRAGMA user_version = {VERSION}")


class SqliteTx(Tx):
    """Statements on one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        super().__init__()
        self._db = db

    def run(self, sql: str, *values: Any) -> int:
        """Execute one statement."""
        return self._db.execute(sql, values).rowcount

    def many(self, sql: str, rows: Sequence[Row]) -> None:
        """Execute one statement for each row."""
        self._db.executemany(sql, rows)

    def _append(self, table: str, rows: Sequence[Row]) -> None:
        self.many(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)

    def all(self, sql: str, *values: Any) -> list[Row]:
        """Every row of a query."""
        return self._db.execute(sql, values).fetchall()
