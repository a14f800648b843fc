"""Room kept for punches: on a full disk old photos go, then a reserve; only then is a punch refused."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)
NAME = "reserve"
PLENTY_BYTES = 4 << 20
LITTLE_BYTES = 512 << 10
GiveUpPhotos = Callable[[int], tuple[str, ...]]
"""Deletes the oldest photos, some bytes' worth; returns the names of those deleted."""


class Room:
    """What can be given up; `tight` once something was, until there is plenty again.

    `photos` is set by whoever owns the evidence store.
    """

    def __init__(self, folder: Path, reserve_bytes: int) -> None:
        self._path = folder / NAME
        self._bytes = reserve_bytes
        self.photos: GiveUpPhotos | None = None
        self.given_up: tuple[str, ...] = ()
        self.tight = False

    def keep(self) -> None:
        """Make the reserve again if it is gone and there is plenty of room."""
        if not self.tight and (not self._bytes or self._path.exists()):
            return
        if shutil.disk_usage(self._path.parent).free < max(3 * self._bytes, PLENTY_BYTES):
            return
        self.tight = False
        with contextlib.suppress(OSError):
            self._fill()

    def make_if_none(self) -> None:
        """Before the database can be opened at all it needs a little room of its own."""
        if shutil.disk_usage(self._path.parent).free < LITTLE_BYTES:
            self.make()

    def make(self) -> bool:
        """Give something up; whether there was anything left to give."""
        self.tight = True
        names = self.photos(max(self._bytes, 1 << 20)) if self.photos else ()
        if names:
            self.given_up += names
            log.warning("disk full: %d old photos deleted", len(names))
            return True
        try:
            self._path.unlink()
        except OSError:
            return False
        log.warning("disk full: the reserve of %d MB is used; make room now", self._bytes >> 20)
        return True

    def _fill(self) -> None:
        if not self._bytes:
            return
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._bytes)
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
