"""A photo as it is kept and sent: AES-256-GCM, bound to the record it lies beside."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MAGIC = b"HEV1"
_NONCE_BYTES = 12


class BadPhotoError(ValueError):
    """The photo is damaged, of another record, or of another kiosk."""


def close_photo(key: bytes, photo: bytes, ledger_id: str, punch_seq: int, kind: str) -> bytes:
    """What is written to the file."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _MAGIC + nonce + AESGCM(key).encrypt(nonce, photo, _bound(ledger_id, punch_seq, kind))


def open_photo(key: bytes, content: bytes, ledger_id: str, punch_seq: int, kind: str) -> bytes:
    """The photo in clear. Raises `BadPhotoError`."""
    body = content.removeprefix(_MAGIC)
    try:
        return AESGCM(key).decrypt(
            body[:_NONCE_BYTES], body[_NONCE_BYTES:], _bound(ledger_id, punch_seq, kind)
        )
    except (InvalidTag, ValueError) as error:
        raise BadPhotoError(str(error) or "damaged, or of another record") from error


def _bound(ledger_id: str, punch_seq: int, kind: str) -> bytes:
    return f"evidence|{ledger_id}|{punch_seq}|{kind}".encode()
