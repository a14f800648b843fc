"""The recap: a person's days replayed over corrected history, added up, with every line of arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, NamedTuple

import msgspec

from kiosk.core.deductions import accumulated_cut, capped, day_cuts, span, status_cut
from kiosk.core.policy import Calendar, Policy
from kiosk.core.record import TimeBlock
from kiosk.core.rules import Direction, Event, Judged, Past, Subject, judge
from kiosk.core.shifts import DAY_S, ONE_DAY, Hours, Slot, exempt, hours_of, slots_on
from kiosk.core.zone import ZoneName, local, midnight_ms

DayStatus = Literal[
    "present", "incomplete", "absent", "leave", "permission", "sick", "field_duty", "holiday", "off", "future"
]


class Taken(msgspec.Struct, frozen=True):
    """A stored punch with its corrected time; `chosen` is what the person said it was.

    `firm` is false while its time or its validation is open; a rejected one is not handed in at all.
    """

    seq: int
    at: TimeBlock
    chosen: Direction = "none"
    firm: bool = True


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


class Frame(NamedTuple):
    """What a recap is made with: rules, the kiosk's zone, the local moment it is made (`now_ms`, UTC)."""

    policy: Policy
    calendar: Calendar
    zone: ZoneName
    now_ms: int


class _Seen(NamedTuple):
    punch: Taken
    judged: Judged


def person_recap(
    person: Subject, name: str, punches: Iterable[Taken], days: Sequence[date], frame: Frame
) -> PersonRecap:
    """The recap of `days`; `punches` are the person's, a day more on both sides."""
    seen = _replay(person, punches, frame)
    by_day: dict[date, list[_Seen]] = {}
    for one in seen:
        by_day.setdefault(_day_of(one, frame), []).append(one)
    hours = hours_of(person, frame.policy)
    lines = tuple(_day(person, hours, day, by_day.get(day, []), frame) for day in days)
    return PersonRecap(
        person_id=person.person_id, number=person.number, name=name, category=person.category,
        unit=person.unit, days=lines, totals=totals_of(lines, frame.policy),
    )  # fmt: skip


def totals_of(days: Sequence[DayLine], policy: Policy) -> Totals:
    """The sums of `days` and the proposed deduction with its arithmetic."""
    count = Counter(line.status for line in days)
    late_s, early_s = sum(line.late_s for line in days), sum(line.early_s for line in days)
    by_day = sum(line.cut_bp for line in days)
    lines = accumulated_cut(policy, late_s + early_s)
    total, words = capped(policy, by_day + sum(cut for cut, _ in lines))[0]
    return Totals(
        due=len(days) - count["off"] - count["holiday"] - count["future"],
        present=count["present"], incomplete=count["incomplete"], absent=count["absent"],
        leave=count["leave"], permission=count["permission"], sick=count["sick"],
        field_duty=count["field_duty"], late_days=sum(line.late_s > 0 for line in days), late_s=late_s,
        early_s=early_s, overtime_s=sum(line.overtime_s for line in days),
        provisional=sum(line.provisional for line in days), cut_bp=total,
        why=(*(words for _, words in lines), words) if policy.deductions else (),
    )  # fmt: skip


def _replay(person: Subject, punches: Iterable[Taken], frame: Frame) -> list[_Seen]:
    """Final verdicts in the order of corrected times, each over the history those before it made."""
    history: list[Past] = []
    seen = []
    person = msgspec.structs.replace(person, active=True)  # whoever left keeps the days they were here
    for punch in sorted(punches, key=lambda punch: punch.at.wall_ms):
        event = Event(punch.at, frame.zone, "", punch.chosen)
        judged = judge(person, event, history[-12:], frame.policy, frame.calendar)
        seen.append(_Seen(punch, judged))
        if judged.verdict.outcome == "take":
            history.append(Past(punch.seq, punch.at, judged.verdict.direction))
    return seen


def _day_of(one: _Seen, frame: Frame) -> date:
    slot = one.judged.slot
    return slot.day if slot else local(one.punch.at.wall_ms, frame.zone).date()


def _day(person: Subject, hours: Hours, day: date, seen: list[_Seen], frame: Frame) -> DayLine:
    taken = [one for one in seen if one.judged.verdict.outcome == "take"]
    if exempt(person, frame.policy):
        return _free_day(day, "present" if taken else "off", taken, "tanpa jam kerja tetap", frame)
    slots = slots_on(person, hours, day, frame.policy, frame.calendar)
    if not slots:
        holiday = frame.calendar.holiday(day, person.category)
        return _free_day(day, "holiday" if holiday else "off", taken, holiday or "tidak ada jadwal", frame)
    away = person.absence(day)
    if away and not away.half:
        line = _free_day(day, away.kind, taken, _AWAY[away.kind], frame)
        cuts = status_cut(frame.policy, away.kind)
        why = (*line.why, *(words for _, words in cuts))
        return msgspec.structs.replace(line, cut_bp=sum(cut for cut, _ in cuts), why=why)
    excused = {"morning": "in", "afternoon": "out"}.get(away.half if away else "", "")
    return _work_day(person, day, slots, seen, excused, frame)


_AWAY = {"leave": "cuti", "permission": "izin", "sick": "sakit", "field_duty": "dinas luar"}


def _free_day(day: date, status: DayStatus, taken: list[_Seen], why: str, frame: Frame) -> DayLine:
    times = [_clock(one, frame) for one in taken]
    return DayLine(
        day=day.isoformat(), status=status, time_in=times[0] if times else "",
        time_out=times[-1] if len(times) > 1 else "", why=(f"{day.isoformat()}: {why}",),
        provisional=any(not one.punch.firm for one in taken),
    )  # fmt: skip


class _Sums:
    def __init__(self) -> None:
        self.late_s = self.early_s = self.overtime_s = 0
        self.time_in = self.time_out = ""
        self.missing: list[str] = []
        self.open = self.elsewhere = False
        self.found = 0
        self.why: list[str] = []


def _work_day(
    person: Subject, day: date, slots: Sequence[Slot], seen: list[_Seen], excused: str, frame: Frame
) -> DayLine:
    sums = _Sums()
    for slot in slots:
        _add_slot(sums, person, slot, seen, excused, frame)
    taken = any(one.judged.verdict.outcome == "take" for one in seen)
    if sums.elsewhere and not (taken or sums.missing or sums.open):
        return _free_day(day, "off", [], "belum atau tidak lagi terdaftar", frame)
    unsure = [one for one in seen if one.judged.verdict.code == "time_unknown"]
    chosen = [one for one in seen if one.judged.verdict.code == "outside"]
    sums.why += [f"absen {_clock(one, frame)}: {_SAID[one.judged.verdict.code]}" for one in seen
                 if one.judged.verdict.code in _SAID]  # fmt: skip
    _take_chosen(sums, chosen, frame)
    status: DayStatus = "present"
    if sums.missing or sums.open:
        begun = sums.found or unsure or (sums.elsewhere and not sums.open)
        status = "incomplete" if begun else "future" if sums.open else "absent"
    missing = len(sums.missing) if sums.found or sums.elsewhere else 0
    cuts = day_cuts(frame.policy, sums.late_s, sums.early_s, missing)
    cuts += status_cut(frame.policy, "absent") if status == "absent" else []
    return DayLine(
        day=day.isoformat(), status=status, time_in=sums.time_in, time_out=sums.time_out, late_s=sums.late_s,
        early_s=sums.early_s, overtime_s=sums.overtime_s,
        missing=tuple(sums.missing) if status != "absent" else (),
        provisional=sums.open or any(not one.punch.firm for one in seen) or bool(unsure),
        cut_bp=sum(cut for cut, _ in cuts), why=(*sums.why, *(words for _, words in cuts)),
    )  # fmt: skip


_SAID = {
    "time_unknown": "jam belum pasti, belum dihitung",
    "closed": "di luar jam absen, tidak dihitung",
    "duplicate": "ulangan, tidak dihitung",
    "extra": "tambahan, sesi ini sudah ada",
    "outside": "di luar sesi",
}


def _add_slot(
    sums: _Sums, person: Subject, slot: Slot, seen: list[_Seen], excused: str, frame: Frame
) -> None:
    session = slot.session
    mine = [
        one for one in seen
        if one.judged.slot and one.judged.slot.session.name == session.name
        and one.judged.verdict.outcome == "take" and one.judged.verdict.code not in ("extra", "outside")
    ]  # fmt: skip
    if not mine:
        if not person.stayed(midnight_ms(slot.day, frame.zone) + slot.due_s * 1000):
            sums.elsewhere = True
            sums.why.append(f"{session.name}: belum atau tidak lagi terdaftar")
        elif session.kind == excused:
            sums.why.append(f"{session.name}: dibebaskan, setengah hari")
        elif frame.now_ms < midnight_ms(slot.day, frame.zone) + slot.closes_s * 1000:
            sums.open = True
            sums.why.append(f"{session.name}: belum ditutup")
        else:
            sums.missing.append(session.name)
            sums.why.append(f"{session.name}: tidak ada absen")
        return
    one = mine[-1] if session.kind == "out" else mine[0]
    verdict = one.judged.verdict
    sums.found += 1
    sums.late_s, sums.early_s = sums.late_s + verdict.late_s, sums.early_s + verdict.early_s
    sums.overtime_s += verdict.overtime_s
    if session.kind == "in":
        sums.time_in = sums.time_in or _clock(one, frame)
    elif session.kind == "out":
        sums.time_out = _clock(one, frame)
    sums.why.append(_sentence(one, slot, frame))


def _take_chosen(sums: _Sums, chosen: list[_Seen], frame: Frame) -> None:
    """Punches outside the sessions whose direction the person chose stand in for one that has none."""
    for one in chosen:
        if one.judged.verdict.direction == "in" and not sums.time_in:
            sums.time_in = _clock(one, frame)
        elif one.judged.verdict.direction == "out" and not sums.time_out:
            sums.time_out = _clock(one, frame)


def _sentence(one: _Seen, slot: Slot, frame: Frame) -> str:
    verdict, session = one.judged.verdict, slot.session
    words = f"{session.name}: absen {_clock(one, frame)}, batas {_hms(one.judged.due_s)}"
    if session.grace_min:
        words += f", toleransi {session.grace_min} menit"
    if verdict.late_s:
        return words + f": terlambat {span(verdict.late_s)}"
    if verdict.early_s:
        return words + f": pulang awal {span(verdict.early_s)}"
    if verdict.overtime_s:
        return words + f": lembur {span(verdict.overtime_s)}"
    return words + ": sesuai"


def _clock(one: _Seen, frame: Frame) -> str:
    return local(one.punch.at.wall_ms, frame.zone).isoformat(timespec="seconds")[11:19]


def _hms(seconds: int) -> str:
    seconds %= DAY_S
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def days_of(period: Literal["day", "week", "month"], day: date) -> list[date]:
    """The days of the period that holds `day`; a week begins on Monday."""
    first = day
    if period == "week":
        first = day - day.weekday() * ONE_DAY
    elif period == "month":
        first = day.replace(day=1)
    count = {"day": 1, "week": 7}.get(period) or ((first + 31 * ONE_DAY).replace(day=1) - first).days
    return [first + n * ONE_DAY for n in range(count)]
