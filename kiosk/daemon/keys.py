"""The device's secret keys: Ed25519 to sign, X25519 to receive sealed templates, AES for the vault.

A key is looked for in systemd's credentials folder first (`LoadCredentialEncrypted=` in the unit), then in
the state folder, where it is made when missing. Without a TPM a key file protects little against
somebody who takes the card: it lies on the same card.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.core.exchange import agreed
from kiosk.daemon.durable import private_folder, sync_folder, write_durably
from sync.sealing import open_sealed

KEY_BYTES = 32
CREDENTIAL_PREFIX = "hadir-"
DEVICE_KEY = "device.pub"
SIGN_KEY, NEXT_KEY = "sign.key", "sign.key.next"


class BadKeyError(ValueError):
    """A key file does not hold a key; it is never replaced by itself."""

    hint = "put the key file back from its copy, or move it away: a new key begins a new, linked ledger"


class DeviceKeys:
    """Who this device is: the public keys stand in the genesis of each of its ledgers."""

    def __init__(self, sign_seed: bytes, receive_seed: bytes, old_seeds: Iterable[bytes] = ()) -> None:
        self._old = {public_of(seed): Ed25519PrivateKey.from_private_bytes(seed) for seed in old_seeds}
        self._sign = Ed25519PrivateKey.from_private_bytes(sign_seed)
        self._receive_seed = receive_seed
        receive = X25519PrivateKey.from_private_bytes(receive_seed)
        self.sign_public = self._sign.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        self.receive_public = receive.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    @classmethod
    def load_or_create(cls, folder: Path) -> DeviceKeys:
        """The keys in `folder` (0700, files 0600) or systemd's credentials.

        A key made by `make_next` takes the place of the one before, which goes on signing for its ledgers.
        Raises `BadKeyError`, `OSError`.
        """
        _take_next(folder)
        old = (_checked(path.read_bytes(), path) for path in sorted(folder.glob(f"{SIGN_KEY}.old-*")))
        return cls(load_or_create(folder, SIGN_KEY), load_or_create(folder, "receive.key"), old)

    def sign(self, statement: bytes) -> str:
        """The Ed25519 signature over `statement`, in hex; see `kiosk.core.sign` for what is signed."""
        return self._sign.sign(statement).hex()

    def sign_as(self, public: str, statement: bytes) -> tuple[str, str]:
        """The key and signature for a ledger begun with the key `public`, if that is still here."""
        old = self._old.get(public)
        return (public, old.sign(statement).hex()) if old else (self.sign_public, self.sign(statement))

    def agreed(self, public: bytes) -> bytes:
        """The secret this device shares with the holder of an X25519 key. Raises `SealError`."""
        return agreed(self._receive_seed, public)

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed to this device's receive key for `context`. Raises `SealError`."""
        return open_sealed(self._receive_seed, sealed, context)


def public_of(sign_seed: bytes) -> str:
    """The public half of an Ed25519 key, in hex."""
    return Ed25519PrivateKey.from_private_bytes(sign_seed).public_key().public_bytes_raw().hex()


def make_next(folder: Path) -> str:
    """Make the signing key that counts from the next start on; its public half in hex.

    Raises `BadKeyError` where the key is a credential of systemd: it can be replaced only there. `OSError`.
    """
    if credential(SIGN_KEY) is not None:
        raise BadKeyError("the signing key is a credential of systemd; make a new one with systemd-creds")
    seed = secrets.token_bytes(KEY_BYTES)
    write_durably(private_folder(folder) / NEXT_KEY, seed)
    return public_of(seed)


def _take_next(folder: Path) -> None:
    """In an order that a power cut at any point leaves to be finished by the next start."""
    path, waiting = folder / SIGN_KEY, folder / NEXT_KEY
    if not waiting.exists():
        return
    if path.exists():
        old = _checked(path.read_bytes(), path)
        if old != waiting.read_bytes():
            write_durably(path.with_name(f"{SIGN_KEY}.old-{public_of(old)[:16]}"), old)
        write_durably(path, _checked(waiting.read_bytes(), waiting))
        waiting.unlink()
        sync_folder(folder)


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
