"""A roster of the centre, applied in turns under 20 ms; killed at any moment, it is applied again whole.

Nothing is written that is already so, and the `roster` record that makes the version count comes last.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import msgspec

from kiosk.core import payload
from kiosk.core.api import PersonRow, PutPeople
from kiosk.core.identity import BadNumberError, parse_number
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.journal import Entry
from kiosk.daemon.roster import CENTRE, TURN_S
from kiosk.daemon.rules_files import CentreRules, RuleBook
from kiosk.daemon.store import PersonState
from sync.documents import Decision, RosterAbsence, RosterContent, RosterPerson

log = logging.getLogger(__name__)
LONGEST_DAYS = 1_100
MOST_WORDS = 50
PAGE = 100


@dataclass(frozen=True, slots=True)
class Due:
    """A roster that is new here: what it says, checked as far as can be done beside the engine."""

    version: int
    site: str
    whole: bool
    body_sha256: str
    content: RosterContent
    rows: tuple[PersonRow, ...]
    numbers: frozenset[str]
    rules: CentreRules
    faults: tuple[str, ...]


def rows_of(people: Iterable[RosterPerson]) -> tuple[tuple[PersonRow, ...], frozenset[str]]:
    """The people as rows of a list, and their numbers as the store keeps them."""
    rows = tuple(
        PersonRow(line, one.number, one.name, one.category, one.unit, one.active)
        for line, one in enumerate(people, 1)
    )
    return rows, frozenset(_number(row.number) for row in rows)


class Applied(msgspec.Struct, frozen=True):
    """What became of a roster: the record that was written, and what could not be used."""

    record: payload.RosterApplied
    errors: tuple[str, ...]


class RosterDown:
    """Applies rosters; every method runs on the engine's thread."""

    def __init__(self, core: CoreState, book: RuleBook) -> None:
        self._core, self._book = core, book

    def last(self) -> payload.RosterApplied | None:
        """The roster in force."""
        rows = self._core.store.desk(payload.RosterApplied)
        return rows[-1].record if rows else None

    def apply(self, due: Due) -> Iterator[Applied | None]:
        """A bulk job; the last value is the result. Raises `StoreError`; the next try goes on from there."""
        errors = list(due.faults)
        changes = _Changes()
        yield from self._people(due, changes, errors)
        yield from self._absent(due, changes)
        yield from self._absences(due, errors)
        yield from self._decisions(due.content.decisions, errors)
        self._book.centre = due.rules
        record = payload.RosterApplied(
            version=due.version, site=due.site, body_sha256=due.body_sha256, added=changes.added,
            changed=changes.changed, deactivated=changes.deactivated, refused=len(errors),
            policy=self._book.policy.version, calendar=self._book.calendar.version,
            templates_shared=due.content.templates_shared,
        )  # fmt: skip
        self._core.journal.note(record)
        log.info(
            "roster %d: %d new, %d changed, %d deactivated, %d refused; policy %s",
            due.version, changes.added, changes.changed, changes.deactivated, len(errors), record.policy,
        )  # fmt: skip
        yield Applied(record, tuple(errors[:MOST_WORDS]))

    def _people(self, due: Due, changes: _Changes, errors: list[str]) -> Iterator[None]:
        before = len(errors)
        for result in self._core.roster.put(PutPeople(rows=due.rows, source=CENTRE)):
            changes.added, changes.changed = result.added, result.changed
            errors[before:] = [f"{error.number}: {error.message}" for error in result.errors]
            yield None

    def _absent(self, due: Due, changes: _Changes) -> Iterator[None]:
        """Who came from the centre and is not on its list any more is not active."""
        for written in self._in_turns(self._gone(self._missing(due))):
            changes.deactivated += written
            yield None

    def _missing(self, due: Due) -> Iterator[PersonState | None]:
        store = self._core.store
        if not due.whole:
            found = (store.person_by_number(_number(text)) for text in due.content.gone_people)
            yield from (one if one and one.active else None for one in found)
            return
        after = 0
        while page := store.active_after(after, PAGE):
            after = page[-1][0]
            yield from (None if one.number in due.numbers else one for _, one in page)

    def _in_turns(self, entries: Iterator[Entry | None]) -> Iterator[int]:
        """Write `entries`, as many as there is time for in one turn; how many each time."""
        more = True
        while more:
            end, more, written = time.monotonic() + TURN_S, False, 0
            with self._core.journal.batch() as append:
                for entry in entries:
                    if entry is not None:
                        append(entry)
                        written += 1
                    if time.monotonic() >= end:
                        more = True
                        break
            yield written

    def _gone(self, people: Iterable[PersonState | None]) -> Iterator[Entry | None]:
        for person in people:
            if person is None or self._core.store.person_source(person.person_id) != CENTRE:
                yield None
                continue
            record = payload.Person(
                person_id=person.person_id, category=person.category, active=False, source=CENTRE
            )
            text = payload.PersonPrivate(number=person.number, name=person.name, unit=person.unit)
            yield Entry(record, self._core.clock.now(), text)

    def _absences(self, due: Due, errors: list[str]) -> Iterator[None]:
        store, content = self._core.store, due.content
        have = {
            row.record.absence_id: row.record
            for row in store.desk(payload.Absence)
            if row.record.source == CENTRE
        }
        listed = {one.id for one in content.absences}
        dropped = have.keys() - listed if due.whole else have.keys() & set(content.gone_absences)
        new = [one for one in content.absences if one.id not in have]
        for _ in self._in_turns(self._dropped(have[id_] for id_ in sorted(dropped))):
            yield None
        for _ in self._in_turns(self._away(new, errors)):
            yield None

    def _dropped(self, absences: Iterable[payload.Absence]) -> Iterator[Entry]:
        for one in absences:
            dropped = payload.AbsenceDropped(absence_id=one.absence_id, person_id=one.person_id, actor=CENTRE)
            yield Entry(dropped, self._core.clock.now())

    def _away(self, absences: Iterable[RosterAbsence], errors: list[str]) -> Iterator[Entry | None]:
        for one in absences:
            person = self._core.store.person_by_number(_number(one.number))
            if person is None or (wrong := _wrong_days(one)):
                why = wrong if person else "nobody here has this number"
                errors.append(f"{one.number}: {one.kind} {one.first}: {why}")
                yield None
                continue
            record = payload.Absence(
                absence_id=one.id, person_id=person.person_id, kind=one.kind, first=one.first, last=one.last,
                source=CENTRE, half=one.half,
            )  # fmt: skip
            text = payload.NotePrivate(letter=one.letter[:120], note=one.note[:1_000])
            yield Entry(record, self._core.clock.now(), text if one.letter or one.note else None)

    def _decisions(self, decisions: Iterable[Decision], errors: list[str]) -> Iterator[None]:
        known = {row.record.decision_id for row in self._core.store.desk(payload.Decided)}
        mine = {ledger.ledger_id for ledger in self._core.store.ledgers()}
        new = (one for one in decisions if one.id not in known and one.ledger_id in mine)
        for _ in self._in_turns(self._decided(new, errors)):
            yield None

    def _decided(self, decisions: Iterable[Decision], errors: list[str]) -> Iterator[Entry | None]:
        for one in decisions:
            person_id = self._core.store.puncher(one.ledger_id, one.seq)
            if person_id is None:
                errors.append(f"decision {one.id}: record {one.seq} is no punch")
                yield None
                continue
            record = payload.Decided(
                decision_id=one.id, ledger_id=one.ledger_id, punch_seq=one.seq, person_id=person_id,
                ruling=one.ruling,
            )  # fmt: skip
            text = payload.NotePrivate(note=one.note[:1_000]) if one.note else None
            yield Entry(record, self._core.clock.now(), text)


@dataclass(slots=True)
class _Changes:
    added: int = 0
    changed: int = 0
    deactivated: int = 0


def _number(text: str) -> str:
    """As the store keeps it; what is no number stands for itself."""
    try:
        return parse_number(text).text
    except BadNumberError:
        return text


def _wrong_days(one: RosterAbsence) -> str:
    try:
        days = (date.fromisoformat(one.last) - date.fromisoformat(one.first)).days
    except ValueError:
        return "no such day"
    return "" if 0 <= days <= LONGEST_DAYS else "it ends before it begins, or lasts for years"
