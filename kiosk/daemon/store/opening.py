"""Opening the store: which database it is, whether it is the one we wrote last, which ledger to go on in."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
from pathlib import Path

import msgspec

from kiosk.core.payload import Genesis, GenesisReason, LedgerPoint, Stop, StoreNote, from_data
from kiosk.core.record import ZERO_HASH, BadRecordError, TimeBlock, chain_hash, decode_body
from kiosk.daemon.damage import note_altered
from kiosk.daemon.durable import private_folder, sync_folder
from kiosk.daemon.keys import DeviceKeys, publish
from kiosk.daemon.store import connect, restored, schema
from kiosk.daemon.store.errors import SUSPECT, StoreCorrupt, StoreInUse, translated
from kiosk.daemon.store.room import Room
from kiosk.daemon.store.store import LastRun, Store
from kiosk.daemon.store.types import Head, Identity
from kiosk.daemon.store.witness import NAME as WITNESS
from kiosk.daemon.store.witness import Witness

log = logging.getLogger(__name__)
LOCK = "store.lock"
TAIL = 256


def open_store(
    state_dir: Path, keys: DeviceKeys, identity: Identity, at: TimeBlock, reserve_mb: int
) -> Store:
    """See `Store.open`."""
    path = state_dir / connect.NAME
    with contextlib.ExitStack() as undo, translated(path):
        lock = lock_store(private_folder(state_dir) / LOCK)
        undo.callback(os.close, lock)
        room = Room(state_dir, reserve_mb << 20)
        room.make_if_none()
        if path.exists() and path.stat().st_size:
            connect.refuse_unusable(path)
        db = connect.connect_writer(path)
        undo.callback(db.close)
        if schema.version(db) != schema.LATEST:
            from kiosk.daemon.store.migrations import migrate

            migrate(db)
        sync_folder(state_dir)
        _check_if_suspect(db, state_dir / SUSPECT)
        witness = Witness(state_dir / WITNESS)
        undo.callback(witness.close)
        store = Store(db, path, keys, identity, witness, room, lock)
        put_back = restored.pending(state_dir)
        broken = _settle(store, db, (keys, identity), witness, at, put_back=put_back is not None)
        if broken is not None:
            note_altered(state_dir, *broken)
        if put_back is not None:
            restored.repeat(store, state_dir, put_back, at)
        room.keep()
        if reserve_mb:
            with contextlib.suppress(OSError):
                connect.lengthen_wal(path)
        publish(keys, state_dir)
        undo.pop_all()
    return store


def _check_if_suspect(db: sqlite3.Connection, marker: Path) -> None:
    """After a run that met damage, look at every page once."""
    if marker.exists():
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise StoreCorrupt(f"{marker.parent}: {found}")
        marker.unlink()


def lock_store(path: Path) -> int:
    """Hold the store's lock; the descriptor to close. Raises `StoreInUse`."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreInUse(f"{path.parent}: another process holds this store") from error
    return descriptor


def _settle(
    store: Store, db: sqlite3.Connection, who: tuple[DeviceKeys, Identity], witness: Witness, at: TimeBlock,
    *, put_back: bool,
) -> tuple[str, int] | None:  # fmt: skip
    """Bring the store to where it goes on; which record of which ledger was found broken, if one was."""
    if not store.ledgers():
        remembered = witness.head.point if witness.head else None
        store.begin_ledger("restored" if remembered else "new", remembered, at)
        store.opened = "restored" if remembered else "new"
        return None
    notes = [StoreNote(what="triggers_restored", detail=", ".join(lost))] if (lost := _mend(db)) else []
    if witness.state != "ok":
        notes.append(StoreNote(what=f"witness_{witness.state}"))
    store.take_up(*_head(store))
    store.last_run = _last_run(db, at)
    broken = _link_if_other(store, db, who, witness, at, put_back=put_back)
    if notes:
        with store.transaction() as transaction:
            for note in notes:
                log.warning("store: %s %s", note.what, note.detail)
                transaction.append(note, at)
    return broken


def _mend(db: sqlite3.Connection) -> list[str]:
    """The names of triggers that somebody had dropped or changed, now as they were."""
    if schema.triggers_wrong(db):
        db.execute("BEGIN IMMEDIATE")
        lost = schema.restore_triggers(db)
        db.execute("COMMIT")
        return lost
    return []


def _head(store: Store) -> tuple[Head, int]:
    current = store.ledgers()[-1]
    if not current.current or not current.seq:
        raise StoreCorrupt("the current ledger has no records")
    return Head(current.ledger_id, current.seq, current.hash), current.n


def _link_if_other(
    store: Store, db: sqlite3.Connection, who: tuple[DeviceKeys, Identity], witness: Witness, at: TimeBlock,
    *, put_back: bool,
) -> tuple[str, int] | None:  # fmt: skip
    """Never go on in a ledger that was put back, broken, or is another device's: open one linked to it.

    Which record of which ledger is broken, if one is.
    """
    reason: GenesisReason | None = None
    previous, carry = store.head.point, None
    ledger_id = store.head.ledger_id
    broken = first_break(db, store.head)
    if broken is not None:
        reason, (previous, carry) = "salvaged", broken
        log.error("ledger %s is broken at record %d", store.head.ledger_id, carry)
    elif (
        witness.head is not None
        and store.hash_at(witness.head.ledger_id, witness.head.seq) != witness.head.hash
    ):
        reason = "restored"
        log.warning("the database was put back: record %d was written before", witness.head.seq)
    elif put_back:
        reason = "restored"
    elif not _is_ours(store, *who):
        reason = "replaced_card"
    if reason is not None:
        store.reopen_linked(reason, previous, carry, at)
        store.opened = "restored"
    return (ledger_id, broken[1]) if broken is not None else None


def _is_ours(store: Store, keys: DeviceKeys, identity: Identity) -> bool:
    first = store.records(store.head.ledger_id, 0, 1, 1)
    try:
        record = decode_body(first[0].body)
        genesis = from_data(record.type, record.data)
    except (BadRecordError, msgspec.ValidationError):
        return False
    mine = (keys.sign_public, identity.tenant, identity.device_id)
    return isinstance(genesis, Genesis) and (genesis.sign_key, genesis.tenant, genesis.device_id) == mine


def first_break(db: sqlite3.Connection, head: Head) -> tuple[LedgerPoint, int] | None:
    """Whether the chain's last records hold: the last good point and the first bad seq, if they do not."""
    rows = db.execute(
        "SELECT seq, CAST(body AS BLOB), CAST(hash AS BLOB) FROM ledger WHERE seq >= ? ORDER BY seq",
        (head.seq - TAIL,),
    ).fetchall()
    before = ZERO_HASH
    for index, (seq, body, hash_) in enumerate(rows):
        known_before = index > 0 or seq == 1
        if known_before and chain_hash(before, body) != hash_:
            return LedgerPoint(head.ledger_id, seq - 1, before.hex()), seq
        before = bytes(hash_)
    return None


def _last_run(db: sqlite3.Connection, at: TimeBlock) -> LastRun:
    found = db.execute("SELECT type, boot_id FROM runs WHERE id = 1").fetchone()
    if found is None:
        return "first"
    if found[0] == Stop.TYPE:
        return "clean"
    return "unclean" if found[1] == at.boot_id else "reboot"
