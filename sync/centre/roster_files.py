"""A roster from an office's files: people and absences as CSV, policy and calendar as TOML."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from kiosk.core.absence_csv import COLUMNS, AbsenceLine, read_absences
from kiosk.core.checked import BadFileError, read_text
from kiosk.core.policy_file import read_calendar, read_policy
from kiosk.core.roster_csv import BadRosterError, read_roster, read_table
from sync.centre.rosters import absence_id
from sync.documents import RosterAbsence, RosterContent, RosterPerson


class BadRosterFileError(ValueError):
    """A file as a whole cannot be used; the words say what to do."""


@dataclass(slots=True)
class Reading:
    """What the files say, on top of what was there; `refused` are rows that cannot be used, in words."""

    content: RosterContent
    refused: list[str] = field(default_factory=list)

    def file(self, path: Path) -> None:
        """Take one file in, whatever it is. Raises `BadRosterFileError`, `OSError`."""
        raw = path.read_bytes()
        try:
            if path.suffix.lower() == ".toml":
                self._rules(read_text(raw, str(path)), path)
            elif _is_absences(raw):
                self._absences(raw, path)
            else:
                self._people(raw, path)
        except BadRosterError as error:
            raise BadRosterFileError(f"{path}: {error}; {error.hint}") from error
        except BadFileError as error:
            raise BadRosterFileError(str(error)) from error

    def _people(self, raw: bytes, path: Path) -> None:
        roster = read_roster(raw)
        self.refused += [f"{path}:{e.line}: {e.number}: {e.message} (ask {e.ask})" for e in roster.errors]
        people = tuple(
            RosterPerson(row.number, row.name, row.unit or "", row.category, row.active is not False)
            for row in roster.rows
        )
        self.content = msgspec.structs.replace(self.content, people=people)

    def _absences(self, raw: bytes, path: Path) -> None:
        lines, errors = read_absences(raw)
        self.refused += [f"{path}:{e.line}: {e.number}: {e.message}" for e in errors]
        known = {person.number for person in self.content.people}
        self.refused += [
            f"{path}:{one.line}: {one.number}: nobody on the list of people has this number"
            for one in lines
            if known and one.number not in known
        ]
        rows = {row.id: row for row in map(_absence, lines) if not known or row.number in known}
        self.content = msgspec.structs.replace(self.content, absences=tuple(rows.values()))

    def _rules(self, text: str, path: Path) -> None:
        """A calendar is what reads as one; anything else is held to be a policy, with its faults."""
        try:
            read_calendar(text, str(path))
        except BadFileError:
            read_policy(text, str(path))
            self.content = msgspec.structs.replace(self.content, policy=text)
        else:
            self.content = msgspec.structs.replace(self.content, calendar=text)


def _absence(one: AbsenceLine) -> RosterAbsence:
    row = RosterAbsence("", one.number, one.kind, one.first, one.last, one.half, one.letter, one.note)
    return msgspec.structs.replace(row, id=absence_id(row))


def _is_absences(raw: bytes) -> bool:
    try:
        read_table(raw, COLUMNS, ("number", "kind", "first"), "")
    except BadRosterError:
        return False
    return True
