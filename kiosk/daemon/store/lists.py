"""The lists that clients ask for: people, and punches with how far each has come."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta

import msgspec

from kiosk.core import api
from kiosk.core.payload import Carried, Flag, NotePrivate, Punch, from_data
from kiosk.core.record import BadRecordError, Record, TimeBlock, decode_body
from kiosk.core.view import Delivery
from kiosk.core.zone import ZONES, ZoneName, local, wall_ms
from kiosk.daemon.store import days
from kiosk.daemon.store.desk_queries import DeskRow
from kiosk.daemon.store.errors import translated
from kiosk.daemon.store.queries import Queries, number_kind
from kiosk.daemon.store.schema import KEY_MASK, KEY_SHIFT, key_of

CENTRE = "centre"
_IN_DAY = "u.key >= ? AND u.key < ? AND u.true_ms >= ? AND u.true_ms < ?"


class Lists(Queries):
    """Questions whose answers go to a screen or a terminal."""

    def people(self, wanted: api.GetPeople) -> api.People:
        """People by name; `search` is part of a name or the beginning of a number."""
        where = "WHERE p.same_as IS NULL AND p.source_key IS NOT NULL "
        where += "AND (? = '' OR INSTR(LOWER(p.name), LOWER(?)) OR SUBSTR(p.number, 1, LENGTH(?)) = ?) "
        values = (wanted.search,) * 4
        with translated(self._path):
            total = self._db.execute(f"SELECT COUNT(*) FROM people p {where}", values).fetchone()[0]
            rows = self._db.execute(
                "SELECT p.person_id, p.number, p.name, p.category, p.unit, p.active, "
                "(SELECT GROUP_CONCAT(part) FROM templates t WHERE t.person = p.n AND t.purpose = 'finger'), "
                "(SELECT COUNT(*) FROM templates t WHERE t.person = p.n AND t.purpose = 'face') "
                f"FROM people p {where} "
                "ORDER BY p.name COLLATE NOCASE, p.number LIMIT ?", (*values, wanted.limit)
            ).fetchall()  # fmt: skip
        return api.People(tuple(_person_out(row) for row in rows), total)

    def punches(
        self,
        wanted: api.GetPunches,
        zone: ZoneName = "WIB",
        sent: Mapping[str, int] | None = None,
        destination: str = CENTRE,
        lost: Mapping[str, int] | None = None,
    ) -> api.Punches:
        """Punches, newest first, with local times in `zone`.

        `sent` says up to which seq of each ledger records have left; what `destination` acknowledged is
        accepted, unless it has `lost` what came after some seq.
        Raises `ValueError` for a `day` that is none.
        """
        with translated(self._path):
            where, values = self._punch_filter(wanted, zone)
            total = self._db.execute(f"SELECT COUNT(*) FROM punches u {where}", values).fetchone()[0]
            keys = self._db.execute(
                "SELECT u.key, u.carrier, u.true_ms, p.person_id, p.number, p.name FROM punches u "
                f"JOIN people p ON p.n = u.person {where} {'AND' if where else 'WHERE'} u.key < ? "
                "ORDER BY u.key DESC LIMIT ?",
                (*values, self._page_end(wanted), wanted.limit),
            ).fetchall()
            way = _Way(self._db, sent or {}, lost or {}, destination)
            rows = [self._punch_row(found, zone, way) for found in keys]
        return api.Punches(tuple(row for row in rows if row is not None), total)

    def punches_today(self, at: TimeBlock, zone: ZoneName) -> int:
        """How many punches the local day of `at` has seen."""
        with translated(self._path):
            bounds = self._day_bounds(local(at.wall_ms, zone).date(), zone)
            found = self._db.execute(f"SELECT COUNT(*) FROM punches u WHERE {_IN_DAY}", bounds).fetchone()
        return int(found[0])

    def person_of(self, seq: int) -> str:
        """The id of the person that record `seq` of the current ledger is about; empty for nobody."""
        current = next(ledger for ledger in self.ledgers() if ledger.current)
        for row in self.records(current.ledger_id, seq - 1, 1, 1):
            with suppress(BadRecordError):
                return str(decode_body(row.body).data.get("person_id") or "") if row.seq == seq else ""
        return ""

    def flagged(self) -> list[tuple[DeskRow[Punch], tuple[str, ...]]]:
        """Punches that count and should be looked at, without a validation; and why, oldest first."""
        done, why = {row.key for row in self._validations()}, dict[int, list[str]]()
        for subject, row in self._by_subject(Flag):
            if int(subject) not in done:
                why.setdefault(int(subject), []).append(row.record.why)
        rows = list[tuple[DeskRow[Punch], tuple[str, ...]]]()
        for key, words in sorted(why.items()):
            found = self._db.execute("SELECT carrier, true_ms FROM punches WHERE key = ?", (key,)).fetchone()
            stored = self._stored_punch(key, found[0]) if found else None
            if stored is not None:
                shown = DeskRow(key, found[1], stored[1], NotePrivate())
                rows.append((shown, tuple(dict.fromkeys(words))))
        return rows

    def _day_bounds(self, day: date, zone: ZoneName) -> tuple[int, int, int, int]:
        start, end = day_bounds(day, zone)
        return *days.keys_between(self._db, start, end), start, end

    def _punch_filter(self, wanted: api.GetPunches, zone: ZoneName) -> tuple[str, list[object]]:
        where, values = list[str](), list[object]()
        if wanted.day:
            where.append(_IN_DAY)
            values += self._day_bounds(date.fromisoformat(wanted.day), zone)
        if wanted.number:
            person = self.person_by_number(wanted.number)
            where.append("u.person = (SELECT n FROM people WHERE person_id = ?)")
            values.append(person.person_id if person else "")
        return (f"WHERE {' AND '.join(where)}" if where else ""), values

    def _page_end(self, wanted: api.GetPunches) -> int:
        if wanted.before_seq is None:
            return 1 << 62
        found = self._db.execute(
            "SELECT n FROM ledgers "
            "WHERE CASE ? WHEN '' THEN stored AND last_seq IS NULL ELSE ledger_id = ? END",
            (wanted.before_ledger, wanted.before_ledger),
        ).fetchone()
        return key_of(found[0], min(max(wanted.before_seq, 0), KEY_MASK)) if found else 0

    def _punch_row(
        self, found: tuple[int, int | None, int, str, str, str], zone: ZoneName, way: _Way
    ) -> api.PunchRow | None:
        key, carrier, true_ms, person_id, number, name = found
        stored = self._stored_punch(key, carrier)
        if stored is None:
            return None
        record, punch = stored
        return api.PunchRow(
            ledger_id=record.ledger_id,
            seq=record.seq,
            person_id=person_id,
            number=number,
            name=name,
            local=local(true_ms, zone).isoformat(sep=" ", timespec="seconds")[:19],
            at=record.at,
            method=punch.method,
            device=punch.device,
            shown=punch.shown,
            delivery=way.of(key, carrier),
            simulated=punch.simulated,
        )

    def _stored_punch(self, key: int, carrier: int | None) -> tuple[Record, Punch] | None:
        """The punch as it was written; `None` where damage or somebody's hand left no punch."""
        with suppress(BadRecordError, msgspec.ValidationError):
            body = self.body_of(key)
            if body is None and carrier is not None and (outer := self.body_of(carrier)) is not None:
                outside = decode_body(outer)
                carried = from_data(outside.type, outside.data)
                body = carried.body.encode() if isinstance(carried, Carried) else None
            if body is not None:
                record = decode_body(body)
                return record, msgspec.convert(record.data, Punch)
        return None


class _Way:
    """How far records have come, from one look at the cursors."""

    def __init__(
        self, db: sqlite3.Connection, sent: Mapping[str, int], lost: Mapping[str, int], destination: str
    ) -> None:
        cursors = db.execute("SELECT ledger, upto FROM cursors WHERE destination = ?", (destination,))
        self._accepted: dict[int, int] = dict(cursors.fetchall())
        ids: dict[str, int] = dict(db.execute("SELECT ledger_id, n FROM ledgers").fetchall())
        for ledger_id, upto in lost.items():
            if (n := ids.get(ledger_id)) in self._accepted:
                self._accepted[n] = min(self._accepted[n], upto)
        self._sent = {ids[ledger_id]: upto for ledger_id, upto in sent.items() if ledger_id in ids}

    def of(self, key: int, carrier: int | None) -> Delivery:
        """Of a record that went under its own key, or in a carrying record."""
        keys = [key] if carrier is None else [key, carrier]
        if _reached(self._accepted, keys):
            return "accepted"
        return "sent" if _reached(self._sent, keys) else "stored"


def _reached(upto: Mapping[int, int], keys: Iterable[int]) -> bool:
    return any(key & KEY_MASK <= upto.get(key >> KEY_SHIFT, 0) for key in keys)


def day_bounds(day: date, zone: ZoneName) -> tuple[int, int]:
    """UTC milliseconds of a local day's beginning and of the next one's."""
    start = datetime.combine(day, time(), ZONES[zone])
    return wall_ms(start), wall_ms(start + timedelta(days=1))


def _person_out(row: tuple[str, str, str, str, str, int, str | None, int]) -> api.PersonOut:
    person_id, number, name, category, unit, active, fingers, faces = row
    return api.PersonOut(
        person_id=person_id,
        number=number,
        kind=number_kind(number),
        name=name,
        category=category,
        unit=unit,
        active=bool(active),
        fingers=tuple(sorted(fingers.split(","))) if fingers else (),
        faces=faces,
    )
