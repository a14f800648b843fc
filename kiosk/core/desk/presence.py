"""Presence checks, and who is excused from them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk.core.command import Command
from kiosk.core.desk.base import Note, Number
from kiosk.core.payload import AbsenceKind


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
