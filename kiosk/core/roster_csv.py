"""People from a CSV file as offices keep them: any delimiter, English or Bahasa headers, Excel's habits.

Each row that cannot be used is an error with its line and the part that is wrong; the others are rows.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kiosk.core.api import PersonRow, RowError
from kiosk.core.identity import BadNumberError, parse_number

OPERATOR = "the unit's operator"
TEXT_COLUMN = "whoever made the file: format the column as Text before typing or pasting the numbers"
MAX_BYTES = 32 * 1024 * 1024
_HEADERS = {
    "number": ("nip", "nipppk", "nip/nipppk", "nik", "number", "nomor", "nomor induk", "no induk", "id"),
    "name": ("name", "nama", "nama lengkap", "full name", "nama pegawai"),
    "category": ("category", "kategori", "golongan", "status pegawai", "jenis pegawai"),
    "unit": ("unit", "unit kerja", "opd", "instansi", "bagian"),
    "active": ("active", "aktif"),
}
_COLUMNS = {header: column for column, headers in _HEADERS.items() for header in headers}
_CATEGORIES = {
    "pns": "PNS",
    "cpns": "PNS",
    "p3k": "P3K",
    "pppk": "P3K",
    "honorer": "honorer",
    "honor": "honorer",
    "non asn": "honorer",
    "guest": "guest",
    "tamu": "guest",
}
_YES = ("", "1", "y", "ya", "yes", "true", "aktif", "active")
_NO = ("0", "n", "t", "tidak", "no", "false", "nonaktif", "inactive")
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)


class BadRosterError(ValueError):
    """The file as a whole cannot be used; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Roster:
    """What a file holds: `ignored` names the columns nobody here knows."""

    rows: tuple[PersonRow, ...]
    errors: tuple[RowError, ...]
    ignored: tuple[str, ...]


def read_roster(raw: bytes) -> Roster:
    """The people in a CSV file. Raises `BadRosterError` when it is no such file at all."""
    hint = "begin with a line such as: nip,name,category,unit (or nip,nama,golongan,unit kerja)"
    table = read_table(raw, _COLUMNS, ("number", "name"), hint)
    return _without_duplicates([_row(line, cells) for line, cells in table.rows], table.ignored)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a CSV file by its known columns, each with its line; `ignored` are unknown headers."""

    rows: tuple[tuple[int, dict[str, str]], ...]
    ignored: tuple[str, ...]


def read_table(raw: bytes, columns: Mapping[str, str], needed: Sequence[str], hint: str) -> Table:
    """A CSV file by its headers; `columns` says which column each header names. Raises `BadRosterError`."""
    lines = _lines(_text(raw))
    reader = csv.reader(lines, delimiter=_delimiter(lines, columns))
    try:
        header = next((row for row in reader if any(cell.strip() for cell in row)), [])
        if header and header[0].lower().startswith("sep="):
            header = next(reader, [])
        names = _named_columns(header, columns, needed, hint)
        rows, begun = [], reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((begun, dict(zip(names, row, strict=False))))
            begun = reader.line_num + 1
    except csv.Error as error:
        raise BadRosterError(
            f"line {reader.line_num}: {error}", "look for a quote that is never closed"
        ) from error
    return Table(tuple(rows), tuple(h.strip() for h in header if h.strip() and not _named(h, columns)))


def _text(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise BadRosterError(f"{len(raw)} bytes are no list of people", "split the file by unit")
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BadRosterError("this is an Excel workbook", "in Excel: Save As, type 'CSV UTF-8'")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _lines(text: str) -> list[str]:
    if "\0" in text:
        raise BadRosterError("this is no text file", "export the list as CSV (UTF-8)")
    return re.split(r"(?<=\n)", text.replace("\r\n", "\n").replace("\r", "\n"))


def _delimiter(lines: Sequence[str], columns: Mapping[str, str]) -> str:
    """The one that makes most known columns of the first written line."""
    first = next((line for line in lines if line.strip() and not line.lower().startswith("sep=")), "")
    return max(",;\t|", key=lambda mark: sum(_named(cell, columns) is not None for cell in first.split(mark)))


def _named(header: str, columns: Mapping[str, str]) -> str | None:
    return columns.get(" ".join(header.strip(" \n\t\"'*:.").lower().replace("_", " ").split()))


def _named_columns(
    header: Sequence[str], columns: Mapping[str, str], needed: Sequence[str], hint: str
) -> list[str]:
    names = [_named(cell, columns) or f"?{index}" for index, cell in enumerate(header)]
    missing = [name for name in needed if name not in names]
    if missing:
        raise BadRosterError(f"the first line names no column for the {' and the '.join(missing)}", hint)
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadRosterError(f"the first line names the {', '.join(sorted(twice))} twice", hint)
    return names


def _row(line: int, cells: dict[str, str]) -> PersonRow | RowError:
    cells = {name: " ".join(cell.split()) for name, cell in cells.items()}
    written = cells.get("number", "")
    name, category, active = cells.get("name", ""), cells.get("category", ""), cells.get("active", "").lower()
    try:
        number = number_in(written)
        if not name:
            raise BadNumberError("name", "the name is empty", OPERATOR)
        if active not in _YES and active not in _NO:
            raise BadNumberError("active", f"{active!r} is neither ya nor tidak", OPERATOR)
    except BadNumberError as error:
        return RowError(line, written[:40], error.part, str(error), error.ask)
    category = _CATEGORIES.get(category.lower().replace("-", " "), category)
    said = active in _YES if "active" in cells else None
    return PersonRow(line, number, name, category, cells.get("unit"), said)


def number_in(written: str) -> str:
    """The number in a cell, past a spreadsheet's quotes. Raises `BadNumberError`."""
    written = re.sub(r'^="?(.*?)"?$', r"\1", written.strip().removeprefix("'"))
    if _ROUNDED.fullmatch(written):
        why = f"{written}: a spreadsheet has rounded this number, its last digits are lost"
        raise BadNumberError("spreadsheet", why, TEXT_COLUMN)
    try:
        return parse_number(written).text
    except BadNumberError as error:
        if error.part == "serial" and written.endswith("000"):
            why = f"{error}; spreadsheets keep 15 digits only and make the last three 000"
            raise BadNumberError("serial", why, TEXT_COLUMN) from error
        raise


def _without_duplicates(parsed: list[PersonRow | RowError], ignored: tuple[str, ...]) -> Roster:
    rows: dict[str, PersonRow] = {}
    errors = []
    for row in parsed:
        if isinstance(row, RowError):
            errors.append(row)
        elif row.number in rows:
            why = f"the same number stands on line {rows[row.number].line}"
            errors.append(RowError(row.line, row.number, "number", why, OPERATOR))
        else:
            rows[row.number] = row
    return Roster(tuple(rows.values()), tuple(errors), ignored)
