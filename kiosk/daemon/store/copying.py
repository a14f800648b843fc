"""A consistent copy of the database while kioskd goes on, and what an older copy must be told of erasures."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kiosk.core.payload import Erased, EvidenceRemoved, TemplateRemoved
from kiosk.core.record import BadRecordError, decode_body
from kiosk.daemon.store.connect import connect_reader
from kiosk.daemon.store.errors import StoreCorrupt, translated
from kiosk.daemon.store.sections import Database, UnreadableError

PAGES = 256
PAUSE_S = 0.01  # the writer comes first
_ERASING = (Erased.TYPE, TemplateRemoved.TYPE, EvidenceRemoved.TYPE)
_MARKS = tuple(f'"type":"{type_}"'.encode() for type_ in _ERASING)


class Erasure(msgspec.Struct, frozen=True):
    """A record that took something away: its type and `data`, and where it stands."""

    ledger_id: str
    seq: int
    type: str
    data: dict[str, object]


def copy_database(source: Path, target: Path) -> None:
    """Copy `source` page by page (SQLite's backup API) to a new file, one that needs no WAL, on the disk.

    Raises `StoreError`, `OSError`.
    """
    with translated(source), contextlib.closing(connect_reader(source)) as live:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.close(descriptor)
        with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
            live.backup(copy, pages=PAGES, sleep=PAUSE_S)
            copy.execute("PRAGMA journal_mode = DELETE")
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreCorrupt(f"{source}: the copy is damaged: {found}")
    with target.open("rb") as file:
        os.fsync(file.fileno())


def erasures_in(path: Path) -> Iterator[Erasure]:
    """Every record of a database that took something away, as far as it can be read."""
    try:
        database = Database(path)
    except (UnreadableError, OSError, sqlite3.Error):
        return
    with contextlib.closing(database):
        for table in database.tables():
            for row in database.readable(table):
                if any(mark in row.body for mark in _MARKS):
                    yield from _erasure(row.body)


def _erasure(body: bytes) -> Iterator[Erasure]:
    with contextlib.suppress(BadRecordError):
        record = decode_body(body)
        if record.type in _ERASING:
            yield Erasure(record.ledger_id, record.seq, record.type, record.data)
