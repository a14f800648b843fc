"""Recaps, the arithmetic of a day, and a person's own record."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk.core.command import Command
from kiosk.core.desk.base import Note, Number, Period, Wait
from kiosk.core.recap import PersonRecap
from kiosk.core.rules import Direction


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


class Explain(Command, frozen=True, tag="explain"):
    """The arithmetic of one person's day, line by line; answered by `Explained`."""

    number: Number
    day: str


class GetMyRecord(Command, frozen=True, tag="my_record"):
    """The record of whoever's finger comes next (`flow` says `finger`); answered by `MyRecord`."""

    days: Annotated[int, msgspec.Meta(ge=1, le=62)] = 30
    wait_s: Wait = 30.0


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
