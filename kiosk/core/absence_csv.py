"""Leave, permission, sickness and field duty from a CSV file, with English or Bahasa headers and words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeVar

from kiosk.core.api import RowError
from kiosk.core.identity import BadNumberError
from kiosk.core.payload import AbsenceKind
from kiosk.core.roster_csv import OPERATOR, number_in, read_table

T = TypeVar("T")
HINT = "begin with a line such as: nip,kind,first,last,letter (or nip,jenis,mulai,sampai,no surat)"
MOST_TEXT = 120
_HEADERS = {
    "number": ("nip", "nipppk", "nip/nipppk", "nik", "number", "nomor", "nomor induk", "no induk", "id"),
    "kind": ("kind", "jenis", "keterangan", "alasan"),
    "first": ("first", "from", "mulai", "tanggal mulai", "dari", "tanggal"),
    "last": ("last", "to", "sampai", "selesai", "tanggal selesai", "hingga"),
    "half": ("half", "setengah hari"),
    "letter": ("letter", "no surat", "nomor surat", "surat", "surat tugas"),
    "note": ("note", "catatan"),
}
COLUMNS = {header: column for column, headers in _HEADERS.items() for header in headers}
_KINDS: dict[str, AbsenceKind] = {
    "leave": "leave",
    "cuti": "leave",
    "permission": "permission",
    "izin": "permission",
    "ijin": "permission",
    "sick": "sick",
    "sakit": "sick",
    "field duty": "field_duty",
    "dinas luar": "field_duty",
    "dl": "field_duty",
    "tugas luar": "field_duty",
}
_HALVES: dict[str, Literal["", "morning", "afternoon"]] = {
    "": "",
    "morning": "morning",
    "pagi": "morning",
    "afternoon": "afternoon",
    "siang": "afternoon",
    "sore": "afternoon",
}


@dataclass(frozen=True, slots=True)
class AbsenceLine:
    """One absence as it stands in a file; days are ISO dates."""

    line: int
    number: str
    kind: AbsenceKind
    first: str
    last: str
    half: Literal["", "morning", "afternoon"]
    letter: str
    note: str


def read_absences(raw: bytes) -> tuple[tuple[AbsenceLine, ...], tuple[RowError, ...]]:
    """The absences in a CSV file, and the rows that cannot be used. Raises `BadRosterError`."""
    lines, errors = [], []
    for line, cells in read_table(raw, COLUMNS, ("number", "kind", "first"), HINT).rows:
        made = _line(line, {name: " ".join(cell.split()) for name, cell in cells.items()})
        if isinstance(made, RowError):
            errors.append(made)
        else:
            lines.append(made)
    return tuple(lines), tuple(errors)


def _line(line: int, cells: dict[str, str]) -> AbsenceLine | RowError:
    try:
        number = number_in(cells.get("number", ""))
        kind = _word(_KINDS, cells.get("kind", ""), "kind")
        half = _word(_HALVES, cells.get("half", ""), "half")
        first = _day(cells.get("first", ""), "first")
        last = _day(cells["last"], "last") if cells.get("last") else first
    except BadNumberError as error:
        return RowError(line, cells.get("number", "")[:40], error.part, str(error), error.ask)
    if last < first:
        return RowError(line, number, "last", "it ends before it begins", OPERATOR)
    letter, note = cells.get("letter", "")[:MOST_TEXT], cells.get("note", "")[: MOST_TEXT * 8]
    return AbsenceLine(line, number, kind, first.isoformat(), last.isoformat(), half, letter, note)


def _word(words: dict[str, T], written: str, part: str) -> T:
    found = words.get(written.lower().replace("_", " ").replace("-", " "))
    if found is None:
        raise BadNumberError(part, f"{written[:30]!r} is none of {', '.join(filter(None, words))}", OPERATOR)
    return found


def _day(written: str, part: str) -> date:
    for form in ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y"):
        try:
            return datetime.strptime(written, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise BadNumberError(part, f"{written[:20]!r} is no day such as 2026-03-02 or 02/03/2026", OPERATOR)
