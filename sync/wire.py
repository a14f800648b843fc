"""The messages between a kiosk and the centre, as they stand on the wire (docs/protocol.md).

JSON. Records travel as strings holding the stored bytes, so nobody encodes them again. Unknown
fields are passed over; a message with another `v` is refused.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

import msgspec

from kiosk.core.record import MAX_INTEGER
from kiosk.core.sign import ack_statement, notice_statement

PROTOCOL = 1
MAX_MESSAGE_BYTES = 2 * 1024 * 1024
MAX_ACK_BYTES = 4_096
MAX_BATCH_RECORDS = 1_000
MAX_PRIVATE_BYTES = 16_384

Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]+$", min_length=64, max_length=64)]
Signature = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]+$", min_length=128, max_length=128)]
Name = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._-]+$", min_length=1, max_length=64)]
Word = Annotated[str, msgspec.Meta(pattern="^[a-z0-9_]*$", max_length=64)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
AckStatus = Literal["ok", "waiting_approval", "refused", "quarantined", "ahead"]
Presence = Literal["online", "offline"]

M = TypeVar("M", bound=msgspec.Struct)


class WireError(ValueError):
    """A message is not what the protocol says; `reason` is a word for counters and notices."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class Point(msgspec.Struct, frozen=True):
    """A place in a ledger: `hash` is the chain's hash at `seq`."""

    seq: Seq
    hash: Hash


class Head(msgspec.Struct, frozen=True):
    """The device's signature over the last record of a batch (`sign.head_statement`)."""

    seq: Seq
    hash: Hash
    key: Hash
    sig: Signature


class Batch(msgspec.Struct, frozen=True, omit_defaults=True):
    """Consecutive records of one ledger, or none: then it asks where the centre stands.

    `prev_hash` is the hash at `from_seq - 1`; `last` the last seq the device has to deliver.
    """

    v: int
    ledger_id: Name
    from_seq: Annotated[int, msgspec.Meta(ge=1, le=MAX_INTEGER)]
    prev_hash: Hash
    records: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_BATCH_RECORDS)]
    last: Seq
    head: Head
    nonce: Name
    private: dict[int, tuple[str, str]] = {}


class Ack(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The centre's answer to one batch; `upto` and `hash` are what it has committed.

    `common` is the last point both histories share, where the centre holds another one.
    """

    v: int
    ledger_id: Name
    upto: Seq
    hash: Hash
    time_ms: Seq
    nonce: Name
    status: AckStatus
    sig: Signature
    reason: Word = ""
    common: Point | None = None

    def statement(self) -> bytes:
        """What `sig` signs."""
        if self.status == "ok":
            return ack_statement(self.ledger_id, self.upto, self.hash, self.time_ms, self.nonce)
        common = (self.common.seq, self.common.hash) if self.common else (-1, "")
        return notice_statement(
            self.ledger_id, self.upto, self.hash, self.time_ms, self.nonce,
            (self.status, self.reason, *common),
        )  # fmt: skip


class Signed(msgspec.Struct, frozen=True):
    """A message whose `body` is JSON text, signed as it stands (`sign.message_statement`)."""

    v: int
    body: str
    key: Hash
    sig: Signature


class LedgerAt(msgspec.Struct, frozen=True):
    """How far one of the device's ledgers goes."""

    ledger_id: Name
    seq: Seq
    hash: Hash


class State(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The body of the retained `up/state`: who the device is and whether it is there."""

    status: Presence
    receive_key: Hash
    software: str
    site: str
    boot_id: str
    simulated: bool = False
    roster: Seq = 0
    ledgers: tuple[LedgerAt, ...] = ()


def encode(message: msgspec.Struct) -> bytes:
    """The message's bytes."""
    return msgspec.json.encode(message)


def decode(payload: bytes | str, type_: type[M], limit_bytes: int = MAX_MESSAGE_BYTES) -> M:
    """The message in `payload`. Raises `WireError` with reason too_large, malformed or version."""
    if len(payload) > limit_bytes:
        raise WireError("too_large", f"{len(payload)} bytes, at most {limit_bytes}")
    try:
        message = msgspec.json.decode(payload, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError("malformed", str(error)) from error
    version = getattr(message, "v", PROTOCOL)
    if version != PROTOCOL:
        raise WireError("version", f"protocol {version}, this is {PROTOCOL}")
    return message
