"""The evidence store: photos beside punches, each an encrypted file named by the SHA-256 of what is in it.

The file is on the disk before its record is written; a file without a record is what a power cut left
and is deleted at the next start. The key is derived from the vault's.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.daemon.durable import private_folder, sync_folder, write_durably
from kiosk.daemon.keys import load_or_create
from kiosk.daemon.store import Store
from kiosk.daemon.vault import KEY
from sync.photo import BadPhotoError, close_photo, open_photo

log = logging.getLogger(__name__)


class EvidenceError(Exception):
    """A photo cannot be read: its file is gone, damaged, or of another punch."""

    hint = "the record stays; a photo deleted after its retention time has an `evidence_removed` record"


@dataclass(frozen=True, slots=True)
class Photo:
    """A stored photo, as its `evidence` record names it."""

    ciphertext_sha256: str
    size_bytes: int


class EvidenceStore:
    """Photos under `folder`; usable from any thread, each photo by one at a time."""

    def __init__(self, folder: Path, vault_key: bytes) -> None:
        self._folder = private_folder(folder)
        self._key = HKDF(SHA256(), 32, salt=None, info=b"hadir-evidence-v1").derive(vault_key)

    @classmethod
    def open(cls, state_dir: Path) -> EvidenceStore:
        """The photos of a kiosk."""
        return cls(state_dir / "evidence", load_or_create(state_dir / "keys", KEY))

    def put(self, photo: bytes, ledger_id: str, punch_seq: int, kind: str) -> Photo:
        """Keep `photo`; it is on the disk when this returns. Raises `OSError`."""
        content = close_photo(self._key, photo, ledger_id, punch_seq, kind)
        name = hashlib.sha256(content).hexdigest()
        path = self._path(name)
        private_folder(path.parent)
        write_durably(path, content)
        return Photo(name, len(content))

    def get(self, ciphertext_sha256: str, ledger_id: str, punch_seq: int, kind: str) -> bytes:
        """The photo in clear. Raises `EvidenceError`."""
        try:
            content = self._path(ciphertext_sha256).read_bytes()
            return open_photo(self._key, content, ledger_id, punch_seq, kind)
        except (OSError, BadPhotoError) as error:
            raise EvidenceError(f"photo {ciphertext_sha256[:12]}: {error}") from error

    def content(self, ciphertext_sha256: str) -> bytes:
        """The file as it lies there, for the centre. Raises `OSError`, `EvidenceError`."""
        return self._path(ciphertext_sha256).read_bytes()

    def size(self, ciphertext_sha256: str) -> int:
        """How many bytes the file has; 0 when it is gone."""
        path = self._path(ciphertext_sha256)
        return path.stat().st_size if path.exists() else 0

    def key_for(self, seal: Callable[[bytes], bytes]) -> str:
        """The key that opens these photos and nothing else, as `seal` made it, in hex."""
        return seal(self._key).hex()

    def remove(self, names: Iterable[str]) -> tuple[str, ...]:
        """Delete photos; the names of those that are gone now, for the `evidence_removed` record."""
        gone = []
        for name in names:
            with contextlib.suppress(OSError):
                self._path(name).unlink(missing_ok=True)
                gone.append(name)
        self._sync()
        return tuple(gone)

    def give_up(self, wanted_bytes: int) -> tuple[str, ...]:
        """Delete the oldest photos until about `wanted_bytes` are free; their names (see `store.room`)."""
        names, freed = list[str](), 0
        for _, size_bytes, name in sorted(self._sizes()):
            if freed >= wanted_bytes:
                break
            freed += size_bytes
            names.append(name)
        return self.remove(names)

    def sweep(self, recorded: Collection[str]) -> int:
        """Delete files that no record names, as a power cut leaves them; how many."""
        strays = [path for path in self._files() if path.name not in recorded]
        for path in [*strays, *self._folder.glob("*/.*.new")]:
            path.unlink(missing_ok=True)
        return len(strays)

    def _files(self) -> Iterator[Path]:
        return (path for path in self._folder.glob("??/*") if not path.name.startswith("."))

    def _sizes(self) -> Iterator[tuple[int, int, str]]:
        """When each was written, its size and name; one deleted meanwhile is passed over."""
        for path in self._files():
            with contextlib.suppress(FileNotFoundError):
                found = path.stat()
                yield found.st_mtime_ns, found.st_size, path.name

    def _sync(self) -> None:
        for folder in self._folder.iterdir():
            with contextlib.suppress(OSError):
                sync_folder(folder)

    def _path(self, name: str) -> Path:
        if len(name) != 64 or not name.isalnum():
            raise EvidenceError(f"no photo's name: {name[:40]!r}")
        return self._folder / name[:2] / name


def put_in_order(evidence: EvidenceStore, store: Store) -> None:
    """At a start, on the engine's thread: strays are deleted, and the store may give up photos for room."""
    store.room.photos = evidence.give_up
    if store.opened == "same":
        kept = {photo.ciphertext_sha256 for photo in store.evidence()}
        if strays := evidence.sweep(kept):
            log.info("%d photos without a record were deleted: left by a power cut", strays)
