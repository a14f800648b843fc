"""People: who they are, what identifies them, what they agreed to, who looked."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from kiosk.core.payload.base import Payload

Role = Literal["operator", "technician", "head", "none"]


class Person(Payload, frozen=True):
    """A person was entered or changed; the private part holds `PersonPrivate`."""

    TYPE: ClassVar[str] = "person"
    person_id: str
    category: str
    active: bool
    source: str


class PersonPrivate(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Personal text of a `person` record: `number` is the NIP, NIPPPK, NIK or local id."""

    number: str
    name: str
    unit: str = ""


class Alias(Payload, frozen=True):
    """Two ids turned out to be one person: `person_id` is now known as `same_as`."""

    TYPE: ClassVar[str] = "alias"
    person_id: str
    same_as: str


class Enrolment(Payload, frozen=True):
    """A template was made and kept in the vault; `slot` is its place in the sensor `device`."""

    TYPE: ClassVar[str] = "enrolment"
    template_id: str
    person_id: str
    purpose: Literal["finger", "face"]
    part: str
    device: str
    format: str
    ciphertext_sha256: str
    slot: int | None = None


class TemplateRemoved(Payload, frozen=True):
    """A template was deleted from vault and sensors."""

    TYPE: ClassVar[str] = "template_removed"
    template_id: str
    person_id: str
    reason: str


class SlotAssigned(Payload, frozen=True):
    """A template in the vault was written to `slot` of the sensor `device`."""

    TYPE: ClassVar[str] = "slot"
    template_id: str
    device: str
    slot: int


class Erased(Payload, frozen=True):
    """Private parts that were deleted, by the seq they belonged to."""

    TYPE: ClassVar[str] = "erased"
    seqs: tuple[int, ...]
    ledger_id: str
    reason: str


class PinSet(Payload, frozen=True):
    """A PIN was given; its argon2 hash lies in the vault under `template_id`."""

    TYPE: ClassVar[str] = "pin"
    person_id: str
    template_id: str


class RoleSet(Payload, frozen=True):
    """What a person may do on this kiosk."""

    TYPE: ClassVar[str] = "role"
    person_id: str
    role: Role
    actor: str


class Consent(Payload, frozen=True):
    """A person agreed to `version` of the text (`text_sha256` of it), or withdrew."""

    TYPE: ClassVar[str] = "consent"
    person_id: str
    version: str
    text_sha256: str
    given: bool
    actor: str


class Access(Payload, frozen=True):
    """`actor` looked at what is held about a person (all of them when empty): `what` was asked for."""

    TYPE: ClassVar[str] = "access"
    actor: str
    what: str
    person_id: str = ""


class Certified(Payload, frozen=True):
    """The certificate of an erasure, as it was handed out."""

    TYPE: ClassVar[str] = "certificate"
    person_id: str
    statement: str
    sig: str
