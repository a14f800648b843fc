"""The store: what the engine writes through. One connection, one thread, one head of the chain."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from kiosk.core.api import Rebuilt
from kiosk.core.payload import Carried, Genesis, GenesisReason, LedgerPoint, Seal, StoreNote, from_data
from kiosk.core.proof import Anchor
from kiosk.core.record import BadRecordError, Row, TimeBlock, decode_body
from kiosk.core.sign import seal_statement
from kiosk.core.zone import ZoneName, local
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store.chapters import open_ledger
from kiosk.daemon.store.connect import lengthen_wal
from kiosk.daemon.store.errors import CursorMismatch, StoreCorrupt, translated
from kiosk.daemon.store.rebuild import rebuild
from kiosk.daemon.store.room import Room
from kiosk.daemon.store.schema import KEY_MASK, key_of
from kiosk.daemon.store.types import Identity
from kiosk.daemon.store.witness import Witness
from kiosk.daemon.store.writer import Writer

log = logging.getLogger(__name__)
Opened = Literal["new", "same", "restored"]
LastRun = Literal["first", "clean", "unclean", "reboot"]
CHECKPOINT_COMMITS = 100
CARRY_BYTES = 1 << 20
MS_PER_DAY = 86_400_000


class Store(Writer):
    """Appends to the ledger. Belongs to the thread that opened it.

    `opened` says how the database was found, `last_run` how the run before this one ended.
    """

    opened: Opened = "same"
    last_run: LastRun = "first"

    def __init__(
        self,
        db: sqlite3.Connection,
        path: Path,
        keys: DeviceKeys,
        identity: Identity,
        witness: Witness,
        room: Room,
        lock: int,
    ) -> None:
        super().__init__(db, path, witness, room)
        self._keys, self._identity = keys, identity
        self._lock: int | None = lock
        self._sealed_day: str | None = None

    @classmethod
    def open(
        cls, state_dir: Path, keys: DeviceKeys, identity: Identity, at: TimeBlock, *, reserve_mb: int = 16
    ) -> Store:
        """The store in `state_dir`, made or migrated where needed, with the ledger to go on in.

        A damaged database is moved aside whole; what can be read of it is taken over (see `salvage`).
        Raises `StoreTooNew` (nothing touched), `StoreFull`, `StoreReadOnly`, `StoreInUse`.
        """
        from kiosk.daemon.store.opening import open_store

        try:
            return open_store(state_dir, keys, identity, at, reserve_mb)
        except StoreCorrupt as error:
            log.exception("the database is damaged")
            from kiosk.daemon.store.salvage import salvage

            saved = salvage(state_dir, keys, identity, at)
            store = open_store(state_dir, keys, identity, at, reserve_mb)
            store.note_salvage(f"{error}; {saved}", at)
            return store

    def note_salvage(self, words: str, at: TimeBlock) -> None:
        """Record that this store was made from a damaged one."""
        log.warning("salvaged: %s", words)
        self.opened = "restored"
        with self.transaction() as transaction:
            transaction.append(StoreNote(what="salvaged", detail=words), at)

    def seal_if_due(self, at: TimeBlock, zone: ZoneName) -> bool:
        """Write a seal before the first record of a local day or of this run; whether one was written."""
        day = local(at.wall_ms, zone).date().isoformat()
        if day == self._sealed_day:
            return False
        self.seal(at, day)
        return True

    def seal(self, at: TimeBlock, day: str) -> None:
        """Sign everything since the previous seal. Raises `StoreError`."""
        with translated(self._path):
            found = self._db.execute(
                "SELECT last FROM seals WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1",
                (key_of(self._n, 0), key_of(self._n, KEY_MASK)),
            ).fetchone()
        first, last, head = (found[0] if found else 0) + 1, self.head.seq, self.head.hash.hex()
        count = last - first + 1
        signature = self._keys.sign(seal_statement(self.head.ledger_id, first, last, count, head, day))
        with self.transaction() as transaction:
            transaction.append(
                Seal(first=first, last=last, count=count, head=head, day=day, sig=signature), at
            )
        self._sealed_day = day

    def scrub(self) -> None:
        """Leave no byte of what was deleted in database or WAL. Raises `StoreError`."""
        with translated(self._path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        lengthen_wal(self._path)

    def move_cursor(self, destination: str, ledger_id: str, upto: int, ack: Anchor | None = None) -> int:
        """Note that `destination` holds the ledger up to `upto`, keeping its word; where the cursor is now.

        A cursor never moves back. Costs no fsync: after a power cut the centre says it again.
        Raises `CursorMismatch` when the word is about other records than ours.
        """
        if ack is not None and self.hash_at(ledger_id, ack.upto) != bytes.fromhex(ack.hash):
            raise CursorMismatch(
                f"{destination}: acknowledged {ledger_id} up to {ack.upto} with another hash"
            )
        with self._lazily():
            n = self._db.execute("SELECT n FROM ledgers WHERE ledger_id = ?", (ledger_id,)).fetchone()
            if n is None:
                raise CursorMismatch(f"{destination}: acknowledged {ledger_id}, which is no ledger of ours")
            self._db.execute(
                "INSERT INTO cursors VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET upto = MAX(upto, excluded.upto)",
                (destination, n[0], upto),
            )
            if ack is not None:
                self._keep(n[0], ack)
        return self.cursor(destination, ledger_id)

    def begin_ledger(
        self,
        reason: GenesisReason,
        previous: LedgerPoint | None,
        at: TimeBlock,
        carry: Iterable[tuple[str, Row]] = (),
    ) -> None:
        """Close the current ledger, if there is one, and open a new one, in one transaction.

        `carry` are records, each with its ledger's id, that go into the new ledger as they were.
        """
        genesis = Genesis(
            reason=reason,
            tenant=self._identity.tenant,
            device_id=self._identity.device_id,
            sign_key=self._keys.sign_public,
            receive_key=self._keys.receive_public,
            software=self._identity.software,
            previous=previous,
        )
        closing, ledger_id = self.head, secrets.token_hex(16)
        with (
            self._opened_by(lambda: open_ledger(self._db, closing, previous, ledger_id)),
            self.transaction() as transaction,
        ):
            transaction.append(genesis, at)
            for of_ledger, row in carry:
                transaction.carry(_unwrapped(of_ledger, row), row.private, at)
        self._sealed_day = None

    def reopen_linked(
        self, reason: GenesisReason, previous: LedgerPoint, carry_from: int | None, at: TimeBlock
    ) -> None:
        """Close the ledger and open a new one linked to `previous`, the last point both sides agree on.

        Our records from `carry_from` on, which the centre has not, go into the new ledger as `carried`
        records. Raises `StoreError`; nothing has changed then.
        """
        ours = self.rows_from(self.head.ledger_id, carry_from) if carry_from is not None else ()
        self.begin_ledger(reason, previous, at, ours)
        log.warning("ledger %s opened (%s), linked to %s", self.head.ledger_id, reason, previous)

    def erase(self, ledger_id: str, seqs: Iterable[int], reason: str, at: TimeBlock) -> None:
        """Delete the private parts of these records, and of those that carry them, and record it.

        The text is gone from the files when this returns. Raises `StoreError`.
        """
        places: dict[str, list[int]] = {}
        for seq in seqs:
            for of_ledger, holder in self.private_holders(ledger_id, seq):
                places.setdefault(of_ledger, []).append(holder)
        with self.transaction() as transaction:
            for of_ledger, holders in places.items():
                transaction.erase(of_ledger, tuple(holders), reason, at)
        with translated(self._path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def rebuild(self) -> Rebuilt:
        """Make the derived tables again from every ledger in order; counts rows that came out otherwise."""
        with translated(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                rebuilt = rebuild(self._db)
                self._db.execute("COMMIT")
            finally:
                self._rollback()
        return rebuilt

    def idle(self) -> None:
        """Housekeeping while nobody waits: the reserve, and the WAL into the database when it has grown."""
        if self._commits >= CHECKPOINT_COMMITS:
            self.checkpoint()
        self.room.keep()

    def close(self) -> None:
        """Leave everything in the database itself and the witness on the disk; a second call does nothing."""
        if self._lock is None:
            return
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._db.close()
        with contextlib.suppress(OSError):
            self._witness.sync()
        self._witness.close()
        os.close(self._lock)
        self._lock = None

    def _keep(self, ledger_n: int, ack: Anchor) -> None:
        """One word a day and ledger is enough: it vouches for everything before it."""
        self._db.execute(
            "INSERT INTO anchors VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET upto = excluded.upto, hash = excluded.hash, "
            "time_ms = excluded.time_ms, nonce = excluded.nonce, sig = excluded.sig "
            "WHERE excluded.upto >= anchors.upto",
            (ledger_n, ack.time_ms // MS_PER_DAY, ack.upto, ack.hash, ack.time_ms, ack.nonce, ack.sig),
        )

    def rows_from(self, ledger_id: str, first: int) -> Iterator[tuple[str, Row]]:
        """The records of a ledger from `first` on, each with the ledger's id."""
        after = first - 1
        while rows := self.records(ledger_id, after, CARRY_BYTES, 1000):
            yield from ((ledger_id, row) for row in rows)
            after = rows[-1].seq


def _unwrapped(ledger_id: str, row: Row) -> Carried:
    """What carries `row`: a record that is itself carried goes on as it was, not wrapped twice."""
    with contextlib.suppress(BadRecordError, msgspec.ValidationError):
        record = decode_body(row.body)
        inner = from_data(record.type, record.data) if record.type == Carried.TYPE else None
        if isinstance(inner, Carried):
            return inner
    return Carried(ledger_id=ledger_id, seq=row.seq, body=row.body.decode(errors="replace"))
