"""The device's secret keys: Ed25519 to sign, X25519 to receive sealed templates, AES for the vault.

A key is looked for in systemd's credentials folder first (`LoadCredentialEncrypted=` in the unit), then in
the state folder, where it is made when missing. Without a TPM a key file protects little against
somebody who takes the card: it lies on the same card.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.daemon.durable import private_folder, write_durably

KEY_BYTES = 32
CREDENTIAL_PREFIX = "hadir-"
DEVICE_KEY = "device.pub"


class BadKeyError(ValueError):
    """A key file does not hold a key; it is never replaced by itself."""

    hint = "put the key file back from its copy, or move it away: a new key begins a new, linked ledger"


class DeviceKeys:
    """Who this device is: the public keys stand in the genesis of each of its ledgers."""

    def __init__(self, sign_seed: bytes, receive_seed: bytes) -> None:
        self._sign = Ed25519PrivateKey.from_private_bytes(sign_seed)
        receive = X25519PrivateKey.from_private_bytes(receive_seed)
        self.sign_public = self._sign.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        self.receive_public = receive.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    @classmethod
    def load_or_create(cls, folder: Path) -> DeviceKeys:
        """The keys in `folder` (0700, files 0600) or systemd's credentials.

        Raises `BadKeyError`, `OSError`.
        """
        return cls(load_or_create(folder, "sign.key"), load_or_create(folder, "receive.key"))

    def sign(self, statement: bytes) -> str:
        """The Ed25519 signature over `statement`, in hex; see `kiosk.core.sign` for what is signed."""
        return self._sign.sign(statement).hex()


def publish(keys: DeviceKeys, state_dir: Path) -> None:
    """Leave the public key beside the ledger, for whoever verifies it there. Raises `OSError`."""
    path, content = state_dir / DEVICE_KEY, keys.sign_public.encode() + b"\n"
    if not path.exists() or path.read_bytes() != content:
        write_durably(path, content, 0o644)


def load_or_create(folder: Path, name: str) -> bytes:
    """The 32 secret bytes called `name`, made when there are none yet. Raises `BadKeyError`, `OSError`."""
    given = credential(name)
    if given is not None:
        return given
    path = private_folder(folder) / name
    if path.exists():
        return _checked(path.read_bytes(), path)
    seed = secrets.token_bytes(KEY_BYTES)
    write_durably(path, seed)
    return seed


def credential(name: str) -> bytes | None:
    """The key that systemd hands over as credential `hadir-NAME`, if it does."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / (CREDENTIAL_PREFIX + name) if folder else None
    return _checked(path.read_bytes(), path) if path and path.exists() else None


def _checked(content: bytes, path: Path) -> bytes:
    if len(content) != KEY_BYTES:
        raise BadKeyError(f"{path}: {len(content)} bytes, a key has {KEY_BYTES}")
    return content
