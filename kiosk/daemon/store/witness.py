"""A second memory of the ledger's head, beside the database, to notice when the database was put back.

After each commit the head is written (not fsynced) into one of two slots of a small file. Cut power
may lose that write, so a witness *behind* the database is normal; a witness *ahead* of it means the
database is not the one we wrote last.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Literal

from kiosk.daemon.durable import sync_folder
from kiosk.daemon.store.types import Head

NAME = "head.witness"
SLOT_BYTES = 4096  # a torn write of one slot never touches the other
_FIELDS = struct.Struct(">I16sQ32s")
_CHECK = struct.Struct(">I")

State = Literal["ok", "missing", "corrupt"]


class Witness:
    """The open file. `head` is what it remembered when opened."""

    def __init__(self, path: Path) -> None:
        existed = path.exists()
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._count, self.head = _newest(os.pread(self._fd, 2 * SLOT_BYTES, 0))
        self.state: State = "ok" if self.head else "corrupt" if existed else "missing"
        if not existed or os.fstat(self._fd).st_size < 2 * SLOT_BYTES:
            os.posix_fallocate(self._fd, 0, 2 * SLOT_BYTES)
            os.fsync(self._fd)
            sync_folder(path.parent)

    def note(self, head: Head) -> None:
        """Remember `head`; survives the process, not always a power cut. Raises `OSError`."""
        self._count = (self._count + 1) & 0xFFFF_FFFF
        fields = _FIELDS.pack(self._count, bytes.fromhex(head.ledger_id), head.seq, head.hash)
        os.pwrite(self._fd, fields + _CHECK.pack(zlib.crc32(fields)), (self._count & 1) * SLOT_BYTES)

    def sync(self) -> None:
        """Make what is remembered survive a power cut. Raises `OSError`."""
        os.fdatasync(self._fd)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)


def unpack(slot: bytes) -> tuple[int, Head] | None:
    """The counter and head in a slot's bytes; None when they are not whole."""
    fields, check = slot[: _FIELDS.size], slot[_FIELDS.size : _FIELDS.size + _CHECK.size]
    if len(check) < _CHECK.size or _CHECK.unpack(check)[0] != zlib.crc32(fields):
        return None
    count, ledger_id, seq, hash_ = _FIELDS.unpack(fields)
    return count, Head(ledger_id.hex(), seq, hash_)


def read_witness(path: Path) -> Head | None:
    """What the witness at `path` remembers, without opening it for writing."""
    try:
        return _newest(path.read_bytes())[1]
    except OSError:
        return None


def _newest(content: bytes) -> tuple[int, Head | None]:
    slots = [unpack(content[offset : offset + SLOT_BYTES]) for offset in (0, SLOT_BYTES)]
    return max((slot for slot in slots if slot), key=lambda slot: slot[0], default=(0, None))
