"""One daemon for one state folder, kept by a lock that dies with the process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class AlreadyRunningError(RuntimeError):
    """Another kioskd owns this state folder."""


class SingleInstance:
    """Holds `DIR/kioskd.lock` for as long as the process lives."""

    def __init__(self, state_dir: Path) -> None:
        self._file = os.open(state_dir / "kioskd.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(self._file, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise AlreadyRunningError(
                f"kioskd (process {owner}) already runs on {state_dir}; "
                "stop it first, or use another state_dir"
            ) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
