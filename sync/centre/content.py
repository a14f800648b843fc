"""What a record means for the reports: its payload, where it has consequences and fits a database's types.

Of a punch only what the reports hold is read: making objects of the rest cost as much again.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from kiosk.core import payload as p
from kiosk.core.record import MAX_INTEGER
from sync.centre.envelope import Envelope, envelope_of

LAST_MS = 4_102_444_800_000  # 2100-01-01
Seconds = Annotated[int, msgspec.Meta(gt=-LAST_MS, lt=LAST_MS)]


class Place(msgspec.Struct, frozen=True, gc=False):
    """Of `kiosk.core.payload.Place`."""

    site: str


class Shown(msgspec.Struct, frozen=True, gc=False):
    """Of `kiosk.core.payload.Shown`."""

    code: str
    direction: Literal["in", "out", "none"]
    session: str = ""
    late_s: Seconds = 0
    early_s: Seconds = 0


class PunchSeen(msgspec.Struct, frozen=True, gc=False):
    """Of `kiosk.core.payload.Punch`."""

    TYPE: ClassVar[str] = p.Punch.TYPE
    person_id: str
    method: p.Method
    grade: str
    shown: Shown
    place: Place
    simulated: bool = False
    claimed_ms: Annotated[int, msgspec.Meta(ge=0, lt=LAST_MS)] | None = None
    queued: bool = False


class Content(msgspec.Struct, frozen=True, gc=False):
    """A payload and the envelope it lay in; with a `carrier` both are of what that carries."""

    envelope: Envelope
    payload: Any
    carrier: p.Carried | None = None


KINDS: tuple[type[PunchSeen | p.Payload], ...] = (
    PunchSeen, p.Carried, p.Correction, p.Validation, p.DirectionSet, p.Person, p.Alias, p.Absence,
    p.AbsenceDropped, p.Erased, p.Evidence, p.EvidenceRemoved, p.CommandTaken, p.Decided,
)  # fmt: skip
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {kind.TYPE: msgspec.json.Decoder(kind) for kind in KINDS}


def content_of(envelope: Envelope | None) -> Content | None:
    """What is in the record, `None` where it has no consequences here or cannot be stored."""
    payload, carrier = _payload(envelope), None
    if isinstance(payload, p.Carried):
        carrier = payload
        if abs(carrier.seq) > MAX_INTEGER:
            return None
        envelope = envelope_of(payload.body.encode())
        payload = _payload(envelope)
    if envelope is None or payload is None or isinstance(payload, p.Carried) or not _sane(envelope, payload):
        return None
    return Content(envelope, payload, carrier)


def _payload(envelope: Envelope | None) -> Any:
    decoder = _DECODERS.get(envelope.type) if envelope else None
    if envelope is None or decoder is None:
        return None
    try:
        return decoder.decode(envelope.data)
    except msgspec.DecodeError:
        return None


def _sane(envelope: Envelope, payload: Any) -> bool:
    """Whether a database's types can hold it: one hostile kiosk must not stop everybody's report."""
    if isinstance(payload, PunchSeen):
        return payload.claimed_ms is not None or 0 <= envelope.at.wall_ms < LAST_MS
    if isinstance(payload, p.Correction):
        furthest = max(abs(payload.from_seq), abs(payload.upto_seq))
        return abs(payload.offset_ms) < LAST_MS and furthest <= MAX_INTEGER
    if isinstance(payload, p.Validation | p.DirectionSet | p.Decided | p.Evidence):
        return abs(payload.punch_seq) <= MAX_INTEGER
    if isinstance(payload, p.Absence):
        return _is_day(payload.first) and _is_day(payload.last)
    return True


def _is_day(text: str) -> bool:
    try:
        return len(text) == len("2026-01-31") and date.fromisoformat(text) is not None
    except ValueError:
        return False
