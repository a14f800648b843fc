"""What the centre asks of a database. SQL is written once, with `?`; a dialect is one file.

A dialect gives connections, says how a write transaction begins and how a row is locked, and
which type holds bytes. Everything else (`sync.centre.tables`, `intake`, `reports`) is portable.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any


class StoreError(Exception):
    """The database cannot be used."""


class BusyError(StoreError):
    """The database is locked, full or away: nothing was committed, try again."""


class NewerSchemaError(StoreError):
    """The database was made by a newer version and is left untouched."""


class Tx(ABC):
    """One transaction; committed when its context ends without an exception."""

    for_update: str = ""  # what makes a SELECT lock its rows, where the dialect needs it

    @abstractmethod
    def run(self, sql: str, *values: Any) -> int:
        """Execute one statement; how many rows it changed."""

    @abstractmethod
    def many(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Execute one statement for each of `rows`."""

    @abstractmethod
    def all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Every row of a query."""

    def one(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a query."""
        rows = self.all(sql, *values)
        return rows[0] if rows else None


class Store(ABC):
    """A database with the centre's tables in it; used from one thread, shared by many processes."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Tx]:
        """A durable transaction that no other process can interleave with on the same ledger.

        Raises `BusyError` when nothing could be committed.
        """

    @abstractmethod
    def reading(self) -> AbstractContextManager[Tx]:
        """A consistent view of the moment it began."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""
