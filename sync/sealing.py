"""Sealed boxes: bytes that only the holder of one key can open, bound to what they are for.

An X25519 exchange with a key made for this one box, HKDF-SHA-256, AES-256-GCM. A device's receive key is an
X25519 key of its own; the centre has one key, Ed25519, and is sealed to by the Montgomery form of it
(RFC 7748, 4.1), so that a kiosk that never was online can seal to the only key it was given.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
OVERHEAD_BYTES = KEY_BYTES + 16
_P = 2**255 - 19
_NONCE = bytes(12)  # each box has a key of its own


class SealError(ValueError):
    """A sealed box was made for another key or another purpose, or it was changed."""


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


def receive_public(ed25519_public: bytes) -> bytes:
    """The X25519 key of whoever signs with this Ed25519 key. Raises `SealError` for no point of the curve."""
    y = int.from_bytes(ed25519_public, "little") & (2**255 - 1)
    if len(ed25519_public) != KEY_BYTES or y >= _P or y == 1:
        raise SealError("no Ed25519 key")
    return ((1 + y) * pow(1 - y, -1, _P) % _P).to_bytes(KEY_BYTES, "little")


def receive_private(ed25519_seed: bytes) -> bytes:
    """The X25519 secret that belongs to `receive_public` of the same key (RFC 8032, 5.1.5)."""
    return hashlib.sha512(ed25519_seed).digest()[:KEY_BYTES]


def _key(shared: bytes, head: bytes, public: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"hadir-sealed-v1" + head + public).derive(shared)
