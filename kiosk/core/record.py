"""The record: one thing that happened, as bytes that are hashed, chained and never encoded again.

A body is UTF-8 JSON with ASCII keys in sorted order and integers below 2^53 only (no floats:
scale them, `lat_e7`, `score_milli`). `hash = SHA-256(prev_hash || body)`; the first record of a
ledger hashes against 32 zero bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import msgspec

RECORD_VERSION = 1
MAX_BODY_BYTES = 16_384
MAX_CARRIED_BYTES = 65_536  # a `carried` record holds another record's body, escaped
MAX_INTEGER = 2**53 - 1
ZERO_HASH = bytes(32)

TimeSource = Literal["ntp", "rtc", "gps", "centre", "terminal", "courier", "operator", "none"]


class BadRecordError(ValueError):
    """A record cannot be stored: too large, a float, a key that is not ASCII."""


class TimeBlock(msgspec.Struct, frozen=True):
    """When something happened, and how well we know it.

    `wall_ms` is UTC in milliseconds since 1970; `uncertainty_ms` bounds its error, `None` meaning
    unknown; `boot_ms` counts milliseconds since the boot named by `boot_id`, suspended time included.
    """

    wall_ms: int
    source: TimeSource
    uncertainty_ms: int | None
    boot_id: str
    boot_ms: int

    @property
    def trusted(self) -> bool:
        """Whether lateness may be derived from it."""
        return self.source != "none"


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """The envelope of every record; `data` holds the payload of `type`."""

    ledger_id: str
    seq: int
    v: int
    type: str
    at: TimeBlock
    data: dict[str, Any]
    private_hash: str | None = None


class Private(NamedTuple):
    """A private part: deletable text beside a record, salted so that its hash gives nothing away."""

    salt: bytes
    text: str

    def hash(self) -> str:
        """The hex name a body knows it by."""
        return private_hash(self.salt, self.text.encode())


class Row(NamedTuple):
    """A record as stored: the bytes that were hashed, the chain's hash after them, the private part."""

    seq: int
    body: bytes
    hash: bytes
    private: Private | None = None


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Record)


def encode_body(record: Record) -> bytes:
    """The bytes to store and hash.

    Raises `BadRecordError` when the record breaks the format's limits.
    """
    _check(record.data)
    body = _encoder.encode(record)
    limit = MAX_CARRIED_BYTES if record.type == "carried" else MAX_BODY_BYTES
    if len(body) > limit:
        raise BadRecordError(f"record of {len(body)} bytes: at most {limit} fit")
    return body


def decode_body(body: bytes | str) -> Record:
    """The envelope in `body`; fields of newer versions are passed over. Raises `BadRecordError`."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRecordError(f"not a record: {error}") from error


def chain_hash(prev_hash: bytes, body: bytes) -> bytes:
    """SHA-256 over the previous record's hash (32 bytes) and this record's stored bytes."""
    digest = hashlib.sha256(prev_hash)
    digest.update(body)
    return digest.digest()


def chain_hashes(prev_hash: bytes, bodies: Iterable[bytes]) -> list[bytes]:
    """The `chain_hash` of each of `bodies`, one following the other."""
    sha256, last, hashes = hashlib.sha256, prev_hash, []
    for body in bodies:
        last = sha256(last + body).digest()
        hashes.append(last)
    return hashes


def private_hash(salt: bytes, text: bytes) -> str:
    """The hex name by which a body refers to its private part: SHA-256(salt || text)."""
    return hashlib.sha256(salt + text).hexdigest()


def _check(data: dict[str, Any]) -> None:
    if not _storable(data):
        raise BadRecordError(_fault(data, "data") or "data: cannot be stored")


def _storable(value: Any) -> bool:
    """Whether `_fault` would find nothing; this one is in the way of every commit."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-MAX_INTEGER <= value <= MAX_INTEGER)
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii() or not _storable(item):
                return False
        return True
    return (kind is list or kind is tuple) and all(map(_storable, value))


def _fault(value: Any, where: str) -> str:
    """What cannot be stored, and where; empty when all can."""
    if type(value) is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                return f"{where}: key {key!r} is not ASCII text"
            if fault := _fault(item, f"{where}.{key}"):
                return fault
    elif type(value) in (list, tuple):
        for index, item in enumerate(value):
            if fault := _fault(item, f"{where}[{index}]"):
                return fault
    elif not _storable(value):
        if type(value) is int:
            return f"{where}: {value} does not fit in 53 bits"
        return f"{where}: a {type(value).__name__} cannot be stored; scale it to an integer"
    return ""
