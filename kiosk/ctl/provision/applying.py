"""Putting the rendered files in their places: whole, in order, and only where something differs."""

from __future__ import annotations

import difflib
import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from kiosk.ctl.atomic import Owned, write_atomically
from kiosk.ctl.provision.rendering import Rendered

USER = "hadir"
ADMINS = "hadir-admin"


class Change(msgspec.Struct, frozen=True):
    """What becomes of one file; `diff` is of TOML files only."""

    path: str
    state: Literal["new", "changed", "same"]
    diff: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where files go: the machine itself, or the root of one that is being made."""

    root: Path = Path("/")

    @property
    def here(self) -> bool:
        """Whether this is the running machine."""
        return self.root == Path("/")

    def of(self, path: Path) -> Path:
        """Where `path` is written to."""
        return self.root / path.relative_to("/")

    def owned(self, file: Rendered) -> Owned:
        """Whose a file is: secrets kioskd's alone, the rest root's and kioskd may read it."""
        uid, gid = self._ids()
        return Owned(0o600, uid, gid) if file.secret else Owned(0o640, 0 if uid >= 0 else -1, gid)

    def secret_folder(self, path: Path) -> Path:
        """A folder for kioskd alone, made when it is not there."""
        folder = self.of(path)
        uid, gid = self._ids()
        if not folder.parent.exists():
            folder.parent.mkdir(parents=True, mode=0o750)
            os.chown(folder.parent, uid, gid)
        if not folder.exists():
            folder.mkdir(mode=0o700)
            os.chown(folder, uid, gid)
        return folder

    def _ids(self) -> tuple[int, int]:
        """The daemon's user on this machine; -1 (whoever runs this) where there is none yet."""
        if os.geteuid() != 0:
            return -1, -1
        try:
            found = pwd.getpwnam(USER)
        except KeyError:
            return -1, -1
        return found.pw_uid, found.pw_gid


def changes_of(files: Sequence[Rendered], place: Place) -> list[Change]:
    """What would become of each file. Raises `OSError`."""
    return [_change(file, place.of(file.path)) for file in files]


def apply(files: Sequence[Rendered], changes: Sequence[Change], place: Place) -> None:
    """Write what differs. Raises `OSError`; then the files before the one it names are in place."""
    for file, change in zip(files, changes, strict=True):
        if change.state == "same":
            continue
        path = place.of(file.path)
        if file.secret:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, file.content, place.owned(file))


def admit(admins: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Put users into the group of those who need no sudo; each with `added`, `there` or why not."""
    try:
        members = set(grp.getgrnam(ADMINS).gr_mem)
    except KeyError:
        yield from ((user, f"there is no group {ADMINS} yet: install first") for user in admins)
        return
    for user in admins:
        if user in members:
            yield user, "there"
            continue
        try:
            pwd.getpwnam(user)
        except KeyError:
            yield user, f"there is no such user: adduser {user}, then provision again"
            continue
        program = shutil.which("usermod", path="/usr/sbin:/sbin:/usr/bin") or "usermod"
        done = subprocess.run((program, "-aG", ADMINS, user), capture_output=True, text=True, check=False)
        yield user, "added" if done.returncode == 0 else done.stderr.strip()


def _change(file: Rendered, path: Path) -> Change:
    try:
        before = path.read_bytes()
    except FileNotFoundError:
        return Change(str(file.path), "new", _diff(b"", file))
    if before == file.content:
        return Change(str(file.path), "same")
    return Change(str(file.path), "changed", _diff(before, file))


def _diff(before: bytes, file: Rendered) -> str:
    if file.secret or file.path.suffix != ".toml":
        return ""
    old, new = (raw.decode(errors="replace").splitlines(keepends=True) for raw in (before, file.content))
    return "".join(difflib.unified_diff(old, new, f"{file.path} (now)", f"{file.path} (new)"))
