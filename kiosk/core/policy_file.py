"""Reading a policy or calendar file: grammar, types and sense, all faults at once with their lines."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core.checked import BadFileError, Fault, dotted, line_of, read_toml
from kiosk.core.policy import Calendar, Policy
from kiosk.core.policy_faults import Found, calendar_faults, placed_faults, unknown_people


def read_policy(text: str, name: str, known: Callable[[str], bool] | None = None) -> Policy:
    """The policy in `text`; `name` stands in messages. Raises `BadFileError`.

    With `known`, which says whether somebody has a number, people nobody has entered are faults too.
    """
    policy = read_toml(text, Policy, name)
    _refuse(text, name, [*placed_faults(policy), *(unknown_people(policy, known) if known else ())])
    return policy


def read_calendar(text: str, name: str) -> Calendar:
    """The calendar in `text`; `name` stands in messages. Raises `BadFileError`."""
    calendar = read_toml(text, Calendar, name)
    _refuse(text, name, calendar_faults(calendar))
    return calendar


def _refuse(text: str, name: str, found: list[Found]) -> None:
    if found:
        raise BadFileError(name, [Fault(line_of(text, path), dotted(path), words) for path, words in found])
