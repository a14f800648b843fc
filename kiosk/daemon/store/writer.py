"""The one connection that writes, and the head of the chain it keeps in memory."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from kiosk.core.payload import EvidenceRemoved
from kiosk.core.record import ZERO_HASH
from kiosk.daemon.store.errors import StoreError, StoreFull, translate, translated
from kiosk.daemon.store.lists import Lists
from kiosk.daemon.store.room import Room
from kiosk.daemon.store.transaction import Transaction, Written, insert
from kiosk.daemon.store.types import Head
from kiosk.daemon.store.witness import Witness

log = logging.getLogger(__name__)
TIGHT_COMMITS = 16  # on a disk that was full, the WAL is used again instead of growing
Opening = Callable[[], tuple[Head, int]]
"""Does what must come before the first record; the head and the ledger's number to go on from."""


class Writer(Lists):
    """Commits transactions. `head` is always that of the last commit."""

    def __init__(self, db: sqlite3.Connection, path: Path, witness: Witness, room: Room) -> None:
        super().__init__(db, path)
        self.room = room
        self.head = Head("", 0, ZERO_HASH)
        self._n = 0
        self._commits = 0
        self._witness = witness
        self._opening: Opening = self._go_on
        self._busy = False

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Everything appended inside is on the disk when the block ends; an exception takes it all back.

        Raises `StoreError`; the head stays where it was.
        """
        if self._busy:
            raise RuntimeError("a transaction is open already")
        self._busy = True
        try:
            transaction = Transaction(*self._begin(), self._insert)
            yield transaction
            self._commit(transaction)
        except BaseException:
            self._rollback()
            raise
        finally:
            self._busy = False
        if self.room.given_up:
            self._account_for_photos(transaction)

    def checkpoint(self) -> None:
        """Move the WAL into the database as far as readers allow."""
        self._commits = 0
        try:
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._witness.sync()
        except (sqlite3.Error, OSError) as error:
            log.warning("checkpoint put off: %s", error)

    def take_up(self, head: Head, ledger_n: int) -> None:
        """Go on after `head`, as found in the database."""
        self.head, self._n = head, ledger_n

    @contextlib.contextmanager
    def _opened_by(self, opening: Opening) -> Iterator[None]:
        self._opening = opening
        try:
            yield
        finally:
            self._opening = self._go_on

    def _go_on(self) -> tuple[Head, int]:
        return self.head, self._n

    def _begin(self) -> tuple[Head, int]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            return self._opening()
        except sqlite3.Error as error:
            raise translate(error, self._path) from error

    def _insert(self, transaction: Transaction, written: Written) -> None:
        try:
            insert(self._db, written)
        except sqlite3.Error as error:
            self._once_more([*transaction.written, written], error)

    def _commit(self, transaction: Transaction) -> None:
        if not transaction.written:
            self._rollback()
            return
        try:
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._once_more(transaction.written, error)
            with translated(self._path):
                self._db.execute("COMMIT")
        self.head, self._n = transaction.head, transaction.written[-1].fact.ledger_n
        self._commits += 1
        self._remember()
        if self.room.tight and self._commits >= TIGHT_COMMITS:
            self.checkpoint()

    def _once_more(self, records: Sequence[Written], error: sqlite3.Error) -> None:
        """Empty the WAL, give up photos, then the reserve, and write the same bytes again.

        The transaction stays open.
        """
        failure: StoreError = translate(error, self._path)
        self._rollback()
        for _ in chain([True], iter(self.room.make, False)):
            if not isinstance(failure, StoreFull):
                break
            try:
                self._db.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
                self._begin()
                for written in records:
                    insert(self._db, written)
            except sqlite3.Error as again:
                failure = translate(again, self._path)
            except StoreError as again:
                failure = again
            else:
                return
            self._rollback()
        raise failure from error

    def _rollback(self) -> None:
        if self._db.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")

    def _remember(self) -> None:
        try:
            self._witness.note(self.head)
        except OSError as error:
            log.warning("the head's witness cannot be written: %s", error)

    def _account_for_photos(self, transaction: Transaction) -> None:
        names, self.room.given_up = self.room.given_up, ()
        with self.transaction() as after:
            removed = EvidenceRemoved(ciphertext_sha256s=names, reason="disk_full")
            after.append(removed, transaction.written[-1].fact.at)

    @contextlib.contextmanager
    def _lazily(self) -> Iterator[None]:
        """A transaction without an fsync of its own, for what may be lost; the next commit's covers it."""
        with translated(self._path):
            self._db.execute("PRAGMA synchronous = NORMAL")
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            finally:
                self._rollback()
                self._db.execute("PRAGMA synchronous = FULL")
