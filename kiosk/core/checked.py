"""Reading a TOML file into a typed struct with *all* its errors at once, each with its line.

msgspec stops at the first error; a technician over SSH wants them all, and "did you mean".
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


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
        super().__init__("\n".join(f"{name}: {fault}" for fault in faults))
        self.name = name
        self.faults = faults


def read_toml(text: str, type_: type[T], name: str) -> T:
    """The struct described by `text`; `name` stands in messages. Raises `BadFileError`."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise BadFileError(
            name, [Fault(int(found[1]) if found else 0, "", f"not TOML: {error}")]
        ) from error
    faults = _struct_faults(tree, type_, (), text)
    if faults:
        raise BadFileError(name, faults)
    return msgspec.convert(tree, type_)


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line (from 1) on which the key at `path` is set, or 0 when it is not written down."""
    header: tuple[str | int, ...] = ()
    counts: dict[str, int] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if table := re.fullmatch(r"\[\[\s*([\w.\-]+)\s*\]\].*", line):
            name = table[1]
            counts[name] = counts.get(name, -1) + 1
            header = (*name.split("."), counts[name])
        elif table := re.fullmatch(r"\[\s*([\w.\-]+)\s*\].*", line):
            header = tuple(table[1].split("."))
        if header and header == path:
            return number
        if (key := re.match(r"([\w\-]+)\s*=", line)) and (*header, key[1]) == path:
            return number
    return line_of(text, path[:-1]) if len(path) > 1 else 0


def _struct_faults(
    tree: dict[str, Any],
    type_: type[msgspec.Struct],
    path: tuple[str | int, ...],
    text: str,
) -> list[Fault]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(type_)}
    faults = []
    for key, value in tree.items():
        here = (*path, key)
        if key not in fields:
            faults.append(_unknown(key, here, list(fields), text))
        else:
            faults += _value_faults(value, fields[key].type, here, text)
    faults += [
        Fault(
            line_of(text, path) if path else 0,
            name,
            f"{_dotted((*path, name))} is missing",
        )
        for name, field in fields.items()
        if field.required and name not in tree
    ]
    return faults


def _value_faults(
    value: Any, wanted: Any, path: tuple[str | int, ...], text: str
) -> list[Fault]:
    info = msgspec.inspect.type_info(wanted)
    if isinstance(info, msgspec.inspect.UnionType):
        structs = [t for t in info.types if isinstance(t, msgspec.inspect.StructType)]
        if len(structs) == 1:
            info = structs[0]
    if isinstance(info, msgspec.inspect.StructType) and isinstance(value, dict):
        return _struct_faults(value, info.cls, path, text)
    if isinstance(
        info, msgspec.inspect.VarTupleType | msgspec.inspect.ListType
    ) and isinstance(value, list):
        item = info.item_type
        if isinstance(item, msgspec.inspect.StructType):
            return [
                fault
                for index, entry in enumerate(value)
                if isinstance(entry, dict)
                for fault in _struct_faults(entry, item.cls, (*path, index), text)
            ]
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        why = _suggested(str(error).split(" - at ")[0], value, info)
        return [Fault(line_of(text, path), _dotted(path), f"{_dotted(path)}: {why}")]
    return []


def _unknown(
    key: str, path: tuple[str | int, ...], known: list[str], text: str
) -> Fault:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    advice = (
        f"did you mean {near[0]!r}?"
        if near
        else f"known here: {', '.join(sorted(known))}"
    )
    return Fault(
        line_of(text, path), _dotted(path), f"unknown key {_dotted(path)}; {advice}"
    )


def _suggested(why: str, value: Any, info: msgspec.inspect.Type) -> str:
    if isinstance(info, msgspec.inspect.LiteralType):
        words = [str(word) for word in info.values]
        near = difflib.get_close_matches(str(value), words, n=1, cutoff=0.5)
        return f"{value!r} is not one of {', '.join(words)}" + (
            f"; did you mean {near[0]!r}?" if near else ""
        )
    return why[:1].lower() + why[1:]


def _dotted(path: tuple[str | int, ...]) -> str:
    text = ""
    for part in path:
        text += (
            f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
        )
    return text
