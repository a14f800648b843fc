"""What the office adds to punches: leave, validations, presence checks, what the centre sends."""

from __future__ import annotations

from typing import ClassVar, Literal

from kiosk.core.payload.base import Payload

AbsenceKind = Literal["leave", "permission", "sick", "field_duty"]


class Admin(Payload, frozen=True):
    """Somebody with authority did something; `actor` is a person_id or `socket:admin`."""

    TYPE: ClassVar[str] = "admin"
    actor: str
    action: str
    subject: str = ""
    detail: str = ""


class Validation(Payload, frozen=True):
    """Somebody (`actor`, a person_id or `socket:admin`) accepted or rejected the queued punch `punch_seq`."""

    TYPE: ClassVar[str] = "validation"
    punch_seq: int
    person_id: str
    accept: bool
    actor: str


class DirectionSet(Payload, frozen=True):
    """The person said that their punch `punch_seq` was in or out."""

    TYPE: ClassVar[str] = "direction"
    punch_seq: int
    person_id: str
    direction: Literal["in", "out"]


class Absence(Payload, frozen=True):
    """Leave, permission, sickness or field duty on the local days `first` to `last` (ISO)."""

    TYPE: ClassVar[str] = "absence"
    absence_id: str
    person_id: str
    kind: AbsenceKind
    first: str
    last: str
    source: str
    half: Literal["", "morning", "afternoon"] = ""


class AbsenceDropped(Payload, frozen=True):
    """An absence was taken back."""

    TYPE: ClassVar[str] = "absence_dropped"
    absence_id: str
    person_id: str
    actor: str


class PresenceCalled(Payload, frozen=True):
    """Everybody (of `unit`) was asked to confirm; `seed` gives the scheduled moment again."""

    TYPE: ClassVar[str] = "presence_called"
    check_id: str
    by: Literal["schedule", "centre", "operator"]
    window_s: int
    unit: str = ""
    seed: str = ""


class PresenceSeen(Payload, frozen=True):
    """A person confirmed within the window."""

    TYPE: ClassVar[str] = "presence_seen"
    check_id: str
    person_id: str
    device: str


class PresenceClosed(Payload, frozen=True):
    """The window ended. `rest` are the ids of those who did not confirm and had no excuse, at most 400."""

    TYPE: ClassVar[str] = "presence_closed"
    check_id: str
    confirmed: int
    excused: int
    missing: int
    rest: tuple[str, ...] = ()


class RosterApplied(Payload, frozen=True):
    """Roster `version` of the centre is in force; `body_sha256` names what came, `refused` counts bad rows.

    `policy` and `calendar` are the versions in force from here on.
    """

    TYPE: ClassVar[str] = "roster"
    version: int
    site: str
    body_sha256: str
    added: int
    changed: int
    deactivated: int
    refused: int
    policy: str
    calendar: str
    templates_shared: bool = False


class CommandTaken(Payload, frozen=True):
    """A command of the centre: `taken` before it is carried out, then what became of it."""

    TYPE: ClassVar[str] = "command"
    counter: int
    do: str
    outcome: Literal["taken", "done", "failed"]
    detail: str = ""


class Decided(Payload, frozen=True):
    """The centre decided about punch `punch_seq` of `ledger_id`; the private part holds `NotePrivate`.

    `ruling`: the punch counts (`accept`), does not (`reject`), was `in` or `out`, or there is a `note` only.
    """

    TYPE: ClassVar[str] = "decision"
    decision_id: str
    ledger_id: str
    punch_seq: int
    person_id: str
    ruling: Literal["accept", "reject", "in", "out", "note"]
