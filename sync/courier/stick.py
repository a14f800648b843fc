"""Files on a stick that may be full, pulled out, read-only or made to harm whoever reads it.

Every step goes from one open folder to the next and follows no link; what is read is a regular file no larger
than its reader allows; what is written is whole or absent: written aside, fsynced, renamed, folder fsynced.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal

StickCode = Literal[
    "gone", "full", "read_only", "hostile", "too_large", "unreadable", "unprepared", "foreign", "unsigned",
    "unfinished", "unknown_export", "no_centre_key", "failed",
]  # fmt: skip
MOST_NAMES = 4_096
SLICE_BYTES = 1 << 18
ASIDE = ".new"
_SAFE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}(\.[a-z0-9]{1,4})?(\.new)?", re.ASCII)
_DOS_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))}
_CODES: dict[int, StickCode] = {
    errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EFBIG: "full", errno.EROFS: "read_only",
    errno.EACCES: "read_only", errno.EPERM: "read_only", errno.ELOOP: "hostile", errno.ENOTDIR: "hostile",
    errno.EISDIR: "hostile", errno.EIO: "gone", errno.ENODEV: "gone", errno.ENXIO: "gone",
    errno.ENOENT: "gone", errno.EUCLEAN: "unreadable", errno.ESTALE: "gone", errno.ENOTCONN: "gone",
}  # fmt: skip


class StickError(Exception):
    """The stick cannot be used so; nothing was harmed. `code` is a word of docs/courier.md."""

    def __init__(self, code: StickCode, words: str) -> None:
        super().__init__(words)
        self.code = code


class Calls:
    """The system calls that change a stick."""

    write = staticmethod(os.write)
    fsync = staticmethod(os.fsync)

    def create(self, folder: int, name: str) -> int:
        """A new file's descriptor; one that is there is emptied first, a link is never followed."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(name, flags, 0o600, dir_fd=folder)

    def rename(self, folder: int, old: str, new: str) -> None:
        """Within one folder, in one step."""
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)

    def mkdir(self, folder: int, name: str) -> None:
        """A new folder."""
        os.mkdir(name, 0o700, dir_fd=folder)

    def unlink(self, folder: int, name: str) -> None:
        """Delete a file."""
        os.unlink(name, dir_fd=folder)

    def rmdir(self, folder: int, name: str) -> None:
        """Delete an empty folder."""
        os.rmdir(name, dir_fd=folder)


CALLS = Calls()


class Folder:
    """One open folder of a stick. Its methods raise `StickError`."""

    def __init__(self, fd: int, calls: Calls = CALLS) -> None:
        self._fd, self._calls = fd, calls

    @classmethod
    def at(cls, path: Path, calls: Calls = CALLS) -> Folder:
        """The stick mounted at `path`."""
        with _translated(f"{path}"):
            return cls(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), calls)

    def __enter__(self) -> Folder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            os.close(self._fd)

    def sub(self, name: str, *, make: bool = False) -> Folder:
        """The folder `name` in this one, made if need be."""
        _checked(name)
        with _translated(name):
            if make and not self.has(name):
                self._calls.mkdir(self._fd, name)
                self._calls.fsync(self._fd)
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            return Folder(os.open(name, flags, dir_fd=self._fd), self._calls)

    def has(self, name: str) -> bool:
        """Whether there is anything called `name`."""
        with _translated(name):
            try:
                os.stat(name, dir_fd=self._fd, follow_symlinks=False)
            except FileNotFoundError:
                return False
            return True

    def names(self) -> list[str]:
        """What lies here by names of ours, in order; other names are passed over."""
        found: list[str] = []
        with _translated("a folder"), os.scandir(self._fd) as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_NAMES:
                    raise StickError("hostile", f"a folder with more than {MOST_NAMES} names")
                if is_safe(entry.name.lower()):
                    found.append(entry.name.lower())
        return sorted(found)

    @contextmanager
    def reading(self, name: str, most_bytes: int) -> Iterator[int]:
        """A descriptor of the regular file `name` of at most `most_bytes`."""
        _checked(name)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        with _translated(name):
            fd = os.open(name, flags, dir_fd=self._fd)
            try:
                found = os.fstat(fd)
                if not stat.S_ISREG(found.st_mode):
                    raise StickError("hostile", f"{name} is no plain file")
                if found.st_size > most_bytes:
                    raise StickError("too_large", f"{name}: {found.st_size} bytes, at most {most_bytes}")
                yield fd
            finally:
                os.close(fd)

    def read(self, name: str, most_bytes: int) -> bytes:
        """The file's content."""
        with self.reading(name, most_bytes) as fd:
            content = bytearray()
            while piece := os.read(fd, min(SLICE_BYTES, most_bytes + 1 - len(content))):
                content += piece
                if len(content) > most_bytes:
                    raise StickError("too_large", f"{name} grows while it is read")
            return bytes(content)

    def put(self, name: str, content: bytes) -> None:
        """Make `name` hold `content`, whatever it held before."""
        with self.writing(name) as file:
            file.write(content)

    @contextmanager
    def writing(self, name: str) -> Iterator[StickFile]:
        """A file that gets its name once the block has ended well and everything is on the stick.

        On vfat a rename makes a new entry of no size, which is filled in when the file is synced again.
        """
        _checked(name)
        aside = name + ASIDE
        with _translated(name):
            fd = self._calls.create(self._fd, aside)
            try:
                yield StickFile(fd, self._calls)
                self._calls.fsync(fd)
                self._calls.rename(self._fd, aside, name)
                self._calls.fsync(fd)
                self._calls.fsync(self._fd)
            except BaseException:
                with contextlib.suppress(OSError):
                    self._calls.unlink(self._fd, aside)
                raise
            finally:
                os.close(fd)

    def remove(self, name: str) -> None:
        """Delete a file, or one of our folders with the files in it; never what a link points to."""
        _checked(name)
        with _translated(name):
            found = os.stat(name, dir_fd=self._fd, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                with self.sub(name) as folder:
                    for each in folder.names():
                        folder.remove(each)
                self._calls.rmdir(self._fd, name)
            else:
                self._calls.unlink(self._fd, name)
            self._calls.fsync(self._fd)

    def free_bytes(self) -> int:
        """Room left on the stick."""
        with _translated("the stick"):
            found = os.fstatvfs(self._fd)
            return found.f_bavail * found.f_frsize


class StickFile:
    """A file that is being written: its size and SHA-256 so far."""

    def __init__(self, fd: int, calls: Calls) -> None:
        self._fd, self._calls = fd, calls
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def write(self, content: bytes) -> None:
        """Append `content`. Raises `OSError`."""
        self._digest.update(content)
        left = memoryview(content)
        while left:
            written = self._calls.write(self._fd, left[:SLICE_BYTES])
            left = left[written:]
            self.size_bytes += written

    @property
    def sha256(self) -> str:
        """In hex."""
        return self._digest.hexdigest()


def is_safe(name: str) -> bool:
    """Whether vfat, Windows and we all take `name` for the same file, inside its folder."""
    return _SAFE.fullmatch(name) is not None and name.partition(".")[0] not in _DOS_DEVICES


def safe_name(text: str) -> str:
    """A folder's name for a tenant or device: itself where that is safe, else shortened, with a hash."""
    if is_safe(text) and "." not in text:
        return text
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower(), flags=re.ASCII).strip("-")[:16] or "x"
    return f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _checked(name: str) -> None:
    if not is_safe(name):
        raise StickError("hostile", f"no name of ours: {name[:40]!r}")


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StickError(
            _CODES.get(error.errno or 0, "failed"), f"{what}: {error.strerror or error}"
        ) from error
