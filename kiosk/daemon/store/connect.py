"""How the database is opened: by the one writer, by readers, and to look at it without touching it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from kiosk.daemon.store import schema
from kiosk.daemon.store.errors import StoreCorrupt, StoreTooNew

NAME = "kiosk.db"
BUSY_S = 5.0
BACKSTOP_PAGES = 4000  # the engine checkpoints when idle; this bounds the WAL when it never is
WAL_BYTES = 2 << 20  # a little more than `store.CHECKPOINT_COMMITS` punches take
_MAGIC = b"SQLite format 3\x00"


def connect_writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes. Each commit is one fsync of the WAL; deleted text is overwritten."""
    _keep_private(path)
    # psow=0: a card may spoil the whole sector it is cut off in, so commits never share one
    address = f"file:{quote(str(path))}?psow=0"
    db = sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None, cached_statements=256)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA wal_autocheckpoint = {BACKSTOP_PAGES}")
    db.execute("PRAGMA secure_delete = ON")
    db.execute("PRAGMA cache_size = -8000")
    db.execute(
        "PRAGMA recursive_triggers = ON"
    )  # without it INSERT OR REPLACE deletes behind the triggers' back
    return db


def _keep_private(path: Path) -> None:
    """Only the owner reads the database, whatever the umask; SQLite gives the files beside it its rights."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        if file.exists() and file.stat().st_mode & 0o077:
            file.chmod(0o600)


def lengthen_wal(path: Path) -> None:
    """Give the WAL its usual length at once: an fsync that changes no file's size is about half as long.

    SQLite goes by what is valid in the file, not by its size; zeros at its end are no frames.
    """
    with path.with_name(path.name + "-wal").open("r+b") as wal:
        missing = WAL_BYTES - wal.seek(0, os.SEEK_END)
        if missing > 0:
            wal.write(bytes(missing))
            wal.flush()
            os.fsync(wal.fileno())


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, beside the writer or to a copy.

    Without a WAL beside it nobody has the database open: it is read leaving no traces, read-only media too.
    """
    how = "mode=ro" if path.with_name(path.name + "-wal").exists() else "mode=ro&immutable=1"
    return sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, timeout=BUSY_S, isolation_level=None)


def refuse_unusable(path: Path) -> None:
    """Look at a database without changing it. Raises `StoreTooNew`, `StoreCorrupt`, sqlite3's errors."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise StoreCorrupt(f"{path}: not a database")
    with contextlib.closing(connect_reader(path)) as db:
        found = schema.version(db)
    if found > schema.LATEST:
        raise StoreTooNew(f"{path}: schema {found}, this version knows {schema.LATEST}")
