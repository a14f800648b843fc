"""The view state: everything the screen needs to draw itself, sent whole at each change.

The UI keeps no state of its own beyond what it is shown here; texts are codes that its string
catalogue translates.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from kiosk.core.record import TimeSource
from kiosk.core.zone import ZoneName

DeviceKind = Literal["reader", "terminal", "camera"]
DeviceStatus = Literal["starting", "ready", "fault"]
LinkStatus = Literal["off", "connecting", "online", "offline", "waiting_approval", "refused"]
CardKind = Literal[
    "taken",
    "repeat",
    "refused",
    "unknown",
    "poor_image",
    "not_stored",
    "enrol",
    "refill",
    "ambiguous",
    "greeting",
]
Delivery = Literal["stored", "sent", "accepted"]
BEAT_S, SILENT_S = 2.0, 10.0


class SiteView(msgspec.Struct, frozen=True):
    """Name and zone for the header."""

    name: str
    zone: ZoneName


class ClockView(msgspec.Struct, frozen=True):
    """Add `offset_ms` to the system's UTC clock to get the kiosk's; untrusted when `source` is none."""

    source: TimeSource
    offset_ms: int


class LinkView(msgspec.Struct, frozen=True):
    """The way to the centre: its state and how many records wait."""

    status: LinkStatus
    backlog: int


class DeviceView(msgspec.Struct, frozen=True):
    """One device; `cause` is an error class's name in lower case, e.g. `unavailable`, when in fault."""

    name: str
    kind: DeviceKind
    status: DeviceStatus
    simulated: bool
    cause: str = ""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one attempt, shown for `show_ms`; `number` tells two cards apart.

    `code` is a verdict's code (`kiosk.core.rules.Code`), a `Rejected` reason, an enrolment step, or what is
    done to a sensor (`checking`, `filling`, `done`; `step` of `steps` fingers).
    `at_ms` is the kiosk's UTC wall time of the punch; for a repeat, of the punch it repeats.
    """

    number: int
    kind: CardKind
    code: str
    show_ms: int
    name: str = ""
    at_ms: int = 0
    trusted: bool = True
    direction: Literal["in", "out", "none"] = "none"
    session: str = ""
    late_s: int = 0
    early_s: int = 0
    seq: int = 0
    device: str = ""
    step: int = 0
    steps: int = 0
    absence: str = ""
    overtime_s: int = 0
    grade: str = ""


class FlowView(msgspec.Struct, frozen=True, kw_only=True):
    """What the kiosk is doing with somebody: which flow, what it waits for (`finger`, `witness`), for whom.

    `until_ms` is the kiosk's UTC time at which it gives up.
    """

    name: Literal["pin", "special", "my_record", "raise"]
    step: Literal["finger", "witness"]
    person: str = ""
    until_ms: int = 0


class RaisedView(msgspec.Struct, frozen=True, kw_only=True):
    """Who raised the screen, to which role, until when (the kiosk's UTC time)."""

    name: str
    role: Literal["operator", "technician", "head"]
    until_ms: int


class PresenceView(msgspec.Struct, frozen=True, kw_only=True):
    """A presence check is open until `until_ms`: how many of how many have confirmed."""

    check_id: str
    until_ms: int
    confirmed: int
    expected: int


class PlaceView(msgspec.Struct, frozen=True):
    """What a GPS says: `ok`, `outside` (only special punches), `no_fix`, `doubtful`; metres to the site."""

    status: Literal["ok", "outside", "no_fix", "doubtful"]
    distance_m: int = 0


class GuideView(msgspec.Struct, frozen=True):
    """One face in view: a word of advice, or what it is asked to do (`kiosk.core.facing`)."""

    track: int
    advice: str = ""
    asked: str = ""


class FaceEnrolView(msgspec.Struct, frozen=True, kw_only=True):
    """A face is being enrolled: which pose now, what to change, `done` of `of` poses taken."""

    name: str
    pose: str
    done: int
    of: int
    advice: str = ""


class FaceView(msgspec.Struct, frozen=True):
    """What the camera's preview is shown with; there while kiosk-face is.

    `preview` counts the kiosk-faces that have come: another number, another preview to ask for.
    """

    preview: int
    guides: tuple[GuideView, ...] = ()
    enrol: FaceEnrolView | None = None


class MessageView(msgspec.Struct, frozen=True):
    """Words of the centre, shown until `until_ms` (the kiosk's UTC time); `text_en` may be empty."""

    text: str
    text_en: str
    until_ms: int


class StickView(msgspec.Struct, frozen=True, kw_only=True):
    """What is done with a USB stick: `done` of `of` records and photos are on it; `safe`: pull it out.

    `code` says why it failed, or why its receipt was not believed (`sync.courier.stick.StickCode`);
    `accepted` records were acknowledged by its receipt, `left` photos wait for another stick, `files` are
    what somebody at the screen asked for.
    """

    state: Literal["reading", "writing", "done", "failed"]
    code: str = ""
    done: int = 0
    of: int = 0
    records: int = 0
    photos: int = 0
    left: int = 0
    accepted: int = 0
    standing: str = ""
    files: int = 0
    safe: bool = False


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state of the screen. `fault` is a code when the kiosk cannot take punches at all.

    `beat` grows every couple of seconds while the engine turns round: a screen that has seen one and then
    hears nothing for `SILENT_S` is in front of a kiosk that hangs. `first_run`: nobody can raise it yet.
    `speak`: what a card says is to be heard.
    """

    revision: int
    language: Literal["id", "en"]
    site: SiteView
    clock: ClockView
    link: LinkView
    devices: tuple[DeviceView, ...]
    card: Card | None = None
    fault: str = ""
    today: int = 0
    flow: FlowView | None = None
    raised: RaisedView | None = None
    presence: PresenceView | None = None
    place: PlaceView | None = None
    queue: int = 0
    stick: StickView | None = None
    message: MessageView | None = None
    beat: int = 0
    first_run: bool = False
    speak: bool = False
    face: FaceView | None = None
