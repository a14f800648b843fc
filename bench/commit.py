"""Commit of a punch against a bare one-row SQLite insert of as many bytes with the same durability.

Both sides: WAL, `synchronous=FULL`, sectors never shared by commits (`psow=0`), one fsync a commit. Ours also
checks, chains, keeps three derived B-trees and updates the witness.
The ledger of a million records is filled in bulk first, outside the clock.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.figure import Figure
from bench.pair import Pair, paired
from kiosk.core import payload as p
from kiosk.core.record import TimeBlock
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Identity, Store

TURNS, ROUNDS = 10, 101
RECORDS = 1_000_000
BATCH = 20_000
PEOPLE = 100
BOOT_ID = "3f0c8f5e-6e1d-4f0a-9a53-5b6f6a0d1c11"


def run() -> Iterator[Figure]:
    """The two ratios of the commit."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        yield _against_bare(Path(folder))
        yield _long_against_empty(Path(folder))


def _against_bare(folder: Path) -> Figure:
    with _store(folder / "ours") as store, _bare(folder / "bare.db") as db:
        size = _row_bytes(store)

        def bare() -> None:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO row (content) VALUES (?)", (bytes(size),))
            db.execute("COMMIT")

        pair = _in_turns(store, _puncher(store), bare)
        return Figure.of_pair("commit", "a punch", pair, "bare SQLite insert")


def _long_against_empty(folder: Path) -> Figure:
    with _store(folder / "long") as long, _store(folder / "empty") as empty:
        _fill(long)
        pair = _in_turns(long, _puncher(long), _puncher(empty), empty)
        return Figure.of_pair("commit", f"a punch after {RECORDS:,} records", pair, "empty ledger")


def _in_turns(
    store: Store, ours: Callable[[], None], theirs: Callable[[], None], other: Store | None = None
) -> Pair:
    """Timed in turns, with the pauses the engine uses for its housekeeping in between."""
    pairs = []
    for _ in range(TURNS):
        pairs.append(paired(ours, theirs, rounds=ROUNDS))
        for one in (store, other):
            if one is not None:
                one.idle()
    return Pair(
        tuple(t for pair in pairs for t in pair.ours), tuple(t for pair in pairs for t in pair.theirs)
    )


@contextlib.contextmanager
def _store(state: Path) -> Iterator[Store]:
    keys = DeviceKeys.load_or_create(state / "keys")
    store = Store.open(state, keys, Identity("bench", "kiosk-1", "0"), _at(0))
    try:
        yield store
    finally:
        store.close()


@contextlib.contextmanager
def _bare(path: Path) -> Iterator[sqlite3.Connection]:
    address = f"file:{path}?psow=0"
    with contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE row (n INTEGER PRIMARY KEY, content BLOB)")
        yield db


def _row_bytes(store: Store) -> int:
    """The bytes of a stored punch: its body and its hash."""
    _puncher(store)()
    (row,) = store.records(store.head.ledger_id, store.head.seq - 1, 1, 1)
    return len(row.body) + len(row.hash)


def _puncher(store: Store) -> Callable[[], None]:
    def punch() -> None:
        number = store.head.seq
        with store.transaction() as transaction:
            transaction.append(_punch(number), _at(number))

    return punch


def _fill(store: Store) -> None:
    while store.head.seq < RECORDS:
        first = store.head.seq
        with store.transaction() as transaction:
            for number in range(first, min(first + BATCH, RECORDS)):
                transaction.append(_punch(number), _at(number))
        store.checkpoint()


def _punch(number: int) -> p.Punch:
    return p.Punch(
        person_id=f"{number * 37 % PEOPLE:016x}",
        method="finger",
        device="pintu-utama",
        grade="A",
        shown=p.Shown("late", "in", "pagi", late_s=420),
        place=p.Place("dinas-pendidikan", -81_700_000, 1_137_000_000),
        versions=p.Versions("2026-1", "2026-1", "2026-10-06"),
        slot=number % PEOPLE,
        score=87,
    )


def _at(number: int) -> TimeBlock:
    return TimeBlock(1_791_244_800_000 + 60_000 * number, "ntp", 45, BOOT_ID, 60_000 * number)
