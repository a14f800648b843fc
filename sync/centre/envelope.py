"""A record's envelope as the centre reads it."""

from __future__ import annotations

import msgspec

from kiosk.core.record import TimeSource

NUL = b"\\u0000"  # no column of text holds it (PostgreSQL 8.3): such a record is kept as the bytes it is


class Moment(msgspec.Struct, frozen=True, gc=False):
    """What the centre looks at of a record's `kiosk.core.record.TimeBlock`."""

    wall_ms: int
    source: TimeSource
    boot_id: str


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """Of `kiosk.core.record.Record`; its payload is decoded only by who wants it."""

    ledger_id: str
    seq: int
    v: int
    type: str
    at: Moment
    data: msgspec.Raw
    private_hash: str | None = None


_decoder = msgspec.json.Decoder(Envelope)


def envelope_of(body: bytes) -> Envelope | None:
    """The envelope in `body`, `None` when this version cannot read it."""
    if b"\\" in body and NUL in body:  # hardly any body has a backslash, and one byte is found sooner
        return None
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
