"""Changing one value in a TOML text, everything else (comments, order, spacing) as it was."""

from __future__ import annotations

import json
import re
from datetime import date, time

from kiosk.core.toml_lines import Path, lines_of_keys

_PART = re.compile(r"([A-Za-z0-9_-]+)(?:\[(\d+)\])?")
_VALUE = re.compile(
    r"""(?P<head>[^=]*=\s*)(?P<value>(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^#"'])*?)(?P<tail>\s*(?:\#.*)?)$"""
)

Value = str | bool | int | float | date | time | list["Value"] | tuple["Value", ...]


class CannotEditError(ValueError):
    """The text has no place for such a key, or its value runs over several lines."""


def parse_path(dotted: str) -> Path:
    """The path that is written `reader[1].port`; entries count from 1. Raises `CannotEditError`."""
    path: Path = ()
    for part in dotted.split("."):
        found = _PART.fullmatch(part)
        if found is None or found[2] == "0":
            raise CannotEditError(f"{dotted!r} is no key such as sync.port or reader[1].port")
        path += (found[1],) if found[2] is None else (found[1], int(found[2]) - 1)
    if isinstance(path[-1], int):
        raise CannotEditError(f"{dotted!r} is a table, not a key")
    return path


def with_value(text: str, path: Path, value: Value) -> str:
    """`text` with the key at `path` set to `value`. Raises `CannotEditError`."""
    lines = text.split("\n")
    known = lines_of_keys(text)
    if path in known:
        lines[known[path] - 1] = _replaced(lines[known[path] - 1], literal(value))
        return "\n".join(lines)
    table, key = path[:-1], path[-1]
    new = f"{key} = {literal(value)}"
    if table in known or not table:
        lines.insert(known.get(table, 0), new)
        return "\n".join(lines)
    if any(isinstance(part, int) for part in table):
        raise CannotEditError("there is no such entry to set it in")
    return text.rstrip("\n") + f"\n\n[{'.'.join(map(str, table))}]\n{new}\n"


def literal(value: Value) -> str:
    """`value` as TOML writes it (https://toml.io/en/v1.0.0)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    return repr(value)


def _quoted(value: str) -> str:
    """JSON's escapes are TOML's too; DEL alone must be escaped here and is not there."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _replaced(line: str, value: str) -> str:
    found = _VALUE.fullmatch(line)
    if found is None or found["value"].startswith(('"""', "'''")):
        raise CannotEditError(f"the value runs over several lines: {line.strip()}")
    if found["value"].count("[") != found["value"].count("]"):
        raise CannotEditError(f"the value runs over several lines: {line.strip()}")
    return f"{found['head']}{value}{found['tail']}"
