"""Sealed boxes: bytes that only the holder of one key can open, bound to what they are for.

An X25519 exchange with a key made for this one box, HKDF-SHA-256, AES-256-GCM. A device's receive key is an
X25519 key of its own; the centre is sealed to by the Montgomery form of the one key it has
(`kiosk.core.exchange`), so that a kiosk that never was online can seal to the only key it was given.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.core.exchange import KEY_BYTES, SealError, receive_private, receive_public

__all__ = ["OVERHEAD_BYTES", "SealError", "open_sealed", "receive_private", "receive_public", "seal"]

OVERHEAD_BYTES = KEY_BYTES + 16
_NONCE = bytes(12)  # each box has a key of its own


def seal(public: bytes, plain: bytes, context: bytes) -> bytes:
    """`plain` for the holder of the X25519 key `public` and for `context` only. Raises `SealError`."""
    try:
        once = X25519PrivateKey.generate()
        shared = once.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise SealError(f"no key to seal to: {error}") from error
    head = once.public_key().public_bytes_raw()
    return head + AESGCM(_key(shared, head, public)).encrypt(_NONCE, plain, context)


def open_sealed(private: bytes, sealed: bytes, context: bytes) -> bytes:
    """What `seal` was given; `private` is the X25519 key's 32 secret bytes. Raises `SealError`."""
    try:
        own = X25519PrivateKey.from_private_bytes(private)
        head, body = sealed[:KEY_BYTES], sealed[KEY_BYTES:]
        shared = own.exchange(X25519PublicKey.from_public_bytes(head))
        return AESGCM(_key(shared, head, own.public_key().public_bytes_raw())).decrypt(_NONCE, body, context)
    except (ValueError, InvalidTag) as error:
        raise SealError("sealed for another key or purpose, or changed") from error


def _key(shared: bytes, head: bytes, public: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"hadir-sealed-v1" + head + public).derive(shared)
