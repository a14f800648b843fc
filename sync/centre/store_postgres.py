"""PostgreSQL through psycopg 3: any number of centre processes on any number of machines.

Rows are added with COPY, held back until a statement needs their table, so that a transaction of many
letters has one COPY for each table. A connection that broke is made anew by the next transaction.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, LiteralString

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sync.centre.schema import VERSION, migrations
from sync.centre.store import BusyError, NewerSchemaError, Row, Store, StoreError, Tx

log = logging.getLogger(__name__)
# libpq, 34.1.2: a server that vanished is noticed within a minute; a standby is passed over.
DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "4",
    "tcp_user_timeout": "30000",
    "target_session_attrs": "read-write",
    "application_name": "hadir-centre",
}
# A centre that stands still in mid-transaction gives its locks up; an acknowledgement means a flushed commit.
SETTINGS = (
    ("synchronous_commit", "on"),
    ("statement_timeout", "60s"),
    ("lock_timeout", "30s"),
    ("idle_in_transaction_session_timeout", "30s"),
)
MIGRATING = "hadir:migrations"
# What goes away by itself, or by what an operator does while we wait.
PASSING = (
    errors.OperationalError,
    errors.InterfaceError,
    errors.ReadOnlySqlTransaction,
    errors.IdleInTransactionSessionTimeout,
)


class PostgresStore(Store):
    """The database at `url` (`postgresql://...`), its tables made if they are not there."""

    many_writers = True

    def __init__(self, url: str, password: str = "") -> None:
        given = conninfo_to_dict(url) | ({"password": password} if password else {})
        self._conninfo = make_conninfo("", **(DEFAULTS | given))
        self.name = make_conninfo("", **{k: v for k, v in given.items() if k != "password"})
        self._db: psycopg.Connection[Row] | None = None
        self._types: dict[str, list[str]] = {}
        try:
            self._migrate()
        except BusyError as error:
            raise StoreError(f"{self.name}: {error}") from error

    @contextmanager
    def writing(self) -> Iterator[Tx]:
        """A transaction at READ COMMITTED; what must not interleave is locked by `Tx.lock`."""
        yield from self._transaction("BEGIN")

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """A snapshot."""
        yield from self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def close(self) -> None:
        """Close the connection."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _transaction(self, begin: LiteralString) -> Iterator[Tx]:
        try:
            db = self._connection()
            try:
                db.execute(begin)
                tx = PostgresTx(db, self._types)
                yield tx
                tx.finish()
                db.execute("COMMIT")
            except BaseException:
                self._end(db)
                raise
        except PASSING as error:
            raise BusyError(_words(error)) from error

    def _connection(self) -> psycopg.Connection[Row]:
        if self._db is None or self._db.closed:
            self._db = psycopg.connect(self._conninfo, autocommit=True)
            for name, value in SETTINGS:
                self._db.execute("SELECT set_config(%s, %s, false)", (name, value))
            self._warn_unsafe(self._db)
        return self._db

    def _warn_unsafe(self, db: psycopg.Connection[Row]) -> None:
        if db.execute("SHOW fsync").fetchone() != ("on",):
            log.warning("%s runs with fsync off: a power cut there loses acknowledged records", self.name)

    def _end(self, db: psycopg.Connection[Row]) -> None:
        """Roll back; a connection on which even that fails is given up."""
        try:
            db.execute("ROLLBACK")
        except psycopg.Error:
            db.close()

    def _migrate(self) -> None:
        with self.writing() as tx:
            tx.lock([MIGRATING])
            tx.run("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
            row = tx.one("SELECT max(version) FROM schema_version")
            done = int(row[0]) if row and row[0] is not None else 0
            if done > VERSION:
                raise NewerSchemaError(f"{self.name} has schema {done}, this version knows {VERSION}")
            for statement in migrations("postgresql", done):
                tx.run(statement)
            if done < VERSION:
                tx.run("INSERT INTO schema_version VALUES (?)", VERSION)


class PostgresTx(Tx):
    """Statements on one connection."""

    for_update = " FOR UPDATE"

    def __init__(self, db: psycopg.Connection[Row], types: dict[str, list[str]]) -> None:
        super().__init__()
        self._cursor = psycopg.RawCursor(db)
        self._types = types
        self._held_back: dict[str, list[Row]] = {}

    def run(self, sql: str, *values: Any) -> int:
        """Execute one statement."""
        self._needs(sql)
        return self._cursor.execute(numbered(sql), values).rowcount

    def many(self, sql: str, rows: Sequence[Row]) -> None:
        """Execute one statement for each row, in one pipeline."""
        self._needs(sql)
        if rows:
            self._cursor.executemany(numbered(sql), rows)

    def _append(self, table: str, rows: Sequence[Row]) -> None:
        self._held_back.setdefault(table, []).extend(rows)

    def all(self, sql: str, *values: Any) -> list[Row]:
        """Every row of a query."""
        self._needs(sql)
        return self._cursor.execute(numbered(sql), values).fetchall()

    def lock(self, names: Sequence[str]) -> None:
        """Advisory locks, in the order of their numbers: no two processes wait for each other."""
        numbers = sorted(map(_number, set(names)))
        self.all("SELECT pg_advisory_xact_lock(n) FROM unnest(?::bigint[]) AS n", numbers)

    def finish(self) -> None:
        """Everything held back, the rows too."""
        super().finish()
        for table in tuple(self._held_back):
            self._copy(table, self._held_back.pop(table))

    def _needs(self, sql: str) -> None:
        for table in tuple(self._held_back):
            if table in words(sql):
                self._copy(table, self._held_back.pop(table))

    def _copy(self, table: str, rows: list[Row]) -> None:
        types = self._types.get(table) or self._types.setdefault(table, self._types_of(table))
        statement = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table))
        with self._cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def _types_of(self, table: str) -> list[str]:
        rows = self.all(
            "SELECT udt_name FROM information_schema.columns"
            " WHERE table_name = ? AND table_schema = current_schema() ORDER BY ordinal_position",
            table,
        )
        return [name for (name,) in rows]


def _number(name: str) -> int:
    """The number of an advisory lock (64 bit, signed)."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


@lru_cache(maxsize=512)
def numbered(statement: str) -> str:
    """The statement with `$1`, `$2`... for each `?`."""
    first, *rest = statement.split("?")
    return first + "".join(f"${n}{part}" for n, part in enumerate(rest, 1))


@lru_cache(maxsize=512)
def words(statement: str) -> frozenset[str]:
    """The names in a statement."""
    return frozenset(re.findall(r"[a-z_]+", statement))


def _words(error: psycopg.Error) -> str:
    return " ".join(str(error).split()) or type(error).__name__
