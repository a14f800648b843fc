"""Reading a TOML file into a typed struct with *all* its errors at once, each with its line.

msgspec and tomllib stop at the first error; a technician over SSH wants them all, and "did you mean".
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from kiosk.core.toml_lines import Path, lines_of_keys
from kiosk.core.toml_words import meant, why_no_toml, why_no_value

T = TypeVar("T", bound=msgspec.Struct)

MAX_SYNTAX_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file; `line` is 0 when it has no single line."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


class BadFileError(ValueError):
    """A file cannot be used; `faults` says everything that is wrong with it."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        faults = sorted(faults, key=lambda fault: fault.line)
        super().__init__("\n".join(f"{name}: {fault}" for fault in faults))
        self.name = name
        self.faults = faults


def read_text(raw: bytes, name: str) -> str:
    """The text of a file in UTF-8, without its byte order mark. Raises `BadFileError`."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadFileError(name, [Fault(line, "", "not UTF-8 text; save the file as UTF-8")]) from error


def read_toml(text: str, type_: type[T], name: str) -> T:
    """The struct described by `text`; `name` stands in messages. Raises `BadFileError`."""
    faults, readable = _without_syntax_faults(text)
    if readable is None:
        raise BadFileError(name, faults)
    tree = tomllib.loads(readable)
    reader = _Checker(type_, lines_of_keys(readable), complete=not faults)
    faults += reader.struct(tree, type_, ())
    if faults:
        raise BadFileError(name, faults)
    try:
        return msgspec.convert(tree, type_)
    except msgspec.ValidationError as error:
        raise BadFileError(name, [Fault(0, "", str(error))]) from error


def line_of(text: str, path: Path) -> int:
    """The line (from 1) on which the key at `path` is set, or that of the table around it; else 0."""
    return _nearest(lines_of_keys(text), path)


def dotted(path: Path) -> str:
    """How a path is said: `reader[2].port`."""
    parts = (f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def _nearest(lines: dict[Path, int], path: Path) -> int:
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return 0


def _without_syntax_faults(text: str) -> tuple[list[Fault], str | None]:
    """The mistakes in the grammar, and the text without their lines if the rest can still be checked."""
    faults: list[Fault] = []
    lines = text.split("\n")
    while len(faults) < MAX_SYNTAX_FAULTS:
        try:
            tomllib.loads("\n".join(lines))
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            found = re.search(r"at line (\d+)", str(error))
            number = int(found[1]) if found else _last_written(lines)
            line = lines[number - 1].strip()
            faults.append(Fault(number, "", why_no_toml(str(error), line)))
            # a header that cannot be read would put the keys below it into the wrong table
            if not line or line[0] in "[]{}" or "Unterminated" in str(error) or "Unclosed" in str(error):
                return faults, None
            lines[number - 1] = ""
        else:
            return faults, "\n".join(lines)
    return faults, None


def _last_written(lines: list[str]) -> int:
    return max((number for number, line in enumerate(lines, 1) if line.strip()), default=1)


class _Checker:
    def __init__(self, root: type[msgspec.Struct], lines: dict[Path, int], *, complete: bool) -> None:
        self._root = root
        self._lines = lines
        self._complete = complete

    def struct(self, tree: dict[str, Any], type_: type[msgspec.Struct], path: Path) -> list[Fault]:
        fields = {field.encode_name: field for field in msgspec.structs.fields(type_)}
        faults = []
        for key, value in tree.items():
            here = (*path, key)
            if key not in fields:
                faults.append(self._unknown(key, here, list(fields)))
            else:
                faults += self._value(value, fields[key].type, here)
        if self._complete:
            faults += [
                self._fault((*path, name), f"{dotted((*path, name))} is missing")
                for name, field in fields.items()
                if field.required and name not in tree
            ]
        return faults

    def _value(self, value: Any, wanted: Any, path: Path) -> list[Fault]:
        struct, many = struct_in(wanted)
        if struct and many:
            return self._tables(value, struct, path)
        if struct and isinstance(value, dict):
            return self.struct(value, struct, path)
        if struct:
            return [self._fault(path, f"{dotted(path)}: a table is wanted, not a value: [{dotted(path)}]")]
        try:
            msgspec.convert(value, wanted)
        except msgspec.ValidationError as error:
            return [self._fault(path, f"{dotted(path)}: {why_no_value(str(error), value, wanted)}")]
        return []

    def _tables(self, value: Any, struct: type[msgspec.Struct], path: Path) -> list[Fault]:
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            name = dotted(path)
            return [self._fault(path, f"{name}: there may be several; write [[{name}]] with two brackets")]
        return [
            fault for index, entry in enumerate(value) for fault in self.struct(entry, struct, (*path, index))
        ]

    def _unknown(self, key: str, path: Path, known: list[str]) -> Fault:
        home = next((table for table, names in _tables_of(self._root, ()) if key in names), None)
        if near := meant(key, known):
            advice = f"did you mean {near!r}?"
        elif home is not None:
            advice = f"it belongs into [{dotted(home)}]" if home else "it belongs above the first [table]"
        else:
            advice = f"known here: {', '.join(sorted(known))}"
        return self._fault(path, f"unknown key {dotted(path)}; {advice}")

    def _fault(self, path: Path, message: str) -> Fault:
        return Fault(_nearest(self._lines, path), dotted(path), message)


def struct_in(type_: Any) -> tuple[type[msgspec.Struct] | None, bool]:
    """The struct that a field of this type holds (alone or optionally), and whether it holds many."""
    wanted = inspect.type_info(type_)
    if isinstance(wanted, inspect.UnionType):
        structs = [t for t in wanted.types if isinstance(t, inspect.StructType)]
        return (structs[0].cls, False) if len(structs) == 1 else (None, False)
    if isinstance(wanted, inspect.VarTupleType) and isinstance(wanted.item_type, inspect.StructType):
        return wanted.item_type.cls, True
    return (wanted.cls, False) if isinstance(wanted, inspect.StructType) else (None, False)


def _tables_of(type_: type[msgspec.Struct], path: Path) -> Iterator[tuple[Path, list[str]]]:
    fields = msgspec.structs.fields(type_)
    yield path, [field.encode_name for field in fields]
    for field in fields:
        struct, _ = struct_in(field.type)
        if struct:
            yield from _tables_of(struct, (*path, field.encode_name))
