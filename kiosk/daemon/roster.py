"""People entered on the kiosk: rows checked one by one, the good ones written in short turns."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from kiosk.core.api import PersonRow, PutPeople, PutResult, RowError
from kiosk.core.identity import BadNumberError, Number, parse_number
from kiosk.core.payload import Person, PersonPrivate
from kiosk.core.zone import ZoneName, local
from kiosk.daemon.clock import Clock
from kiosk.daemon.journal import Entry, Journal
from kiosk.daemon.store import PersonState, Store

TURN_S = 0.012  # under the lane's 20 ms with the commit that ends it
MAX_NAME = 120
CENTRE = "centre"
CATEGORIES = ("PNS", "P3K", "honorer", "guest")
_BY_KIND = {"nip": "PNS", "nipppk": "P3K", "nik": "honorer", "local": "honorer"}


@dataclass(slots=True)
class _Tally:
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)

    def result(self) -> PutResult:
        return PutResult(self.added, self.changed, self.unchanged, tuple(self.errors))


class Roster:
    """Puts people into the ledger; used on the engine's thread only."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, zone: ZoneName) -> None:
        self._store, self._journal, self._clock, self._zone = store, journal, clock, zone

    def put(self, command: PutPeople) -> Iterator[PutResult]:
        """A bulk job: one turn a yield, the last value is the whole result. Raises `StoreError`."""
        tally, rows = _Tally(), list(reversed(command.rows))
        seen: dict[str, int] = {}
        while True:
            end = time.monotonic() + TURN_S
            with self._journal.batch() as append:
                while rows and time.monotonic() < end:
                    entry = self._entry(rows.pop(), command.source, tally, seen)
                    if entry is not None:
                        append(entry)
            yield tally.result()
            if not rows:
                return

    def _entry(self, row: PersonRow, source: str, tally: _Tally, seen: dict[str, int]) -> Entry | None:
        try:
            number = self._checked(row, seen)
        except BadNumberError as error:
            tally.errors.append(RowError(row.line, row.number[:40], error.part, str(error), error.ask))
            return None
        seen[number.text] = row.line
        known = self._store.person_by_number(number.text)
        category = row.category or (known.category if known else _BY_KIND[number.kind])
        name, unit = " ".join(row.name.split()), row.unit
        unit = (known.unit if known else "") if unit is None else " ".join(unit.split())
        active = (known.active if known else True) if row.active is None else row.active
        origin = self._store.person_source(known.person_id) if known else ""
        if known and (known.name, known.unit, known.category, known.active) == (
            name,
            unit,
            category,
            active,
        ):
            if origin == source or source != CENTRE:
                tally.unchanged += 1
                return None
        elif origin == CENTRE != source:
            words = f"{known.name if known else name} comes from the centre's roster"
            tally.errors.append(RowError(row.line, number.text, "source", words, "the personnel office"))
            return None
        tally.added, tally.changed = tally.added + (known is None), tally.changed + (known is not None)
        return self._person_entry(known, number, category, active, name, unit, source)

    def _person_entry(
        self,
        known: PersonState | None,
        number: Number,
        category: str,
        active: bool,
        name: str,
        unit: str,
        source: str,
    ) -> Entry:
        person_id = known.person_id if known else secrets.token_hex(8)
        return Entry(
            Person(person_id=person_id, category=category, active=active, source=source),
            self._clock.now(),
            PersonPrivate(number=number.text, name=name, unit=unit),
        )

    def _checked(self, row: PersonRow, seen: dict[str, int]) -> Number:
        now = self._clock.now()
        today = local(now.wall_ms, self._zone).date() if now.trusted else None
        number = parse_number(row.number, today=today)
        operator = "the unit's operator"
        if number.text in seen:
            raise BadNumberError("number", f"the same number stands on line {seen[number.text]}", operator)
        name = " ".join(row.name.split())
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise BadNumberError("name", f"a name has 1 to {MAX_NAME} printable characters", operator)
        if len(row.unit or "") > MAX_NAME:
            raise BadNumberError("unit", f"a unit has at most {MAX_NAME} characters", operator)
        if row.category and row.category not in CATEGORIES:
            raise BadNumberError(
                "category", f"{row.category[:20]!r} is not one of {', '.join(CATEGORIES)}", operator
            )
        return number
