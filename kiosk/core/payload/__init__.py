"""What each type of record holds in `data`: one struct a type.

Facts only; personal text (names, NIP, notes) is in the record's private part. The name a payload
is stored under is its struct's tag.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kiosk.core.payload.base import LedgerPoint, NotePrivate, Payload
from kiosk.core.payload.devices import (
    DeviceState,
    StickVisit,
    TerminalClock,
    TerminalRow,
    TerminalRowPrivate,
    TerminalUser,
    TerminalUserPrivate,
)
from kiosk.core.payload.life import (
    Carried,
    ClockChange,
    Correction,
    Genesis,
    GenesisReason,
    Seal,
    Start,
    Stop,
    StoreNote,
)
from kiosk.core.payload.office import (
    Absence,
    AbsenceDropped,
    AbsenceKind,
    Admin,
    CommandTaken,
    Decided,
    DirectionSet,
    PresenceCalled,
    PresenceClosed,
    PresenceSeen,
    RosterApplied,
    Validation,
)
from kiosk.core.payload.people import (
    Access,
    Alias,
    Certified,
    Consent,
    Enrolment,
    Erased,
    Person,
    PersonPrivate,
    PinSet,
    Role,
    RoleSet,
    SlotAssigned,
    TemplateRemoved,
)
from kiosk.core.payload.punches import (
    Evidence,
    EvidenceRemoved,
    FaceProof,
    Flag,
    Method,
    Place,
    Punch,
    Refusal,
    Repeat,
    Shown,
    SpecialCategory,
    Versions,
)

__all__ = [
    "TYPES",
    "Absence",
    "AbsenceDropped",
    "AbsenceKind",
    "Access",
    "Admin",
    "Alias",
    "Carried",
    "Certified",
    "ClockChange",
    "CommandTaken",
    "Consent",
    "Correction",
    "Decided",
    "DeviceState",
    "DirectionSet",
    "Enrolment",
    "Erased",
    "Evidence",
    "EvidenceRemoved",
    "FaceProof",
    "Flag",
    "Genesis",
    "GenesisReason",
    "LedgerPoint",
    "Method",
    "NotePrivate",
    "Payload",
    "Person",
    "PersonPrivate",
    "PinSet",
    "Place",
    "PresenceCalled",
    "PresenceClosed",
    "PresenceSeen",
    "Punch",
    "Refusal",
    "Repeat",
    "Role",
    "RoleSet",
    "RosterApplied",
    "Seal",
    "Shown",
    "SlotAssigned",
    "SpecialCategory",
    "Start",
    "StickVisit",
    "Stop",
    "StoreNote",
    "TemplateRemoved",
    "TerminalClock",
    "TerminalRow",
    "TerminalRowPrivate",
    "TerminalUser",
    "TerminalUserPrivate",
    "Validation",
    "Versions",
    "from_data",
    "to_data",
]

TYPES: dict[str, type[Payload]] = {
    cls.TYPE: cls
    for cls in (
        Genesis, Seal, Start, Stop, Person, Alias, Enrolment, TemplateRemoved, SlotAssigned, Punch, Repeat,
        Refusal, DeviceState, ClockChange, Correction, Evidence, Erased, Admin, Carried,
        EvidenceRemoved, StoreNote, Validation, DirectionSet, Absence, AbsenceDropped, PinSet, RoleSet,
        PresenceCalled, PresenceSeen, PresenceClosed, Consent, Access, Certified, TerminalRow, TerminalUser,
        TerminalClock, StickVisit, Flag, RosterApplied, CommandTaken, Decided,
    )
}  # fmt: skip


def to_data(payload: Payload) -> dict[str, Any]:
    """The plain mapping that goes into a record's `data`."""
    data: dict[str, Any] = msgspec.to_builtins(payload)
    return data


def from_data(type_: str, data: dict[str, Any]) -> Payload | None:
    """The payload of a record, or `None` for a type this version does not know.

    Raises `msgspec.ValidationError` when a known type does not hold what it must.
    """
    known = TYPES.get(type_)
    return msgspec.convert(data, known) if known else None
