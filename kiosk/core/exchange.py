"""The X25519 keys that follow from Ed25519 ones, so that who signs can be sealed to and agreed with.

The centre, and a technician, have one key each, for signing; by its Montgomery form (RFC 7748, 4.1) a kiosk
that never was online shares a secret with them.
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

KEY_BYTES = 32
_P = 2**255 - 19


class SealError(ValueError):
    """A key is none, or a sealed box was made for another key or purpose, or it was changed."""


def receive_public(ed25519_public: bytes) -> bytes:
    """The X25519 key of whoever signs with this Ed25519 key. Raises `SealError` for no point of the curve."""
    y = int.from_bytes(ed25519_public, "little") & (2**255 - 1)
    if len(ed25519_public) != KEY_BYTES or y >= _P or y == 1:
        raise SealError("no Ed25519 key")
    return ((1 + y) * pow(1 - y, -1, _P) % _P).to_bytes(KEY_BYTES, "little")


def receive_private(ed25519_seed: bytes) -> bytes:
    """The X25519 secret that belongs to `receive_public` of the same key (RFC 8032, 5.1.5)."""
    return hashlib.sha512(ed25519_seed).digest()[:KEY_BYTES]


def agreed(own_private: bytes, their_public: bytes) -> bytes:
    """The secret that the holders of two X25519 keys share. Raises `SealError`."""
    try:
        own, theirs = (
            X25519PrivateKey.from_private_bytes(own_private),
            X25519PublicKey.from_public_bytes(their_public),
        )
        return own.exchange(theirs)
    except ValueError as error:
        raise SealError(f"no key to agree with: {error}") from error
