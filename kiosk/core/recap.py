"""The recap: a person's days replayed over corrected history, added up, with every line of arithmetic."""

from __future__ import annotations

from typing import Literal

import msgspec

DayStatus = Literal[
    "present", "incomplete", "absent", "leave", "permission", "sick", "field_duty", "holiday", "off", "future"
]


class DayLine(msgspec.Struct, frozen=True, kw_only=True):
    """One duty day: times are local `HH:MM:SS`, empty when there was none; `why` is the arithmetic."""

    day: str
    status: DayStatus
    time_in: str = ""
    time_out: str = ""
    late_s: int = 0
    early_s: int = 0
    overtime_s: int = 0
    missing: tuple[str, ...] = ()
    provisional: bool = False
    cut_bp: int = 0
    why: tuple[str, ...] = ()


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the days. Deductions are proposals in hundredths of a per cent (basis points)."""

    due: int = 0
    present: int = 0
    incomplete: int = 0
    absent: int = 0
    leave: int = 0
    permission: int = 0
    sick: int = 0
    field_duty: int = 0
    late_days: int = 0
    late_s: int = 0
    early_s: int = 0
    overtime_s: int = 0
    provisional: int = 0
    cut_bp: int = 0
    why: tuple[str, ...] = ()


class PersonRecap(msgspec.Struct, frozen=True, kw_only=True):
    """One person's recap."""

    person_id: str
    number: str
    name: str
    category: str
    unit: str
    days: tuple[DayLine, ...]
    totals: Totals
