"""The vault: templates at rest, each in its own file, AES-256-GCM, bound to whose they are and what for.

The key is a systemd credential (`hadir-vault.key`) or a 0600 file. Without a TPM behind the credential the
key lies on the same card as the vault: this protects a copied backup or a stray file, not a stolen card.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.daemon.durable import private_folder, sync_folder, write_durably
from kiosk.daemon.keys import KEY_BYTES, BadKeyError, credential, load_or_create
from kiosk.daemon.store import TemplateState

KEY = "vault.key"
OLD = ".old-"
NONCE_BYTES = 12
KEY_ID_BYTES = 4
_MAGIC = b"HVT1"
_HEAD_BYTES = len(_MAGIC) + KEY_ID_BYTES + NONCE_BYTES


class VaultError(Exception):
    """A template cannot be read: its file is gone, damaged, another person's, or sealed with another key."""

    hint = "enrol the person again; if many fail, put keys/vault.key back from its copy"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A template in the vault: its new name, and the SHA-256 of its file."""

    template_id: str
    ciphertext_sha256: str


@dataclass(frozen=True, slots=True)
class Bound:
    """What a template is bound to: it opens only for the same person, purpose and format."""

    person_id: str
    purpose: str
    template_id: str
    format: str
    formerly: tuple[str, ...] = ()
    """Other ids of this person: what was sealed for one of them before it was known opens, too."""

    @classmethod
    def of(cls, template: TemplateState) -> Bound:
        """What a template that the store knows is bound to."""
        return cls(
            template.person_id, template.purpose, template.template_id, template.format, template.formerly
        )

    def data(self, person_id: str) -> bytes:
        """The associated data of the cipher. Raises `ValueError` for a field with the separator in it."""
        fields = (person_id, self.purpose, self.template_id, self.format)
        if any("|" in field for field in fields):
            raise ValueError(f"'|' in {fields}")
        return "|".join(fields).encode()


class Vault:
    """Templates under `folder`, sealed with the key in `keys`; from any thread.

    Keys retired by `rotate` still open what they sealed.
    """

    def __init__(self, folder: Path, keys: Path) -> None:
        self._folder, self._keys = private_folder(folder), keys
        self._writing = threading.Lock()
        key = load_or_create(keys, KEY)
        self._key_id = key_id(key)
        old = (path.read_bytes() for path in sorted(keys.glob(KEY + OLD + "*")))
        self._ciphers = {key_id(k): AESGCM(k) for k in (*old, key)}

    @classmethod
    def open(cls, state_dir: Path) -> Vault:
        """The vault of a kiosk. Raises `BadKeyError`, `OSError`."""
        return cls(state_dir / "vault", state_dir / "keys")

    def rotate(self) -> None:
        """A new key for what is sealed from now on.

        Raises `BadKeyError` where it is a credential of systemd, which is replaced only there. `OSError`.
        """
        if credential(KEY) is not None:
            raise BadKeyError("the vault's key is a credential of systemd; make a new one with systemd-creds")
        path, new = self._keys / KEY, secrets.token_bytes(KEY_BYTES)
        with self._writing:
            write_durably(path.with_name(f"{KEY}{OLD}{self._key_id.hex()}"), path.read_bytes())
            write_durably(path, new)
            self._ciphers = {**self._ciphers, key_id(new): AESGCM(new)}
            self._key_id = key_id(new)

    def forget_old_keys(self) -> int:
        """Delete retired keys, once everything was sealed anew; how many. Raises `OSError`."""
        with self._writing:
            old = sorted(self._keys.glob(KEY + OLD + "*"))
            for path in old:
                path.unlink()
            sync_folder(self._keys)
            self._ciphers = {self._key_id: self._ciphers[self._key_id]}
        return len(old)

    def put(self, person_id: str, purpose: str, part: str, format_: str, template: bytes) -> Sealed:
        """Keep `template` under a new name; it is on the disk when this returns. Raises `OSError`."""
        bound = Bound(person_id, purpose, secrets.token_hex(12), format_)
        with self._writing:
            return Sealed(bound.template_id, self._write(bound, template))

    def get(self, bound: Bound) -> bytes:
        """The template in clear. Raises `VaultError`."""
        try:
            content = self._path(bound.template_id).read_bytes()
        except OSError as error:
            raise VaultError(f"template {bound.template_id}: {error}") from error
        cipher = self._ciphers.get(content[len(_MAGIC) : len(_MAGIC) + KEY_ID_BYTES])
        if not content.startswith(_MAGIC) or cipher is None:
            raise VaultError(f"template {bound.template_id}: sealed with a key that is not here")
        nonce, sealed = content[_HEAD_BYTES - NONCE_BYTES : _HEAD_BYTES], content[_HEAD_BYTES:]
        for person_id in (bound.person_id, *bound.formerly):
            with contextlib.suppress(InvalidTag):
                return cipher.decrypt(nonce, sealed, bound.data(person_id))
        raise VaultError(f"template {bound.template_id}: damaged, or not {bound.person_id}'s")

    def reseal(self, bound: Bound) -> Sealed | None:
        """Seal a template with the newest key; None when it already is. Raises `VaultError`, `OSError`.

        The SHA-256 in the ledger stays that of the first sealing.
        """
        with self._writing:
            template = self.get(bound)
            head = self._path(bound.template_id).read_bytes()[len(_MAGIC) : len(_MAGIC) + KEY_ID_BYTES]
            if head == self._key_id:
                return None
            return Sealed(bound.template_id, self._write(bound, template))

    def remove(self, template_id: str) -> bool:
        """Delete a template; whether it was there. Raises `OSError`."""
        path = self._path(template_id)
        with self._writing:
            if not path.exists():
                return False
            path.unlink()
            sync_folder(self._folder)
        return True

    def has(self, template_id: str) -> bool:
        """Whether there is a file of that name."""
        return self._path(template_id).exists()

    def names(self) -> set[str]:
        """The ids of all templates that have a file."""
        return {path.name for path in self._folder.iterdir() if not path.name.startswith(".")}

    def _write(self, bound: Bound, template: bytes) -> str:
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._key_id].encrypt(nonce, template, bound.data(bound.person_id))
        content = _MAGIC + self._key_id + nonce + sealed
        write_durably(self._path(bound.template_id), content)
        return hashlib.sha256(content).hexdigest()

    def _path(self, template_id: str) -> Path:
        if not template_id.isalnum():
            raise VaultError(f"no template id: {template_id[:40]!r}")
        return self._folder / template_id


def key_id(key: bytes) -> bytes:
    """The few bytes by which a sealed file names its key."""
    return hashlib.sha256(b"hadir-vault-key\n" + key).digest()[:KEY_ID_BYTES]
