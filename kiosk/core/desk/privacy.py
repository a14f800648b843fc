"""Consent, what is held about a person, and its erasure."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk.core.command import Command
from kiosk.core.desk.base import Number, Wait


class GetConsent(Command, frozen=True, tag="consent_text"):
    """The text that must be read and agreed to before an enrolment; answered by `ConsentText`."""

    language: Literal["id", "en"] = "id"


class PutConsent(Command, frozen=True, tag="put_consent"):
    """A person read `version` of the text and agreed, or (`given` false) withdraws. Answered by `Done`."""

    number: Number
    version: str
    given: bool


class GetOwnData(Command, frozen=True, tag="own_data"):
    """Everything held about a person, for themselves; on record as looked at. Answered by `OwnData`."""

    number: Number


class CarryOwnData(Command, frozen=True, tag="carry_own_data"):
    """Write everything held about a person to a stick in the same way; answered by `Carried`."""

    number: Number
    wait_s: Wait = 90.0


class Erase(Command, frozen=True, tag="erase"):
    """Erase a person's biometrics, photos and private text; answered by `Certificate`."""

    number: Number
    reason: Annotated[str, msgspec.Meta(min_length=3, max_length=200)]


class ConsentText(msgspec.Struct, frozen=True):
    """What is shown before an enrolment."""

    version: str
    language: str
    text: str


class OwnData(msgspec.Struct, frozen=True, kw_only=True):
    """`records` are the stored bodies with their private text; `readable` the same for a person."""

    number: str
    name: str
    readable: str
    records: tuple[dict[str, object], ...]


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """Proof of an erasure: `statement` is what `signature` (hex, Ed25519, `key`) signs."""

    statement: str
    signature: str
    key: str
    seq: int
    templates: int
    photos: int
    private_parts: int
    pending: tuple[str, ...] = ()
