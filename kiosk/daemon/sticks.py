"""Noticing a stick, having it let go, and writing files to it for whoever asks (a recap).

The stick is mounted by `hadir-stick@.service`, which unmounts it when it finds `FOLDER.release`; in the demo
it is a plain folder. docs/courier.md
"""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from kiosk.core.zone import ZoneName, local
from sync.courier.format import RECEIPT_WORDS, ROOT, device_path
from sync.courier.stick import Folder, StickError
from sync.topics import DeviceName

log = logging.getLogger(__name__)
LOOK_S = 1.0
UNMOUNT_S = 60.0
RELEASE = ".release"
Key = tuple[int, int, int]


def is_there(folder: Path) -> bool:
    """Whether a stick is mounted at `folder`, or (a demo's plain folder) prepared."""
    return _key(folder) is not None


def put_files(stick: Path, name: DeviceName, files: Mapping[str, bytes]) -> list[str]:
    """Write `files` beside the device's exports; their paths on the stick. Raises `StickError`.

    Each is whole or absent. Names are those of `sync.courier.stick.is_safe`: `rekap-2026-11.xlsx`.
    """
    tenant, device = device_path(name)
    with (
        Folder.at(stick) as root,
        root.sub(ROOT, make=True) as ours,
        ours.sub(tenant, make=True) as above,
        above.sub(device, make=True) as home,
    ):
        for each, content in files.items():
            home.put(each, content)
    return [f"{ROOT}/{tenant}/{device}/{each}" for each in files]


def let_go(folder: Path) -> bool:
    """Ask for the stick to be unmounted; whether it is, and may be pulled out."""
    if not os.path.ismount(folder):
        return True
    folder.with_name(folder.name + RELEASE).touch()
    end = time.monotonic() + UNMOUNT_S
    while os.path.ismount(folder):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def local_day(wall_ms: int, zone: ZoneName) -> str:
    """The local date, ISO."""
    return local(wall_ms, zone).date().isoformat()


class StickWatch:
    """A thread that has each stick dealt with once: when it appears, and when a receipt is new on it."""

    def __init__(self, folder: Path, name: DeviceName, visit: Callable[[Path], object]) -> None:
        self._folder, self._name, self._visit = folder, name, visit
        self._seen: Key | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sticks", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """End the thread; whether that was done in time."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self._look()
            except StickError as error:
                log.warning("the stick: %s (%s)", error, error.code)
            except Exception:
                log.exception("a stick could not be dealt with")

    def _look(self) -> None:
        found = _key(self._folder, self._name)
        if found is not None and found != self._seen:
            self._seen = found
            self._visit(self._folder)
        elif found is None:
            self._seen = None


def _key(folder: Path, name: DeviceName | None = None) -> Key | None:
    """What tells one stick, or one receipt on it, from another; None without a stick."""
    try:
        here = folder.lstat()
        if not stat.S_ISDIR(here.st_mode) or not (os.path.ismount(folder) or (folder / ROOT).is_dir()):
            return None
        receipt = folder.joinpath(ROOT, *device_path(name), RECEIPT_WORDS) if name else None
        changed_ns = receipt.lstat().st_mtime_ns if receipt and receipt.exists() else 0
    except OSError:
        return None
    return here.st_dev, here.st_ino, changed_ns
