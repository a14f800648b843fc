"""The vault: templates at rest, each in its own file, AES-256-GCM, bound to whose they are and what for.

The key is a systemd credential (`hadir-vault.key`) or a 0600 file. Without a TPM behind the credential the
key lies on the same card as the vault: this protects a copied backup or a stray file, not a stolen card.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kiosk.daemon.durable import private_folder, sync_folder, write_durably
from kiosk.daemon.keys import load_or_create

KEY = "vault.key"
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

    def data(self) -> bytes:
        """The associated data of the cipher. Raises `ValueError` for a field with the separator in it."""
        fields = (self.person_id, self.purpose, self.template_id, self.format)
        if any("|" in field for field in fields):
            raise ValueError(f"'|' in {fields}")
        return "|".join(fields).encode()


class Vault:
    """Templates under `folder`. One writer at a time; reading is safe from any thread."""

    def __init__(self, folder: Path, key: bytes, old_keys: tuple[bytes, ...] = ()) -> None:
        self._folder = private_folder(folder)
        self._key_id = key_id(key)
        self._ciphers = {key_id(k): AESGCM(k) for k in (*old_keys, key)}

    @classmethod
    def open(cls, state_dir: Path) -> Vault:
        """The vault of a kiosk; keys retired by `rotate_key` still open what they sealed."""
        keys = state_dir / "keys"
        key = load_or_create(keys, KEY)
        return cls(
            state_dir / "vault", key, tuple(path.read_bytes() for path in sorted(keys.glob(KEY + ".old-*")))
        )

    def put(self, person_id: str, purpose: str, part: str, format_: str, template: bytes) -> Sealed:
        """Keep `template` under a new name; it is on the disk when this returns. Raises `OSError`."""
        bound = Bound(person_id, purpose, secrets.token_hex(12), format_)
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
        try:
            return cipher.decrypt(
                content[_HEAD_BYTES - NONCE_BYTES : _HEAD_BYTES], content[_HEAD_BYTES:], bound.data()
            )
        except InvalidTag as error:
            raise VaultError(f"template {bound.template_id}: damaged, or not {bound.person_id}'s") from error

    def reseal(self, bound: Bound) -> Sealed | None:
        """Seal a template with the newest key; None when it already is. Raises `VaultError`, `OSError`.

        The caller records the new SHA-256; until then the old record and the new file differ, and both open.
        """
        template = self.get(bound)
        if (
            self._path(bound.template_id).read_bytes()[len(_MAGIC) : len(_MAGIC) + KEY_ID_BYTES]
            == self._key_id
        ):
            return None
        return Sealed(bound.template_id, self._write(bound, template))

    def remove(self, template_id: str) -> bool:
        """Delete a template; whether it was there. Raises `OSError`."""
        path = self._path(template_id)
        if not path.exists():
            return False
        path.unlink()
        sync_folder(self._folder)
        return True

    def names(self) -> set[str]:
        """The ids of all templates that have a file."""
        return {path.name for path in self._folder.iterdir() if not path.name.startswith(".")}

    def _write(self, bound: Bound, template: bytes) -> str:
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._key_id].encrypt(nonce, template, bound.data())
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


def rotate_key(state_dir: Path) -> Vault:
    """Make a new key for what is sealed from now on; the old one stays until `forget_old_keys`."""
    path = state_dir / "keys" / KEY
    old = load_or_create(path.parent, KEY)
    write_durably(path.with_name(f"{KEY}.old-{key_id(old).hex()}"), old)
    write_durably(path, secrets.token_bytes(len(old)))
    return Vault.open(state_dir)


def forget_old_keys(state_dir: Path) -> int:
    """Delete retired keys, once everything was resealed; how many. Raises `OSError`."""
    old = sorted((state_dir / "keys").glob(KEY + ".old-*"))
    for path in old:
        path.unlink()
    with contextlib.suppress(FileNotFoundError):
        sync_folder(state_dir / "keys")
    return len(old)
