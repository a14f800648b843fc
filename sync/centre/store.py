"""What the centre asks of a database. SQL is written once, with `?`; a dialect is one file.

A dialect gives connections, says how a write transaction begins and how rows are locked, and
which type holds bytes. Everything else (`sync.centre.ledgers`, `intake`, `reports`) is portable.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

Row = tuple[Any, ...]


class StoreError(Exception):
    """The database cannot be used."""


class BusyError(StoreError):
    """The database is locked, full, slow or away: nothing was committed, try again."""


class NewerSchemaError(StoreError):
    """The database was made by a newer version and is left untouched."""


class Tx(ABC):
    """One transaction; committed when its context ends without an exception."""

    for_update: str = ""  # what makes a SELECT lock its rows, where the dialect needs it

    def __init__(self) -> None:
        self.added: Counter[str] = Counter()  # rows appended, by table
        self.memo: dict[str, Any] = {}  # what is known for the length of the transaction
        self._last: list[Callable[[], None]] = []

    def at_end(self, what: Callable[[], None]) -> None:
        """Do `what` before the commit."""
        self._last.append(what)

    def finish(self) -> None:
        """Everything held back until now; the store calls it before the commit."""
        for what in self._last:
            what()

    @abstractmethod
    def run(self, sql: str, *values: Any) -> int:
        """Execute one statement; how many rows it changed."""

    @abstractmethod
    def many(self, sql: str, rows: Sequence[Row]) -> None:
        """Execute one statement for each of `rows`."""

    def append(self, table: str, rows: Sequence[Row]) -> None:
        """Add whole rows, known to be new, in the order of the table's columns.

        May wait until the end of the transaction, or until a statement names the table.
        """
        if rows:
            self.added[table] += len(rows)
            self._append(table, rows)

    @abstractmethod
    def _append(self, table: str, rows: Sequence[Row]) -> None:
        """Add at least one row."""

    @abstractmethod
    def all(self, sql: str, *values: Any) -> list[Row]:
        """Every row of a query."""

    def one(self, sql: str, *values: Any) -> Row | None:
        """The first row of a query."""
        rows = self.all(sql, *values)
        return rows[0] if rows else None

    def lock(self, names: Sequence[str]) -> None:  # noqa: B027 - a database with one writer needs nothing
        """Keep every other process from what goes by `names` until the transaction ends."""


class Store(ABC):
    """A database with the centre's tables in it; used from one thread, shared by many processes."""

    many_writers = False  # whether two transactions may write at once

    @abstractmethod
    def writing(self) -> AbstractContextManager[Tx]:
        """A durable transaction that no other process can interleave with on the same ledger.

        Raises `BusyError` when nothing could be committed.
        """

    @abstractmethod
    def reading(self) -> AbstractContextManager[Tx]:
        """A consistent view of the moment it began. Raises `BusyError` when the database is away."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""
