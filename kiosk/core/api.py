"""The control socket's language: one JSON object a line, typed requests, one API for all clients.

A request is `{"id": N, "do": {"cmd": NAME, ...}}`. It is answered by any number of
`{"id": N, "event": {...}}` and then one `{"id": N, "result": {...}}` or `{"id": N, "error": {...}}`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from kiosk.core import command
from kiosk.core.payload import Shown
from kiosk.core.record import TimeBlock
from kiosk.core.view import ClockView, Delivery, DeviceKind, DeviceStatus, DeviceView, LinkView

Command = command.Command
MAX_LINE_BYTES = 4 * 1024 * 1024
Limit = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0.1, le=600)]
ErrorCode = Literal[
    "bad_request",
    "not_allowed",
    "not_found",
    "conflict",
    "device",
    "storage",
    "busy",
    "failed",
    "timeout",
    "cancelled",
]
EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_UNREACHABLE, EXIT_DEVICE = range(5)


class GetStatus(Command, frozen=True, tag="status"):
    """State of everything; answered by `Status`."""


class GetHealth(Command, frozen=True, tag="health"):
    """What only the running kioskd knows, for `kioskctl doctor`; answered by `Health`."""


class GetPunches(Command, frozen=True, tag="punches"):
    """Punches, newest first; answered by `Punches`.

    `before_seq` pages back, in `before_ledger` (the current one when empty); `day` is a local ISO date.
    """

    limit: Limit = 50
    before_seq: int | None = None
    before_ledger: str = ""
    number: str = ""
    day: str = ""


class GetPeople(Command, frozen=True, tag="people"):
    """People in the order of their names; answered by `People`."""

    search: str = ""
    limit: Limit = 20_000


class PersonRow(msgspec.Struct, frozen=True):
    """One person as typed or read from a CSV row; `line` is where it stood.

    What is left out (no category, no unit, not said whether active) stays as it is.
    """

    line: int
    number: str
    name: str
    category: str = ""
    unit: str | None = None
    active: bool | None = None


class PutPeople(Command, frozen=True, tag="people_put"):
    """Add or change people; bad rows are reported, good ones go in. Answered by `PutResult`."""

    rows: tuple[PersonRow, ...]
    source: str = "operator"


class EnrolFinger(Command, frozen=True, tag="enrol_finger"):
    """Enrol a finger; events are `EnrolStep`, answered by `Enrolled`.

    `consent` is the version of the text that the person has just agreed to; it is put on record first.
    Without it, or a consent given before, the enrolment is refused.
    """

    number: str
    finger: str = "right-index"
    reader: str = ""
    timeout_s: Seconds = 30.0
    consent: str = ""


class RemoveFinger(Command, frozen=True, tag="remove_finger"):
    """Delete a finger from sensor and vault; answered by `Done`."""

    number: str
    finger: str


class Emulate(Command, frozen=True, tag="emulate"):
    """Put somebody in front of an emulated device; refused on real ones. Answered by `Emulated`.

    `what` is finger, face, zk, unplug or replug; `subject` the person's number or the device's name. A
    face may also be a folder of JPEG files; with `attack` it is a photo of the person.
    """

    what: str
    subject: str
    finger: str = "right-index"
    device: str = ""
    quality: str = "good"
    attack: bool = False
    wait_s: Seconds = 8.0


class Watch(Command, frozen=True, tag="watch"):
    """Stream `View` events until the connection closes."""


class GetPreview(Command, frozen=True, tag="preview"):
    """The camera's preview, answered by `Preview` with its descriptor beside the line (SCM_RIGHTS)."""


class Intent(Command, frozen=True, tag="intent"):
    """What somebody touched on the screen; answered by `Done`."""

    name: Literal["language"]
    value: str


class Rebuild(Command, frozen=True, tag="rebuild"):
    """Rebuild every derived table from the ledger; answered by `Rebuilt`."""


class Reseal(Command, frozen=True, tag="reseal"):
    """A new key for the vault, and everything in it sealed with that; answered by `Resealed`."""


class Reload(Command, frozen=True, tag="reload"):
    """Read configuration, policy and calendar again; answered by `Reloaded`.

    Files with faults are refused, and nothing changes.
    """


class GetLedger(Command, frozen=True, tag="ledger"):
    """Records `after_seq` on; answered by `LedgerPage`."""

    after_seq: int = 0
    limit: Limit = 200


class Reloaded(msgspec.Struct, frozen=True):
    """The keys that count from now on, and those that the file has and the next start will bring."""

    applied: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


class ApiError(msgspec.Struct, frozen=True):
    """Why a request failed and what to do next."""

    code: ErrorCode
    message: str
    hint: str = ""


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line to a client: exactly one of `event`, `result` and `error` is set."""

    id: int
    event: Any = None
    result: Any = None
    error: ApiError | None = None


class Preview(msgspec.Struct, frozen=True):
    """The descriptor that comes with this line is laid out as `kiosk.core.preview` says."""

    number: int


class Done(msgspec.Struct, frozen=True):
    """It is done."""

    message: str = ""


class LedgerStatus(msgspec.Struct, frozen=True):
    """Where the ledger stands; `hash` is hex, `accepted` the centre's contiguous head of it."""

    ledger_id: str
    seq: int
    hash: str
    accepted: int
    previous: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a technician wants first. `problems` are sentences with what to do.

    `roster` is the version of the centre's, or `local`.
    `local_time` is the kiosk's own clock in its zone, `2026-01-31 07:05:12 WIB`; `centre_key` is the
    centre's public key in hex, empty when there is no delivery.
    """

    software: str
    device_id: str
    tenant: str
    site: str
    state_dir: str
    local_time: str
    centre_key: str
    uptime_s: int
    ready: bool
    simulated: tuple[str, ...]
    ledger: LedgerStatus
    link: LinkView
    clock: ClockView
    devices: tuple[DeviceView, ...]
    people: int
    fingers: int
    punches_today: int
    policy: str
    refused: dict[str, int]
    problems: tuple[str, ...] = ()
    roster: str = "local"


class DeviceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One device since kioskd started: `outages` ended or not, `fault_s` in fault of `watched_s` in all.

    `info` is the model when it is ready, the fault and its remedy otherwise; `notes` what else to know of
    what it holds, each with what to do after the last semicolon.
    """

    name: str
    kind: DeviceKind
    status: DeviceStatus
    simulated: bool
    cause: str
    info: str
    outages: int
    fault_s: int
    watched_s: int
    notes: tuple[str, ...] = ()


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What only the running kioskd knows. `engine_age_s`: since its engine last turned round.

    `link_cause` is a word of docs/protocol.md, empty when all is well; `link_ends` how often the broker has
    ended the connection in the last two minutes; `backlog_since_ms` the time (UTC) of the oldest record the
    centre has not accepted; `screens` how many watch the screen's socket.
    """

    config_file: str
    python: str
    link_cause: str
    link_ends: int
    backlog_since_ms: int | None
    screens: int
    engine_age_s: float
    devices: tuple[DeviceHealth, ...]


class PunchRow(msgspec.Struct, frozen=True, kw_only=True):
    """One punch; `local` is the kiosk's local time, `delivery` how far it has come."""

    ledger_id: str
    seq: int
    person_id: str
    number: str
    name: str
    local: str
    at: TimeBlock
    method: str
    device: str
    shown: Shown
    delivery: Delivery
    simulated: bool


class Punches(msgspec.Struct, frozen=True):
    """Newest first; `total` counts all that match."""

    punches: tuple[PunchRow, ...]
    total: int


class PersonOut(msgspec.Struct, frozen=True, kw_only=True):
    """One person; `fingers` names the enrolled ones, `faces` is how many face templates there are."""

    person_id: str
    number: str
    kind: str
    name: str
    category: str
    unit: str
    active: bool
    fingers: tuple[str, ...]
    faces: int = 0


class People(msgspec.Struct, frozen=True):
    """People; `total` counts all that match."""

    people: tuple[PersonOut, ...]
    total: int


class RowError(msgspec.Struct, frozen=True):
    """Why one row was not taken."""

    line: int
    number: str
    part: str
    message: str
    ask: str = ""


class PutResult(msgspec.Struct, frozen=True):
    """What became of the rows."""

    added: int
    changed: int
    unchanged: int
    errors: tuple[RowError, ...]


class EnrolStep(msgspec.Struct, frozen=True):
    """Progress of an enrolment: `place`, `lift`, `again`, `poor_image` (with its reason), `saved`."""

    step: str
    reason: str = ""


class Enrolled(msgspec.Struct, frozen=True):
    """A finger was enrolled."""

    person_id: str
    name: str
    finger: str
    slot: int
    template_id: str
    seq: int


class Emulated(msgspec.Struct, frozen=True):
    """What the kiosk made of it; `card` is a `kiosk.core.view.Card` or null."""

    device: str
    card: Any = None


class Resealed(msgspec.Struct, frozen=True):
    """How many templates and PINs have the new key now; those that cannot be read keep the old one."""

    resealed: int
    unreadable: int


class Rebuilt(msgspec.Struct, frozen=True):
    """How many records were replayed, and whether the tables came out as they were."""

    records: int
    people: int
    punches: int
    differences: int


class LedgerPage(msgspec.Struct, frozen=True):
    """Bodies verbatim with their hex hashes."""

    ledger_id: str
    records: tuple[tuple[int, str, str], ...]
