"""`kioskd backup TO --state DIR`: a consistent copy of everything that would be missed, on another disk.

`TO/hadir-DEVICE/TIME/kiosk.db` are the copies; `vault` and `evidence` beside them are kept once, as they are
now: what was erased here goes there too. Keys stay out unless asked for: with them whoever finds the stick
can open the templates and sign as this kiosk.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kiosk.core.payload import Genesis, from_data
from kiosk.core.record import decode_body
from kiosk.daemon.durable import sync_folder, write_durably
from kiosk.daemon.store import StoreError, StoreReader
from kiosk.daemon.store.connect import NAME as DATABASE
from kiosk.daemon.store.copying import copy_database

MANIFEST = "backup.json"
POOLS = ("vault", "evidence")
KEYS = "keys"
KEEP = 7
SPARE_BYTES = 8 << 20


class Manifest(msgspec.Struct, frozen=True):
    """What a copy is of: the head of the current ledger, and the SHA-256 of `kiosk.db`."""

    device_id: str
    tenant: str
    ledger_id: str
    seq: int
    hash: str
    made_ms: int
    database_sha256: str
    keys: bool


class BackupError(Exception):
    """No copy was made; what was there before is still there."""


def back_up(state_dir: Path, to: Path, *, keys: bool = False, keep: int = KEEP) -> Path:
    """Make a copy under `to`, delete all but the newest `keep`; its folder.

    Raises `BackupError`, `StoreError`, `OSError`.
    """
    if not to.is_dir():
        raise BackupError(f"{to}: no such folder; is the stick mounted?")
    _refuse_same_folder(state_dir, to)
    genesis, point = _what(state_dir)
    root = to / f"hadir-{genesis.device_id}"
    root.mkdir(mode=0o700, exist_ok=True)
    _refuse_if_no_room(state_dir, to)
    made_ms = time.time_ns() // 1_000_000
    partial = root / ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    copy_database(state_dir / DATABASE, partial / DATABASE)
    for pool in POOLS:
        _mirror(state_dir / pool, root / pool)
    if keys:
        _mirror(state_dir / KEYS, partial / KEYS)
    sha = sha256_of(partial / DATABASE)
    manifest = Manifest(genesis.device_id, genesis.tenant, *point, made_ms, sha, keys)
    write_durably(partial / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    name = time.strftime("%Y%m%dT%H%M%S", time.gmtime(made_ms / 1000))
    done = partial.rename(root / f"{name}.{made_ms % 1000:03}Z")
    sync_folder(root)
    os.sync()  # vfat fills in size and place of what was renamed only when its inode is written again
    for old in copies(root)[:-keep]:
        shutil.rmtree(old)
    return done


def copies(root: Path) -> list[Path]:
    """The finished copies in a backup folder, oldest first."""
    found = [path.parent for path in root.glob(f"*/{MANIFEST}") if not path.parent.name.startswith(".")]
    return sorted(found, key=lambda folder: folder.name)


def sha256_of(path: Path) -> str:
    """The hex SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _what(state_dir: Path) -> tuple[Genesis, tuple[str, int, str]]:
    with StoreReader.open(state_dir) as reader:
        current = reader.ledgers()[-1]
        record = decode_body(reader.records(current.ledger_id, 0, 1, 1)[0].body)
    genesis = from_data(record.type, record.data)
    if not isinstance(genesis, Genesis):
        raise BackupError(f"{state_dir}: the ledger does not begin with a genesis")
    return genesis, (current.ledger_id, current.seq, current.hash.hex())


def _refuse_same_folder(state_dir: Path, to: Path) -> None:
    if to.resolve().is_relative_to(state_dir.resolve()):
        raise BackupError(f"{to} is inside {state_dir}: that is no backup")


def _refuse_if_no_room(state_dir: Path, to: Path) -> None:
    wal = state_dir / f"{DATABASE}-wal"
    wanted = (state_dir / DATABASE).stat().st_size + (wal.stat().st_size if wal.exists() else 0) + SPARE_BYTES
    free = shutil.disk_usage(to).free
    if free < wanted:
        raise BackupError(f"{to}: {free >> 20} MB are free, {wanted >> 20} MB are wanted")


def _mirror(source: Path, target: Path) -> None:
    """Make `target` hold the files of `source`: the same names and contents, no others."""
    target.mkdir(mode=0o700, exist_ok=True)
    names = {str(path.relative_to(source)) for path in _files(source)}
    for path in [path for path in _files(target) if str(path.relative_to(target)) not in names]:
        path.unlink()
    for name in sorted(names):
        there = target / name
        there.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            content = (source / name).read_bytes()
        except FileNotFoundError:  # erased meanwhile
            continue
        if not there.exists() or there.read_bytes() != content:
            write_durably(there, content)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def main(argv: list[str]) -> int:
    """Print the copy's folder; 1 when none could be made."""
    parser = argparse.ArgumentParser(
        prog="kioskd backup", description="Copy a kiosk's state to another disk."
    )
    parser.add_argument("to", type=Path)
    parser.add_argument("--state", required=True, type=Path)
    parser.add_argument("--with-keys", action="store_true")
    parser.add_argument("--keep", type=int, default=KEEP)
    arguments = parser.parse_args(argv)
    try:
        made = back_up(arguments.state, arguments.to, keys=arguments.with_keys, keep=max(1, arguments.keep))
    except (BackupError, StoreError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{made}\n")
    return 0
