"""Punches beside a plain tap, and the queue of those that wait for a validation."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk.core.command import Command
from kiosk.core.desk.base import Note, Number, Photo, Wait
from kiosk.core.payload import SpecialCategory
from kiosk.core.rules import Direction


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
