"""A damaged database: what can be read of it goes into a new one, and a linked ledger is opened there.

Each old ledger keeps the records up to its first gap; readable ones after it are carried into the new
ledger, so that nothing readable is lost to the centre. The damaged files are moved aside whole.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from kiosk.core.payload import LedgerPoint
from kiosk.core.record import ZERO_HASH, BadRecordError, Row, TimeBlock, chain_hash, decode_body
from kiosk.daemon.durable import private_folder, sync_folder
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import connect, schema
from kiosk.daemon.store.errors import SUSPECT, translated
from kiosk.daemon.store.migrations import migrate
from kiosk.daemon.store.opening import LOCK, lock_store
from kiosk.daemon.store.rebuild import replay_all
from kiosk.daemon.store.room import Room
from kiosk.daemon.store.sections import Database, UnreadableError
from kiosk.daemon.store.store import Store
from kiosk.daemon.store.types import Head, Identity
from kiosk.daemon.store.witness import NAME as WITNESS
from kiosk.daemon.store.witness import Witness, read_witness

WORKSHOP = "salvaging"
FILES = (connect.NAME, connect.NAME + "-wal", connect.NAME + "-shm")


@dataclass(slots=True)
class Old:
    """One ledger as far as it can be read: `whole` is the chain up to the first gap."""

    ledger_id: str = ""
    head: bytes = ZERO_HASH
    whole: list[Row] = field(default_factory=list)
    loose: list[Row] = field(default_factory=list)

    @property
    def point(self) -> LedgerPoint:
        """The end of what is whole."""
        return LedgerPoint(self.ledger_id, len(self.whole), self.head.hex())

    @property
    def previous(self) -> str | None:
        """The ledger before it, as its genesis says, in JSON."""
        record = decode_body(self.whole[0].body) if self.whole else None
        point = record.data.get("previous") if record else None
        return msgspec.json.encode(point).decode() if point else None

    def take(self, row: Row) -> None:
        """The next row that can be read."""
        with contextlib.suppress(BadRecordError):
            self.ledger_id = self.ledger_id or decode_body(row.body).ledger_id
        follows = not self.loose and row.seq == len(self.whole) + 1
        if follows and chain_hash(self.head, row.body) == row.hash:
            self.whole.append(row)
            self.head = row.hash
        else:
            self.loose.append(row)


@dataclass(frozen=True, slots=True)
class Salvaged:
    """How many records stayed where they were, how many were carried; where the damaged files are."""

    kept: int
    carried: int
    aside: Path

    def __str__(self) -> str:
        return f"{self.kept} records kept, {self.carried} carried, the damaged files are in {self.aside.name}"


def salvage(state_dir: Path, keys: DeviceKeys, identity: Identity, at: TimeBlock) -> Salvaged:
    """Make a sound database of a damaged one while no kioskd runs. Raises `StoreError`, `OSError`.

    Until the last step nothing of the damaged database is touched.
    """
    with contextlib.ExitStack() as undo, translated(state_dir / connect.NAME):
        undo.callback(os.close, lock_store(state_dir / LOCK))
        old = _readable(state_dir / connect.NAME)
        seen = read_witness(state_dir / WITNESS)
        workshop = state_dir / WORKSHOP
        shutil.rmtree(workshop, ignore_errors=True)
        _build(private_folder(workshop), old, seen, (keys, identity), at)
        aside = _exchange(state_dir, workshop, at)
    return Salvaged(sum(len(one.whole) for one in old), sum(len(one.loose) for one in old), aside)


def _readable(path: Path) -> list[Old]:
    try:
        database = Database(path)
    except UnreadableError:
        return []
    with contextlib.closing(database):
        found = []
        for table in database.tables():
            one = Old()
            for row in database.readable(table):
                one.take(row)
            found.append(one)
    return [one for one in found if one.ledger_id]


def _build(
    folder: Path, old: list[Old], seen: Head | None, who: tuple[DeviceKeys, Identity], at: TimeBlock
) -> None:
    path = folder / connect.NAME
    db = connect.connect_writer(path)
    migrate(db)
    db.execute("BEGIN IMMEDIATE")
    for n, one in enumerate(old, 1):
        _put_ledger(db, n, one)
    replay_all(db)
    db.execute("COMMIT")
    lock = lock_store(folder / LOCK)
    store = Store(db, path, *who, Witness(folder / WITNESS), Room(folder, 0), lock)
    last = next((one.point for one in reversed(old) if one.whole), seen.point if seen else None)
    store.begin_ledger("salvaged", last, at, _loose(old))
    store.close()


def _put_ledger(db: sqlite3.Connection, n: int, one: Old) -> None:
    point = one.point
    db.execute(
        "INSERT INTO ledgers (n, ledger_id, stored, previous, last_seq, last_hash, deliver_upto) "
        "VALUES (?, ?, 1, ?, ?, ?, ?)",
        (n, one.ledger_id, one.previous, point.seq, point.hash, point.seq),
    )
    db.execute(schema.LEDGER.replace("ledger", f"ledger_{n}"))
    bodies = ((row.seq, row.body.decode(), row.hash) for row in one.whole)
    db.executemany(f"INSERT INTO ledger_{n} VALUES (?, ?, ?)", bodies)
    beside = ((n, row.seq, row.private.salt, row.private.text) for row in one.whole if row.private)
    db.executemany("INSERT INTO private VALUES (?, ?, ?, ?)", beside)


def _loose(old: list[Old]) -> Iterator[tuple[str, Row]]:
    return ((one.ledger_id, row) for one in old for row in one.loose)


def _exchange(state_dir: Path, workshop: Path, at: TimeBlock) -> Path:
    aside = private_folder(state_dir / f"damaged-{at.wall_ms}")
    for name in (*FILES, WITNESS, SUSPECT):
        with contextlib.suppress(FileNotFoundError):
            (state_dir / name).replace(aside / name)
    for name in (WITNESS, connect.NAME):
        (workshop / name).replace(state_dir / name)
    shutil.rmtree(workshop)
    sync_folder(state_dir)
    return aside
