"""People, and what is enrolled of them."""

from __future__ import annotations

import msgspec

from kiosk.core.api.base import Limit, Seconds
from kiosk.core.command import Command

FINGERS = tuple(
    f"{side}-{finger}"
    for side in ("right", "left")
    for finger in ("thumb", "index", "middle", "ring", "little")
)
"""Every finger there is, as records and commands name it."""


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
