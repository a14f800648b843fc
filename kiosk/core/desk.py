"""Commands and answers of what happens beside a plain tap: other ways to punch, presence, privacy, recap.

The same on both sockets. Through the screen's socket, those in `PUBLIC` need nothing, the others an
administrator's finger and PIN a short while before (`Raise`). Photos travel as base64 of a JPEG.
docs/flows.md says which flow uses which.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk.core import setup
from kiosk.core.command import Command
from kiosk.core.payload import AbsenceKind, Role, SpecialCategory
from kiosk.core.recap import PersonRecap
from kiosk.core.rules import Direction

Number = Annotated[str, msgspec.Meta(max_length=64)]
Note = Annotated[str, msgspec.Meta(max_length=1000)]
Photo = Annotated[str, msgspec.Meta(max_length=3_000_000)]
Wait = Annotated[float, msgspec.Meta(ge=1, le=120)]
Period = Literal["day", "week", "month"]


class PunchPin(Command, frozen=True, tag="punch_pin"):
    """Punch by number and PIN; a colleague's finger witnesses it. Answered by `Punched`.

    The view's `flow` says `witness` while the finger is waited for. Without `photo` the grade is lower.
    """

    number: Number
    pin: Annotated[str, msgspec.Meta(max_length=12)]
    photo: Photo = ""
    direction: Direction = "none"
    wait_s: Wait = 30.0


class PunchSpecial(Command, frozen=True, tag="punch_special"):
    """Punch from field duty, a ceremony, a briefing: then waits for a validation. Answered by `Punched`.

    The person's finger is waited for (`flow` says `finger`), or `number` and `pin` name them.
    """

    category: SpecialCategory
    letter: Annotated[str, msgspec.Meta(max_length=120)] = ""
    note: Note = ""
    photo: Photo = ""
    direction: Direction = "none"
    number: Number = ""
    pin: Annotated[str, msgspec.Meta(max_length=12)] = ""
    wait_s: Wait = 30.0


class PunchPaper(Command, frozen=True, tag="punch_paper"):
    """An operator enters what stands on paper: local time `2026-03-02 07:10`. Answered by `Punched`.

    It waits for a validation by somebody else where the kiosk asks for two persons.
    """

    number: Number
    local: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d \d\d:\d\d$")]
    reason: Annotated[str, msgspec.Meta(min_length=3, max_length=1000)]
    direction: Direction = "none"
    photo: Photo = ""


class SetDirection(Command, frozen=True, tag="set_direction"):
    """The person says their last punch `seq` was in or out; within a minute. Answered by `Done`."""

    seq: int
    direction: Literal["in", "out"]


class GetQueue(Command, frozen=True, tag="queue"):
    """Punches that wait for a validation or are flagged, oldest first; answered by `Queue`."""


class GetPhoto(Command, frozen=True, tag="photo"):
    """The photo beside a punch, on record as looked at; answered by `PhotoOut`."""

    seq: int


class Validate(Command, frozen=True, tag="validate"):
    """Accept or reject a waiting punch; `actor` only through the admin socket. Answered by `Done`."""

    seq: int
    accept: bool
    note: Note = ""
    actor: Number = ""


class SetPin(Command, frozen=True, tag="set_pin"):
    """Give a person a PIN of 6 to 12 digits; answered by `Done`."""

    number: Number
    pin: Annotated[str, msgspec.Meta(max_length=12)]


class PutRole(Command, frozen=True, tag="put_role"):
    """Make a person operator, technician or head of unit (`none`: neither); answered by `Done`."""

    number: Number
    role: Role


class Raise(Command, frozen=True, tag="raise"):
    """Raise the screen for two minutes: a PIN here, then the same person's finger. Answered by `Done`."""

    number: Number
    pin: Annotated[str, msgspec.Meta(max_length=12)]
    wait_s: Wait = 30.0


class Lower(Command, frozen=True, tag="lower"):
    """End what `Raise` began; answered by `Done`."""


class Cancel(Command, frozen=True, tag="cancel"):
    """Wait no longer for the finger that a flow or an enrolment waits for; answered by `Done`.

    Whoever waits for that finger is refused with `cancelled`.
    """


class CallPresence(Command, frozen=True, tag="call_presence"):
    """Ask everybody (of `unit`) to confirm that they are here, within `window_s`; answered by `Done`."""

    window_s: Annotated[int, msgspec.Meta(ge=5, le=7200)] = 600
    unit: Note = ""
    by: Literal["operator", "centre"] = "operator"


class GetPresence(Command, frozen=True, tag="presence"):
    """The presence checks of a local day (today when empty), with the rest; answered by `PresenceList`."""

    day: str = ""


class PutAbsence(Command, frozen=True, tag="put_absence"):
    """Leave, permission, sickness or field duty from `first` to `last` (ISO dates); answered by `Done`."""

    number: Number
    kind: AbsenceKind
    first: str
    last: str
    half: Literal["", "morning", "afternoon"] = ""
    letter: Annotated[str, msgspec.Meta(max_length=120)] = ""
    note: Note = ""


class DropAbsence(Command, frozen=True, tag="drop_absence"):
    """Take an absence back; answered by `Done`."""

    absence_id: Number


class GetAbsences(Command, frozen=True, tag="absences"):
    """Absences of one person, or of everybody; answered by `Absences`."""

    number: Number = ""


class GetRecap(Command, frozen=True, tag="recap"):
    """Recap of the day, week or month that holds `day`, of one person, a unit or all; answered by `Recap`.

    Without `days` only everybody's sums come, which is all that a screen can show at once.
    """

    period: Period
    day: str
    number: Number = ""
    unit: Note = ""
    days: bool = True


class CarryRecap(Command, frozen=True, tag="carry_recap"):
    """Write a recap as XLSX, PDF and CSV to the stick in the kiosk, or the next one within `wait_s`.

    Answered by `Carried`; the view's `stick` says when it may be pulled out.
    """

    period: Period
    day: str
    unit: Note = ""
    wait_s: Wait = 90.0


class CarryOwnData(Command, frozen=True, tag="carry_own_data"):
    """Write everything held about a person to a stick in the same way; answered by `Carried`."""

    number: Number
    wait_s: Wait = 90.0


class Explain(Command, frozen=True, tag="explain"):
    """The arithmetic of one person's day, line by line; answered by `Explained`."""

    number: Number
    day: str


class GetMyRecord(Command, frozen=True, tag="my_record"):
    """The record of whoever's finger comes next (`flow` says `finger`); answered by `MyRecord`."""

    days: Annotated[int, msgspec.Meta(ge=1, le=62)] = 30
    wait_s: Wait = 30.0


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


class Erase(Command, frozen=True, tag="erase"):
    """Erase a person's biometrics, photos and private text; answered by `Certificate`."""

    number: Number
    reason: Annotated[str, msgspec.Meta(min_length=3, max_length=200)]


PUBLIC = (PunchPin, PunchSpecial, SetDirection, Raise, Lower, Cancel, GetMyRecord, GetConsent, *setup.PUBLIC)
RAISED = (
    PunchPaper, GetQueue, GetPhoto, Validate, SetPin, CallPresence, GetPresence, PutAbsence, DropAbsence,
    GetAbsences, GetRecap, CarryRecap, Explain, PutConsent, GetOwnData, CarryOwnData, *setup.RAISED,
)  # fmt: skip
AnyDesk = (
    PunchPin | PunchSpecial | PunchPaper | SetDirection | GetQueue | GetPhoto | Validate | SetPin | PutRole
    | Raise | Lower | Cancel | CallPresence | GetPresence | PutAbsence | DropAbsence | GetAbsences | GetRecap
    | CarryRecap | CarryOwnData | Explain | GetMyRecord | GetConsent | PutConsent | GetOwnData | Erase
    | setup.AnySetup
)  # fmt: skip


class Punched(msgspec.Struct, frozen=True, kw_only=True):
    """A punch was stored; `queued` when it waits for a validation."""

    seq: int
    name: str
    grade: str
    code: str
    direction: Direction
    queued: bool = False
    witness: str = ""


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One punch that waits; `local` is its time, `evidence` the kinds of photo beside it.

    With `flags` it counts already, and they say why somebody should look at it: `face_differs` (from the
    person's, on the photo), `liveness` (not proved), `digits` (of the NIP told two look-alikes apart).
    """

    seq: int
    person_id: str
    number: str
    name: str
    local: str
    method: str
    category: str
    letter: str
    note: str
    direction: Direction
    grade: str
    evidence: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Queue(msgspec.Struct, frozen=True):
    """Oldest first."""

    rows: tuple[QueueRow, ...]


class PhotoOut(msgspec.Struct, frozen=True):
    """Base64 of the JPEG; empty `jpeg` when it was deleted after its retention."""

    seq: int
    kind: str
    jpeg: str


class PresenceState(msgspec.Struct, frozen=True, kw_only=True):
    """One check: names of those who confirmed, who are excused (with why), and the rest."""

    check_id: str
    called_local: str
    by: str
    window_s: int
    open: bool
    seed: str
    confirmed: tuple[str, ...]
    excused: tuple[str, ...]
    rest: tuple[str, ...]


class PresenceList(msgspec.Struct, frozen=True):
    """Oldest first."""

    checks: tuple[PresenceState, ...]


class AbsenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One absence."""

    absence_id: str
    number: str
    name: str
    kind: AbsenceKind
    first: str
    last: str
    half: str
    letter: str
    note: str


class Absences(msgspec.Struct, frozen=True):
    """In the order of their first days."""

    rows: tuple[AbsenceRow, ...]


class Recap(msgspec.Struct, frozen=True, kw_only=True):
    """A recap; `first` and `last` are ISO dates, `made_local` when it was computed."""

    site: str
    zone: str
    period: Period
    first: str
    last: str
    made_local: str
    policy: str
    calendar: str
    people: tuple[PersonRecap, ...] = ()


class Carried(msgspec.Struct, frozen=True):
    """The files on the stick, as paths from its top folder."""

    paths: tuple[str, ...]


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """`lines` are sentences in order; the last one is the day's result."""

    name: str
    day: str
    lines: tuple[str, ...]
    recap: PersonRecap


class MyPunch(msgspec.Struct, frozen=True, kw_only=True):
    """One punch on the own screen; `ruling` is what the centre decided about it, with its note.

    `accept` (it counts), `reject` (it does not), `in`, `out`, `note`; empty: nothing was decided.
    """

    seq: int
    local: str
    code: str
    direction: Direction
    late_s: int
    delivery: Literal["stored", "sent", "accepted"]
    ruling: str = ""
    ruling_note: str = ""


class MyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The last days; `receipt` is what the QR holds, `HADIR1|` and signed fields between bars."""

    name: str
    first: str
    last: str
    late_s: int
    punches: tuple[MyPunch, ...]
    recap: PersonRecap
    receipt: str


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
