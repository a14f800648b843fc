"""Every write and flush that a disk was sent, in order, and the disk as a power cut at any point leaves it.

The format is dm-log-writes' (the kernel's Documentation/admin-guide/device-mapper/log-writes.rst),
as QEMU's blklogwrites keeps it. What was flushed is on the disk; of what was sent after the last flush,
anything may be: a disk's cache loses it, keeps it, or writes it in another order, and a write may be torn
between two sectors.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tests.upkeep.guest import FS_MB, MAGIC, MARK

SUPER = struct.Struct("<QQQI")
ENTRY = struct.Struct("<QQQQ")
SUPER_MAGIC = 0x6A736677736872
FLUSH, DISCARD = 1, 4
SECTOR = 512
AFTER_SUPERBLOCK = 8  # ext4 takes it for granted that its superblock is written whole or not at all


@dataclass(frozen=True)
class Write:
    """One entry: where on the disk, how long, where its data lies in the log; `mark` is a tick's seq."""

    sector: int
    bytes_: int
    flush: bool
    discard: bool
    data_at: int
    mark: int | None


def read_log(path: Path) -> list[Write]:
    """All entries but the last, which the kill may have cut short. What follows them is zeros.

    The count in the log's first sector is not gone by: it is written late.
    """
    found: list[Write] = []
    with path.open("rb") as log:
        magic, _, _, size = SUPER.unpack(log.read(SUPER.size))
        assert magic == SUPER_MAGIC
        at = size
        while True:
            log.seek(at)
            sector, sectors, flags, _ = ENTRY.unpack(log.read(ENTRY.size))
            if not (sectors or flags):
                return found[:-1]
            bytes_ = 0 if flags & DISCARD else sectors * size
            log.seek(at + size)
            head = log.read(MARK.size) if bytes_ else b""
            is_mark = sector * SECTOR >= FS_MB << 20 and head.startswith(MAGIC)
            mark = MARK.unpack(head)[1] if is_mark else None
            found.append(Write(sector, bytes_, bool(flags & FLUSH), bool(flags & DISCARD), at + size, mark))
            at += size + bytes_


def told_before(writes: Sequence[Write], cut: int) -> set[int]:
    """Ticks shown before the cut."""
    return {write.mark for write in writes[:cut] if write.mark is not None}


def apply(log: BinaryIO, disk: BinaryIO, write: Write, upto: int | None = None) -> None:
    """Put one write on the disk, or its first sectors only."""
    if not write.bytes_:
        return
    log.seek(write.data_at)
    disk.seek(write.sector * SECTOR)
    disk.write(log.read(write.bytes_ if upto is None else upto))


def lose_some(log: BinaryIO, disk: BinaryIO, unsure: Sequence[Write], choose: random.Random) -> None:
    """What the disk's cache held: each write may be there, or not, in any order; one may be torn."""
    chance = choose.choice((0.0, 0.5, 0.9, 1.0))
    kept = [write for write in unsure if choose.random() < chance]
    choose.shuffle(kept)
    for write in kept:
        apply(log, disk, write)
    tearable = [write for write in unsure if write.sector >= AFTER_SUPERBLOCK]
    if tearable and choose.random() < 0.5:
        torn = choose.choice(tearable)
        apply(log, disk, torn, choose.randrange(0, torn.bytes_ + SECTOR, SECTOR))
