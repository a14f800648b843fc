"""The centre's signing key: 32 bytes in hex, in a file only its owner can read."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.sealing import receive_private


class KeyFileError(Exception):
    """The key file cannot be used."""


class CentreKey:
    """Signs acknowledgements; `public_hex` is what a kiosk's `sync.centre_key` says."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_hex = private.public_key().public_bytes_raw().hex()

    @property
    def receive_secret(self) -> bytes:
        """The X25519 secret that opens what was sealed to the centre (`sync.sealing`)."""
        return receive_private(self._private.private_bytes_raw())

    def sign(self, statement: bytes) -> str:
        """The signature in hex."""
        return self._private.sign(statement).hex()


def load_key(path: Path) -> CentreKey:
    """The key at `path`. Raises `KeyFileError`."""
    try:
        raw = bytes.fromhex(path.read_text(encoding="ascii"))
        return CentreKey(Ed25519PrivateKey.from_private_bytes(raw))
    except (OSError, ValueError) as error:
        raise KeyFileError(f"{path}: {error}") from error


def make_key(path: Path) -> CentreKey:
    """A new key in a new file of mode 0600. Raises `KeyFileError` when the file is there already."""
    private = Ed25519PrivateKey.generate()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise KeyFileError(f"{path}: {error}") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(private.private_bytes_raw().hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return CentreKey(private)
