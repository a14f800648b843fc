"""What each type of record holds in `data`: one struct a type.

Facts only; personal text (names, NIP, notes) is in the record's private part. The name a payload
is stored under is its struct's tag.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

Method = Literal["finger", "face", "finger+face", "pin", "terminal", "paper", "special"]
AbsenceKind = Literal["leave", "permission", "sick", "field_duty"]
SpecialCategory = Literal["field_duty", "ceremony", "briefing", "other"]
Role = Literal["operator", "technician", "head", "none"]
GenesisReason = Literal["new", "restored", "replaced_card", "salvaged"]


class Payload(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Base of all payloads."""

    TYPE: ClassVar[str] = ""


class LedgerPoint(msgspec.Struct, frozen=True):
    """One place in one ledger: `hash` is hex."""

    ledger_id: str
    seq: int
    hash: str


class Genesis(Payload, frozen=True):
    """The first record of a ledger: why it was opened, by which device, after which ledger."""

    TYPE: ClassVar[str] = "genesis"
    reason: GenesisReason
    tenant: str
    device_id: str
    sign_key: str
    receive_key: str
    software: str
    previous: LedgerPoint | None = None


class Seal(Payload, frozen=True):
    """Signed statement over every record since the previous seal; `head` is the hash at `last`."""

    TYPE: ClassVar[str] = "seal"
    first: int
    last: int
    count: int
    head: str
    day: str
    sig: str


class Start(Payload, frozen=True):
    """The daemon started; `after` says how the run before ended."""

    TYPE: ClassVar[str] = "start"
    software: str
    after: Literal["first", "clean", "unclean", "reboot"]


class Stop(Payload, frozen=True):
    """The daemon stopped in order."""

    TYPE: ClassVar[str] = "stop"
    reason: str


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


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """The site a punch was taken at; coordinates in units of 1e-7 degree.

    With a GPS `fix` says what it proved (`ok`, `outside`, `no_fix`, `doubtful`) and `distance_m` how far off.
    """

    site: str
    lat_e7: int | None = None
    lon_e7: int | None = None
    fix: str = ""
    distance_m: int | None = None


class Versions(msgspec.Struct, frozen=True):
    """What the verdict was made with."""

    policy: str
    calendar: str
    roster: str


class Shown(msgspec.Struct, frozen=True, omit_defaults=True):
    """The verdict as the person saw it; see `kiosk.core.rules.Verdict` for the words."""

    code: str
    direction: Literal["in", "out", "none"]
    session: str = ""
    late_s: int = 0
    early_s: int = 0
    absence: str = ""
    overtime_s: int = 0


class FaceProof(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a recognition rests on; scores are thousandths of a cosine.

    `second_milli` is the next best person's, `frames` how many were averaged, `liveness` the words of the
    liveness check in their order; `suspect`: it failed where it only flags. `provenance` of the threshold.
    """

    threshold_milli: int
    second_milli: int
    frames: int
    took_ms: int
    liveness: tuple[str, ...] = ()
    suspect: bool = False
    provenance: str = ""


class Punch(Payload, frozen=True):
    """A person was identified and taken as present. `score` is the device's own scale.

    `witness` is whose finger stood by a PIN; `claimed_ms` the UTC time that a paper entry claims;
    a `queued` one counts provisionally until a `validation`. `category` is a special punch's.
    `face` is there when a face was recognised; then `score` is its similarity in thousandths.
    """

    TYPE: ClassVar[str] = "punch"
    person_id: str
    method: Method
    device: str
    grade: str
    shown: Shown
    place: Place
    versions: Versions
    slot: int | None = None
    score: int | None = None
    source_key: str | None = None
    simulated: bool = False
    witness: str | None = None
    claimed_ms: int | None = None
    category: str = ""
    queued: bool = False
    chosen: Literal["in", "out", "none"] = "none"
    face: FaceProof | None = None


class NotePrivate(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Personal text beside a special punch, a paper entry, an absence, a validation."""

    letter: str = ""
    note: str = ""


class Repeat(Payload, frozen=True):
    """A further tap inside the duplicate window of punch `of_seq`: no new punch, but a fact."""

    TYPE: ClassVar[str] = "repeat"
    person_id: str
    of_seq: int
    method: Method
    device: str


class Refusal(Payload, frozen=True):
    """Something was not taken; the same cause is one record a minute, `count` of them."""

    TYPE: ClassVar[str] = "refusal"
    cause: str
    device: str
    count: int
    first_boot_ms: int
    last_boot_ms: int
    person_id: str | None = None
    detail: str = ""


class DeviceState(Payload, frozen=True):
    """A device failed or came back."""

    TYPE: ClassVar[str] = "device"
    device: str
    state: Literal["ready", "fault"]
    cause: str
    info: str = ""


class ClockChange(Payload, frozen=True):
    """The clock's source changed or it was stepped: times before and after, same moment."""

    TYPE: ClassVar[str] = "clock"
    before_wall_ms: int
    before_source: str
    after_wall_ms: int
    after_source: str
    reason: str


class Correction(Payload, frozen=True):
    """True time became known: add `offset_ms` to the wall times of `boot_id` up to `upto_seq`."""

    TYPE: ClassVar[str] = "correction"
    boot_id: str
    from_seq: int
    upto_seq: int
    offset_ms: int
    source: str
    uncertainty_ms: int


class Evidence(Payload, frozen=True):
    """A photo belonging to punch `punch_seq`, encrypted in a file named by its ciphertext's SHA-256.

    `punch_seq` may be a refusal's. `fit_milli` is how alike the face on it is to the person's, where known.
    """

    TYPE: ClassVar[str] = "evidence"
    punch_seq: int
    kind: str
    ciphertext_sha256: str
    size_bytes: int
    fit_milli: int | None = None


class Flag(Payload, frozen=True):
    """Punch `punch_seq` counts, and somebody should look at it: `face_differs`, `liveness`."""

    TYPE: ClassVar[str] = "flag"
    punch_seq: int
    person_id: str
    why: str
    fit_milli: int | None = None


class Erased(Payload, frozen=True):
    """Private parts that were deleted, by the seq they belonged to."""

    TYPE: ClassVar[str] = "erased"
    seqs: tuple[int, ...]
    ledger_id: str
    reason: str


class EvidenceRemoved(Payload, frozen=True):
    """Photos that were deleted, by the SHA-256 of their ciphertext."""

    TYPE: ClassVar[str] = "evidence_removed"
    ciphertext_sha256s: tuple[str, ...]
    reason: str


class StoreNote(Payload, frozen=True):
    """The store found or repaired something at start, e.g. `triggers_restored`."""

    TYPE: ClassVar[str] = "store"
    what: str
    detail: str = ""


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


class TerminalRow(Payload, frozen=True):
    """A row of a terminal's log that became no punch; the private part holds `TerminalRowPrivate`.

    `why`: `unknown_user` (then `user_key` is set, and it becomes a punch once the user is mapped), a
    verdict's code such as `duplicate`, or what is wrong with the row. `source_key` is the row's keyed hash.
    """

    TYPE: ClassVar[str] = "terminal_row"
    device: str
    serial: str
    source_key: str
    why: str
    person_id: str | None = None
    user_key: str | None = None
    simulated: bool = False


class TerminalRowPrivate(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The row as it came: `raw` is hex, `wall` the terminal's own local time, empty when unreadable."""

    raw: str
    user_id: str = ""
    wall: str = ""


class TerminalUser(Payload, frozen=True):
    """A user of the terminal `serial` is this person.

    `user_key` is the user id's keyed hash; the id itself is in the private part, `TerminalUserPrivate`.
    """

    TYPE: ClassVar[str] = "terminal_user"
    person_id: str
    serial: str
    user_key: str
    actor: str


class TerminalUserPrivate(msgspec.Struct, frozen=True, kw_only=True):
    """The user id; often a NIP, or a part of one."""

    user_id: str


class TerminalClock(Payload, frozen=True):
    """A terminal's clock jumped, was set, or shows no date: how far ahead of ours before and after."""

    TYPE: ClassVar[str] = "terminal_clock"
    device: str
    serial: str
    what: Literal["jump", "set", "impossible"]
    before_ms: int | None
    after_ms: int | None


class StickVisit(Payload, frozen=True):
    """A USB stick was written to, read, paired or refused; `stick` is its id, `code` why it was refused.

    What was exported is a hint: only a receipt moves the cursor.
    """

    TYPE: ClassVar[str] = "stick"
    what: Literal["paired", "exported", "receipt", "refused"]
    stick: str
    code: str = ""
    export: str = ""
    records: int = 0
    photos: int = 0
    size_bytes: int = 0


class Carried(Payload, frozen=True):
    """A record of an earlier ledger that could not be delivered there, kept as it was."""

    TYPE: ClassVar[str] = "carried"
    ledger_id: str
    seq: int
    body: str


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
