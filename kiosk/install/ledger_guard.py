"""The ledger through a change of version: can the new one read it, a copy before, the copy back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from kiosk.install.errors import InstallError
from kiosk.install.layout import Layout
from kiosk.install.release import Release

KEPT = 3
PAGES = 4096


def schema_of(database: Path) -> int | None:
    """The schema the database is written in; None when there is no database."""
    if not database.exists():
        return None
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def check_schema(layout: Layout, release: Release) -> None:
    """Raises `InstallError` when `release` is too old for the ledger that is here."""
    try:
        here = schema_of(layout.database)
    except sqlite3.Error as error:
        raise InstallError(
            f"{layout.database} cannot be read: {error}", "see `kioskctl ledger verify`; nothing was changed"
        ) from error
    if here is not None and here > release.schema:
        raise InstallError(
            f"{release.version} reads ledgers up to schema {release.schema}, the one here is schema {here}",
            "install a version as new as the one that wrote it; nothing was changed",
        )


def copy_before(layout: Layout, release: Release) -> Path | None:
    """A consistent copy of the ledger, made while kioskd may be writing; the newest three are kept.

    Raises `InstallError`. Runs as the ledger's owner, so that no file of root's is left beside it.
    """
    if not layout.database.exists():
        return None
    owner = layout.database.stat()
    layout.backups.mkdir(exist_ok=True, mode=0o750)
    os.chown(layout.backups, owner.st_uid, owner.st_gid)
    target = layout.backups / f"{time.strftime('%Y%m%dT%H%M%S')}-before-{release.name}.db"
    child = os.fork()
    if child == 0:
        os._exit(_copy_as(owner.st_uid, owner.st_gid, layout.database, target))
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise InstallError(f"{layout.database} could not be copied to {target}", "is the disk full? df -h")
    for old in sorted(layout.backups.glob("*-before-*.db"))[:-KEPT]:
        old.unlink()
    return target


def put_back(layout: Layout, copy: Path) -> Path:
    """The copy in place of a ledger that a failed version has changed; that one is kept aside.

    kioskd notices a ledger that was put back and opens a new one linked to it: nothing is thrown away.
    """
    owner = copy.stat()
    aside = layout.state / f"set-aside-{time.strftime('%Y%m%dT%H%M%S')}"
    aside.mkdir(mode=0o750)
    os.chown(aside, owner.st_uid, owner.st_gid)
    for suffix in ("", "-wal", "-shm"):
        path = Path(f"{layout.database}{suffix}")
        if path.exists():
            path.rename(aside / path.name)
    shutil.copy2(copy, layout.database)
    os.chown(layout.database, owner.st_uid, owner.st_gid)
    os.sync()
    return aside


def _copy_as(uid: int, gid: int, source: Path, target: Path) -> int:
    try:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        os.umask(0o077)
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy, pages=PAGES)
    except (OSError, sqlite3.Error):
        return 1
    return 0
