"""What is wrong in a TOML file, in words that help a technician mend it."""

from __future__ import annotations

import difflib
import re
import typing
from typing import Any

import msgspec
from msgspec import inspect

_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text in quotes",
    "bool": "true or false",
    "array": "a list in [ ]",
    "object": "a table",
    "time": "a time such as 07:30:00 (without quotes)",
    "date": "a date such as 2026-01-31 (without quotes)",
}
_BOUNDS = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than"}


def meant(wrong: str, known: list[str]) -> str:
    """The known word that somebody who wrote `wrong` most likely meant, or ''."""
    folded = {word.casefold(): word for word in known}
    near = difflib.get_close_matches(wrong.casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else ""


def why_no_toml(error: str, line: str) -> str:
    """What `tomllib` says about `line`, with what was likely meant."""
    why = re.sub(r" \(at (line|end).*\)$", "", error)
    value = line.partition("=")[2].strip()
    advice = ""
    if "Cannot overwrite" in why or "Cannot declare" in why:
        why, advice = "this is set a second time", "keep one of the two"
    elif clock := re.match(r"(\d?\d)[:.](\d\d)\s*(#|$)", value):
        advice = f"a time is written {int(clock[1]):02}:{clock[2]}:00"
    elif value.casefold().strip(" ;,") in ("true", "false", "yes", "no", "on", "off"):
        advice = "write true or false, in lower case"
    elif value and value[0].isalpha():
        advice = "text stands in quotes"
    elif ":" in line and "=" not in line:
        advice = "a key is set with ="
    return f"not TOML: {why[:1].lower()}{why[1:]}" + (f"; {advice}" if advice else "")


def why_no_value(error: str, value: Any, type_: Any) -> str:
    """What msgspec says about a `value` that is to be of `type_`."""
    info = inspect.type_info(type_)
    if isinstance(info, inspect.LiteralType):
        return _none_of(value, [str(word) for word in typing.get_args(type_)])
    if isinstance(info, inspect.VarTupleType) and isinstance(value, list):
        return "; ".join(_entries_faults(value, typing.get_args(type_)[0]))
    if limit := re.match(r"Expected `(int|float)` ([<>]=?) (\S+)", error):
        return f"{value} is too {'small' if '>' in limit[2] else 'large'}: {_BOUNDS[limit[2]]} {limit[3]}"
    if re.match(r"Expected `str` of length >= 1", error):
        return "must not be empty"
    if wrong := re.match(r"Expected `(.+?)`, got `(\w+)`", error):
        wanted = " or ".join(_WORDS.get(kind, kind) for kind in wrong[1].split(" | ") if kind != "null")
        quoted = isinstance(value, str) and re.fullmatch(r"[\d.+-]+|true|false", value)
        return f"{wanted} is wanted, not {value!r}" + ("; write it without quotes" if quoted else "")
    if isinstance(info, inspect.TimeType | inspect.DateType):
        return f"{value!r} is not {_WORDS['time' if isinstance(info, inspect.TimeType) else 'date']}"
    return error[:1].lower() + error[1:]


def _entries_faults(values: list[Any], type_: Any) -> list[str]:
    faults = []
    for number, value in enumerate(values, 1):
        try:
            msgspec.convert(value, type_)
        except msgspec.ValidationError as error:
            faults.append(f"entry {number}: {why_no_value(str(error), value, type_)}")
    return faults


def _none_of(value: Any, words: list[str]) -> str:
    near = meant(value, words) if isinstance(value, str) else ""
    return f"{value!r} is not one of {', '.join(words)}" + (f"; did you mean {near!r}?" if near else "")
