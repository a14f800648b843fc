"""`kill -9` at random moments: what was told as stored is there, once, and the chain holds."""

from __future__ import annotations

import os
import random
import select
import signal
import struct
from pathlib import Path

from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Store
from kiosk.daemon.verify_file import verify_file
from tests.store.samples import IDENTITY, at, punch

KILLS = 40
TICK = struct.Struct("<Q")


def test_no_kill_loses_or_doubles_a_punch_that_was_told(tmp_path: Path) -> None:
    dice = random.Random(20_261_006)
    DeviceKeys.load_or_create(tmp_path / "keys")
    told: list[int] = []
    for _ in range(KILLS):
        told += _killed_while_punching(tmp_path, dice.uniform(0, 0.06))
        keys = DeviceKeys.load_or_create(tmp_path / "keys")
        store = Store.open(tmp_path, keys, IDENTITY, at(), reserve_mb=0)
        seqs = [past.seq for past in store.recent_punches("p1", 1_000_000)]
        assert store.opened in ("same", "new")
        assert len(store.ledgers()) == 1
        store.close()
        assert set(told) <= set(seqs)
        assert len(seqs) == len(set(seqs)) <= len(told) + KILLS
    assert len(told) == len(set(told)) > KILLS
    assert verify_file(tmp_path / "kiosk.db").ok


def _killed_while_punching(state: Path, after_s: float) -> list[int]:
    """Seqs a child told after their commit, until it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _punch_for_ever(state, writing)
    os.close(writing)
    select.select([reading], [], [], 10)
    select.select([], [], [], after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        ticks = pipe.read()
    return [seq for (seq,) in TICK.iter_unpack(ticks[: len(ticks) // TICK.size * TICK.size])]


def _punch_for_ever(state: Path, writing: int) -> None:
    try:
        store = Store.open(state, DeviceKeys.load_or_create(state / "keys"), IDENTITY, at(), reserve_mb=0)
        while True:
            with store.transaction() as transaction:
                seq = transaction.append(punch(), at()).seq
            os.write(writing, TICK.pack(seq))
    finally:
        os._exit(1)
