"""What is signed, byte for byte, and how a signature is checked (Ed25519, RFC 8032).

Each kind of statement begins with its own line, so that a signature over one can never be
shown as another. Keys and signatures are hex in records and messages.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def head_statement(ledger_id: str, seq: int, hash_hex: str) -> bytes:
    """A device's word that `hash_hex` is its ledger's hash at `seq`; batches carry it."""
    return f"hadir-head-v1\n{ledger_id}\n{seq}\n{hash_hex}\n".encode("ascii")


def seal_statement(ledger_id: str, first: int, last: int, count: int, head_hex: str, day: str) -> bytes:
    """A device's word over the records `first`..`last` of one ledger."""
    return f"hadir-seal-v1\n{ledger_id}\n{first}\n{last}\n{count}\n{head_hex}\n{day}\n".encode("ascii")


def ack_statement(ledger_id: str, upto: int, hash_hex: str, time_ms: int, nonce: str) -> bytes:
    """The centre's word that everything up to `upto` is committed, and what time it was there."""
    return f"hadir-ack-v1\n{ledger_id}\n{upto}\n{hash_hex}\n{time_ms}\n{nonce}\n".encode("ascii")


def notice_statement(
    ledger_id: str, upto: int, hash_hex: str, time_ms: int, nonce: str, rest: tuple[str, str, int, str]
) -> bytes:
    """The centre's word other than a plain acknowledgement, so that it can never be shown as one.

    `rest` is its status, reason, and the last point both histories share (seq -1 where unknown).
    """
    status, reason, common_seq, common_hash = rest
    return (
        f"hadir-notice-v1\n{ledger_id}\n{upto}\n{hash_hex}\n{time_ms}\n{nonce}\n"
        f"{status}\n{reason}\n{common_seq}\n{common_hash}\n"
    ).encode("ascii")


def message_statement(kind: str, tenant: str, device: str, body: str) -> bytes:
    """What is signed of a message whose `body` is text: a device's state, a roster, a command."""
    return f"hadir-{kind}-v1\n{tenant}\n{device}\n{body}".encode()


def signature_holds(public_key_hex: str, statement: bytes, signature_hex: str) -> bool:
    """Whether `signature_hex` is that key's signature over `statement`; malformed input is `False`."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key_hex))
        key.verify(bytes.fromhex(signature_hex), statement)
    except (InvalidSignature, ValueError):
        return False
    return True
