"""`kioskd restore FROM --state DIR [--verify]`: try a backup, or put it back.

What was there is moved aside whole. Erasures written after the copy, here or in newer copies, are repeated
by the first start (see `store.restored`), which goes on in a new ledger linked to the old one.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from kiosk.core.record import TimeBlock
from kiosk.daemon.backup import KEYS, MANIFEST, POOLS, Manifest, copies, sha256_of
from kiosk.daemon.durable import private_folder, sync_folder
from kiosk.daemon.kernel_clock import boot_id, read_kernel_clock
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Identity, Store, StoreError
from kiosk.daemon.store import restored as marker
from kiosk.daemon.store.connect import NAME as DATABASE
from kiosk.daemon.store.copying import Erasure, erasures_in
from kiosk.daemon.store.opening import LOCK, lock_store
from kiosk.daemon.store.witness import NAME as WITNESS
from kiosk.daemon.verify_file import verify_file

WORKSHOP = "restoring"
FILES = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", WITNESS, *POOLS)


class BadBackupError(Exception):
    """The copy cannot be used; nothing was changed."""


class Tried(msgspec.Struct, frozen=True):
    """A copy that was tried: what it holds, and that a kiosk starts on it."""

    folder: str
    device_id: str
    made_ms: int
    records: int
    people: int
    fingers: int
    templates_missing: int
    keys: bool
    erasures_since: int
    aside: str = ""


def find_copy(source: Path) -> Path:
    """The copy meant: a copy's own folder, or the newest below `source`. Raises `BadBackupError`."""
    if (source / MANIFEST).exists():
        return source
    found = copies(source) or [copy for root in sorted(source.glob("hadir-*")) for copy in copies(root)]
    roots = {copy.parent for copy in found}
    if len(roots) > 1:
        raise BadBackupError(f"{source}: several kiosks: {', '.join(sorted(root.name for root in roots))}")
    if not found:
        raise BadBackupError(f"{source}: no backup here")
    return found[-1]


def try_copy(copy: Path, state_dir: Path | None = None) -> Tried:
    """Check the copy's bytes and chain, and open it as a kiosk would, on a copy of the copy.

    Raises `BadBackupError`, `StoreError`, `OSError`.
    """
    manifest = _manifest(copy)
    since = _erasures_since(copy, state_dir)
    with tempfile.TemporaryDirectory(prefix="hadir-restore-") as folder:
        scratch = Path(folder)
        shutil.copyfile(copy / DATABASE, scratch / DATABASE)
        _check(scratch / DATABASE, manifest)
        marker.mark(scratch, since)
        keys = DeviceKeys.load_or_create(scratch / KEYS)
        store = Store.open(scratch, keys, _identity(manifest), _now(), reserve_mb=0)
        with contextlib.closing(store):
            counts, templates = store.counts(), store.templates()
            records = sum(ledger.seq for ledger in store.ledgers()[:-1])
    missing = sum(not (copy.parent / "vault" / t.template_id).exists() for t in templates)
    return Tried(
        str(copy), manifest.device_id, manifest.made_ms, records, counts.people, counts.fingers, missing,
        manifest.keys, len(since),
    )  # fmt: skip


def restore(copy: Path, state_dir: Path) -> Tried:
    """Put the copy in the place of what is in `state_dir`, while no kioskd runs.

    Raises `BadBackupError`, `StoreError` (`StoreInUse` while it runs), `OSError`.
    """
    lock = lock_store(private_folder(state_dir) / LOCK)
    try:
        tried = try_copy(copy, state_dir)
        workshop = state_dir / WORKSHOP
        shutil.rmtree(workshop, ignore_errors=True)
        private_folder(workshop)
        _fetch(copy, workshop)
        marker.mark(workshop, _erasures_since(copy, state_dir))
        aside = _exchange(state_dir, workshop)
    finally:
        os.close(lock)
    return msgspec.structs.replace(tried, aside=str(aside))


def _manifest(copy: Path) -> Manifest:
    try:
        return msgspec.json.decode((copy / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise BadBackupError(f"{copy}: {error}") from error


def _check(database: Path, manifest: Manifest) -> None:
    if sha256_of(database) != manifest.database_sha256:
        raise BadBackupError(
            f"{database.name} is not what was written: the stick is damaged, take an older copy"
        )
    report = verify_file(database)
    if not report.ok:
        bad = report.first_bad
        raise BadBackupError(f"the ledger in it is broken: {bad.words if bad else report.problems}")


def _erasures_since(copy: Path, state_dir: Path | None) -> list[Erasure]:
    """What newer copies and the kiosk itself know to be erased, and this copy does not."""
    before = {(erasure.ledger_id, erasure.seq) for erasure in erasures_in(copy / DATABASE)}
    newer = [other / DATABASE for other in copies(copy.parent) if other.name > copy.name]
    newer += [state_dir / DATABASE] if state_dir and (state_dir / DATABASE).exists() else []
    found = {(e.ledger_id, e.seq): e for path in newer for e in erasures_in(path)}
    return [erasure for key, erasure in found.items() if key not in before]


def _fetch(copy: Path, workshop: Path) -> None:
    shutil.copyfile(copy / DATABASE, workshop / DATABASE)
    for pool in POOLS:
        if (copy.parent / pool).is_dir():
            shutil.copytree(copy.parent / pool, workshop / pool)
    if (copy / KEYS).is_dir():
        shutil.copytree(copy / KEYS, workshop / KEYS)
    for path in workshop.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def _exchange(state_dir: Path, workshop: Path) -> Path:
    owner = state_dir.stat()
    aside = private_folder(state_dir / f"before-restore-{time.time_ns() // 1_000_000}")
    (workshop / marker.NAME).replace(state_dir / marker.NAME)
    for name in (*FILES, KEYS):
        if name == KEYS and not (workshop / KEYS).is_dir():
            continue
        with contextlib.suppress(FileNotFoundError):
            (state_dir / name).replace(aside / name)
    for path in workshop.iterdir():
        path.replace(state_dir / path.name)
    workshop.rmdir()
    for path in (aside, *state_dir.rglob("*")):
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    sync_folder(state_dir)
    return aside


def _identity(manifest: Manifest) -> Identity:
    return Identity(manifest.tenant, manifest.device_id, "restore")


def _now() -> TimeBlock:
    reading = read_kernel_clock()
    return TimeBlock(reading.wall_ms, "none", None, boot_id(), reading.boot_ms)


def main(argv: list[str]) -> int:
    """Print what was tried or done as JSON; 1 when the copy or the place cannot be used."""
    parser = argparse.ArgumentParser(prog="kioskd restore", description="Try a backup, or put it back.")
    parser.add_argument("source", type=Path)
    parser.add_argument("--state", required=True, type=Path)
    parser.add_argument("--verify", action="store_true", help="only try it; nothing is changed")
    arguments = parser.parse_args(argv)
    try:
        copy = find_copy(arguments.source)
        done = try_copy(copy, arguments.state) if arguments.verify else restore(copy, arguments.state)
    except (BadBackupError, StoreError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(msgspec.json.encode(done).decode() + "\n")
    return 0
