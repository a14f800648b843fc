"""What can be wrong with the store, by what somebody can do about it."""

from __future__ import annotations

import contextlib
import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUSPECT = "suspect"  # left where damage was met: the next start looks at the whole database
LITTLE_BYTES = 1 << 20
_FULL, _READONLY = (
    {sqlite3.SQLITE_FULL},
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM},
)
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class StoreError(Exception):
    """The store did not do what was asked; nothing of it was kept. `hint` says what to do."""

    hint = "look at the kernel's log for the card (`dmesg`), then restart kioskd"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class StoreTooNew(StoreError):
    """The database was written by a newer version of the software; it was not touched."""

    hint = "install the newer software again, or start with another state_dir"


class StoreCorrupt(StoreError):
    """The database cannot be read or contradicts itself."""

    hint = "restart kioskd: it moves the damaged file aside and goes on in a new, linked ledger"


class StoreFull(StoreError):
    """No room, even after old photos and the reserve were given up."""

    hint = "make room on the disk: punches are refused until there is some"


class StoreReadOnly(StoreError):
    """The database or its folder cannot be written."""

    hint = "check who owns state_dir and whether the card has turned read-only (`mount`, `dmesg`)"


class StoreInUse(StoreError):
    """Another process has the store open for writing."""

    hint = "stop the other kioskd (`systemctl status kioskd`), or use another state_dir"


class CursorMismatch(StoreError):
    """An acknowledgement is for records other than ours; the cursor stays."""

    hint = "the centre holds another history of this ledger: see `kioskctl ledger verify`"


def translate(error: sqlite3.Error, path: Path) -> StoreError:
    """The store's word for an error of SQLite's; `path` is the database."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    message = f"{path}: {error}"
    if code in _FULL or (code == sqlite3.SQLITE_IOERR and _no_room(path)):
        return StoreFull(message)
    if code in _CORRUPT:
        with contextlib.suppress(OSError):
            path.with_name(SUSPECT).touch()
        return StoreCorrupt(message)
    if code in _READONLY:
        return StoreReadOnly(message)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreInUse(message)
    return StoreError(message)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise the store's errors in place of SQLite's and the system's."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, path) from error
    except OSError as error:
        raise _of_system(error, path) from error


def _of_system(error: OSError, path: Path) -> StoreError:
    message = f"{path}: {error}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreReadOnly(message)
    return StoreFull(message) if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreError(message)


def _no_room(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < LITTLE_BYTES
    except OSError:
        return False
