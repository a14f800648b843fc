"""`provision --list fleet.csv`: many site files from one, a row a kiosk."""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.core.checked import BadFileError, Fault, read_text
from kiosk.core.site_file import read_site
from kiosk.core.toml_edit import CannotEditError, parse_path
from kiosk.core.toml_write import toml_text

ID = "device.id"


@dataclass(frozen=True, slots=True)
class Member:
    """One kiosk of a fleet, and its site file's text."""

    device_id: str
    text: str


def members(template: Path, fleet: Path) -> list[Member]:
    """A site file for each row; the columns are keys such as device.id or site.latitude.

    Raises `BadFileError` with the faults of every row, `OSError`.
    """
    base = tomllib.loads(read_text(template.read_bytes(), str(template)))
    rows = _rows(read_text(fleet.read_bytes(), str(fleet)), str(fleet))
    made: list[Member] = []
    faults: list[Fault] = []
    for line, row in rows:
        text = toml_text(_with(base, row))
        device_id = row.get(ID, "")
        if device_id in [member.device_id for member in made]:
            faults.append(Fault(line, ID, f"{device_id!r} stands twice: each kiosk has its own"))
        try:
            read_site(text, str(fleet))
        except BadFileError as error:
            faults += [Fault(line, fault.key, f"{device_id}: {fault.message}") for fault in error.faults]
        made.append(Member(device_id, text))
    if faults:
        raise BadFileError(str(fleet), faults)
    return made


def _rows(text: str, name: str) -> list[tuple[int, dict[str, str]]]:
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    columns = [column.strip() for column in reader.fieldnames or []]
    faults = [Fault(1, column, why) for column in columns if (why := _no_column(column))]
    if ID not in columns:
        faults.append(Fault(1, ID, f"there is no column {ID}"))
    if faults:
        raise BadFileError(name, faults)
    reader.fieldnames = columns
    return [
        (
            reader.line_num,
            {key: value.strip() for key, value in row.items() if key and value and value.strip()},
        )
        for row in reader
    ]


def _no_column(column: str) -> str:
    try:
        path = parse_path(column)
    except CannotEditError as error:
        return str(error)
    return "" if all(isinstance(part, str) for part in path) else f"{column!r}: lists have no columns"


def _with(base: dict[str, Any], row: dict[str, str]) -> dict[str, Any]:
    """`base` with the row's values; one that reads as a number is one where a number is wanted."""
    tree = {key: dict(value) if isinstance(value, dict) else value for key, value in base.items()}
    for column, value in row.items():
        *tables, key = column.split(".")
        table = tree
        for name in tables:
            table = table.setdefault(name, {})
        table[key] = _meant(key, value)
    return tree


def _meant(key: str, value: str) -> Any:
    if key in ("latitude", "longitude"):
        value = value.replace(",", ".")
    if key in ("latitude", "longitude", "port", "baud", "password", "window"):
        try:
            return tomllib.loads(f"x = {value}")["x"]
        except tomllib.TOMLDecodeError:
            return value
    return value
