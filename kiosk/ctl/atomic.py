"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owned:
    """Who a new file belongs to and who may read it; -1 leaves the owner as it is."""

    mode: int = 0o644
    uid: int = -1
    gid: int = -1


def write_atomically(path: Path, content: bytes, owned: Owned | None = None) -> None:
    """Replace `path`; on the disk when this returns. Without `owned` it stays whose it was.

    Raises `OSError`.
    """
    owned = owned or _as_before(path)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), owned.mode)
            if os.geteuid() == 0:
                os.fchown(file.fileno(), owned.uid, owned.gid)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _as_before(path: Path) -> Owned:
    try:
        before = path.stat()
    except FileNotFoundError:
        return Owned()
    return Owned(before.st_mode & 0o7777, before.st_uid, before.st_gid)
