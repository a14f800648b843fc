"""What is asked of the records beside a plain tap, and of a person's punches for a recap."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar, cast

import msgspec

from kiosk.core import payload as p
from kiosk.core.recap import Taken
from kiosk.core.record import TimeBlock
from kiosk.core.rules import Direction, Leave, Subject
from kiosk.core.shifts import Stay
from kiosk.daemon.store import tenure
from kiosk.daemon.store.desk_tables import PUNCH
from kiosk.daemon.store.errors import translated
from kiosk.daemon.store.schema import KEY_MASK, KEY_SHIFT
from kiosk.daemon.store.types import PersonState

P = TypeVar("P", bound=p.Payload)
_FINAL = ("accept", "reject")
_N = "(SELECT COALESCE(same_as, n) FROM people WHERE person_id = ?)"


class DeskRow(NamedTuple, Generic[P]):
    """One record with its key, when it was written, and its private text."""

    key: int
    wall_ms: int
    record: P
    text: p.NotePrivate

    @property
    def seq(self) -> int:
        """Its place in its ledger."""
        return self.key & KEY_MASK


class DeskQueries:
    """A part of `Queries`."""

    _db: sqlite3.Connection
    _path: Path

    def desk(
        self, type_: type[P], *, person_id: str | None = None, subject: str | None = None
    ) -> list[DeskRow[P]]:
        """The records of one type, oldest first: of one person, or about one `subject`."""
        where, values = "d.type = ?", [type_.TYPE]
        if person_id is not None:
            where, values = f"{where} AND d.person = {_N}", [*values, person_id]
        if subject is not None:
            where, values = f"{where} AND d.subject = ?", [*values, subject]
        with translated(self._path):
            rows = self._db.execute(
                "SELECT d.key, d.wall_ms, d.data, v.text FROM desk d LEFT JOIN private v "
                f"ON v.ledger = d.holder >> 40 AND v.seq = d.holder & {KEY_MASK} "
                f"WHERE {where} ORDER BY d.key",
                values,
            ).fetchall()
        decode = msgspec.json.Decoder(type_).decode
        return [DeskRow(key, wall_ms, decode(data), _note(text)) for key, wall_ms, data, text in rows]

    def newest(self, type_: type[P], person_id: str) -> P | None:
        """The latest record of one type about a person."""
        rows = self.desk(type_, person_id=person_id)
        return rows[-1].record if rows else None

    def subject_of(self, person: PersonState) -> Subject:
        """The person as the rules want them, with every absence."""
        leaves = tuple(
            Leave(row.record.kind, row.record.first, row.record.last, row.record.half)
            for row in self.desk(p.Absence, person_id=person.person_id)
        )
        return Subject(person.person_id, person.category, person.active, person.number, person.unit, leaves)

    def stays(self, person_id: str) -> tuple[Stay, ...]:
        """When the person was of the staff."""
        with translated(self._path):
            rows = self._db.execute(
                f"SELECT true_ms, active FROM tenure WHERE person = {_N} ORDER BY true_ms, key", (person_id,)
            ).fetchall()
        return tenure.stays(rows)

    def waiting(self) -> list[DeskRow[p.Punch]]:
        """Queued punches without a validation."""
        done = {row.key for row in self._validations()}
        done |= {int(subject) for subject, row in self._by_subject(p.Decided) if row.record.ruling in _FINAL}
        return [row for row in self.desk(p.Punch) if row.record.queued and row.key not in done]

    def rulings(self, person_id: str) -> dict[tuple[str, int], tuple[str, str]]:
        """What the centre decided last about a person's punches, by ledger and seq: ruling and note."""
        return {
            (row.record.ledger_id, row.record.punch_seq): (row.record.ruling, row.text.note)
            for row in self.desk(p.Decided, person_id=person_id)
        }

    def taken(self, person_id: str, start_ms: int, end_ms: int) -> list[Taken]:
        """A person's punches of these milliseconds with corrected times, rejected ones left out."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT u.key, u.true_ms, u.source, u.uncertainty_ms, u.boot_id, u.boot_ms, d.data, "
                "(SELECT data FROM desk WHERE type = 'direction' AND subject = CAST(u.key AS TEXT) "
                "ORDER BY key DESC LIMIT 1), (SELECT data FROM desk WHERE type = 'validation' "
                "AND subject = CAST(u.key AS TEXT) ORDER BY key DESC LIMIT 1), "
                "(SELECT GROUP_CONCAT(ruling, ' ') FROM (SELECT data ->> '$.ruling' AS ruling FROM desk "
                "WHERE type = 'decision' AND subject = CAST(u.key AS TEXT) ORDER BY key)) "
                f"FROM punches u LEFT JOIN desk d ON d.key = u.key AND d.type = '{PUNCH}' "
                f"WHERE u.person = {_N} AND u.true_ms >= ? AND u.true_ms < ? ORDER BY u.true_ms, u.key",
                (person_id, start_ms, end_ms),
            ).fetchall()
        return [made for made in map(_taken, rows) if made is not None]

    def punch_at(self, seq: int) -> tuple[str, TimeBlock] | None:
        """Whose punch the record `seq` of the current ledger is, and when it was."""
        with translated(self._path):
            found = self._db.execute(
                "SELECT p.person_id, u.true_ms, u.source, u.uncertainty_ms, u.boot_id, u.boot_ms "
                "FROM punches u JOIN people p ON p.n = u.person WHERE u.key = "
                f"(SELECT n FROM ledgers WHERE stored AND last_seq IS NULL) << {KEY_SHIFT} | ?", (seq,)
            ).fetchone()  # fmt: skip
        return (found[0], TimeBlock(*found[1:])) if found else None

    def everybody(self, unit: str = "") -> list[PersonState]:
        """Active people, of one unit or all, by name."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT person_id, number, name, category, unit FROM people WHERE active AND same_as IS NULL "
                "AND source_key IS NOT NULL AND (? = '' OR unit = ?) ORDER BY name COLLATE NOCASE, number",
                (unit, unit),
            ).fetchall()
        return [PersonState(r[0], r[1], "", r[2], r[3], r[4], active=True) for r in rows]

    def staff_between(self, start_ms: int, end_ms: int, unit: str = "") -> list[PersonState]:
        """Everybody, of one unit or all, who was of the staff in these milliseconds or punched then."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT person_id, number, name, category, unit, active FROM people p WHERE same_as IS NULL "
                "AND source_key IS NOT NULL AND number <> '' AND (?1 = '' OR unit = ?1) AND ("
                "EXISTS (SELECT 1 FROM tenure t WHERE t.person = p.n AND t.active AND t.true_ms < ?3) "
                "AND (p.active OR EXISTS (SELECT 1 FROM tenure t WHERE t.person = p.n AND NOT t.active "
                "AND t.true_ms > ?2)) OR EXISTS (SELECT 1 FROM punches u WHERE u.person = p.n "
                "AND u.true_ms >= ?2 AND u.true_ms < ?3)) ORDER BY name COLLATE NOCASE, number",
                (unit, start_ms, end_ms),
            ).fetchall()
        return [PersonState(r[0], r[1], "", r[2], r[3], r[4], active=bool(r[5])) for r in rows]

    def about(self, person_id: str) -> Iterator[tuple[str, int, str, str | None]]:
        """Every record that names the person: its ledger, seq, body and private text, oldest first."""
        with translated(self._path):
            ledgers = self._db.execute(
                "SELECT ledger_id, n, last_seq IS NULL FROM ledgers WHERE stored ORDER BY n"
            ).fetchall()
            for ledger_id, n, current in ledgers:
                table = "ledger" if current else f"ledger_{n}"
                rows = self._db.execute(
                    f"SELECT r.seq, CAST(r.body AS TEXT), v.text FROM {table} r LEFT JOIN private v "
                    "ON v.ledger = ? AND v.seq = r.seq WHERE INSTR(r.body, ?) ORDER BY r.seq", (n, person_id)
                )  # fmt: skip
                for seq, body, text in rows:
                    yield ledger_id, seq, body, text

    def _validations(self) -> list[DeskRow[p.Validation]]:
        return [row._replace(key=int(subject)) for subject, row in self._by_subject(p.Validation)]

    def _by_subject(self, type_: type[P]) -> list[tuple[str, DeskRow[P]]]:
        with translated(self._path):
            rows = self._db.execute(
                "SELECT subject, key, wall_ms, data FROM desk WHERE type = ? ORDER BY key", (type_.TYPE,)
            ).fetchall()
        decode = msgspec.json.Decoder(type_).decode
        return [
            (subject, DeskRow(key, wall, decode(data), p.NotePrivate())) for subject, key, wall, data in rows
        ]


def _note(text: str | None) -> p.NotePrivate:
    try:
        return msgspec.json.decode(text, type=p.NotePrivate) if text else p.NotePrivate()
    except msgspec.DecodeError:
        return p.NotePrivate()


_punch_decoder = msgspec.json.Decoder(p.Punch)
_direction_decoder = msgspec.json.Decoder(p.DirectionSet)
_validation_decoder = msgspec.json.Decoder(p.Validation)


def _taken(
    row: tuple[int, int, str, int | None, str, int, str | None, str | None, str | None, str | None],
) -> Taken | None:
    """The centre's rulings, in their order, go before what was said and validated on the kiosk."""
    key, true_ms, source, uncertainty, boot_id, boot_ms, punch, direction, validation, rulings = row
    said = _punch_decoder.decode(punch) if punch else None
    chosen = said.chosen if said else "none"
    if direction:
        chosen = _direction_decoder.decode(direction).direction
    accepted = _validation_decoder.decode(validation).accept if validation else None
    for ruling in (rulings or "").split():
        chosen = cast("Direction", ruling) if ruling in ("in", "out") else chosen
        accepted = ruling == "accept" if ruling in _FINAL else accepted
    if accepted is False:
        return None
    firm = not (said and said.queued) or accepted is True
    # a paper entry has no boot of its own: every time of it is wall time
    boot = boot_id or f"paper-{key}"
    block = TimeBlock(true_ms, source, uncertainty, boot, boot_ms)  # type: ignore[arg-type]
    return Taken(key, block, chosen, firm and source != "none")
