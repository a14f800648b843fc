"""What can be asked of the store, over any connection; each question is one short read."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import msgspec

from kiosk.core.identity import BadNumberError, parse_number
from kiosk.core.payload import LedgerPoint
from kiosk.core.proof import Anchor
from kiosk.core.record import ZERO_HASH, Private, Row, TimeBlock, decode_body
from kiosk.core.rules import Past
from kiosk.daemon.store.desk_queries import DeskQueries
from kiosk.daemon.store.errors import translated
from kiosk.daemon.store.schema import KEY_MASK, KEY_SHIFT, key_of
from kiosk.daemon.store.terminal_queries import TerminalQueries
from kiosk.daemon.store.types import Counts, EvidenceState, LedgerInfo, PersonState, TemplateState

_PERSON = "SELECT p.person_id, p.number, p.name, p.category, p.unit, p.active FROM people p "
_TEMPLATE = (
    "SELECT t.template_id, p.person_id, t.purpose, t.part, COALESCE(s.device, t.device), t.format, s.slot, "
    "t.ciphertext_sha256 FROM templates t JOIN people p ON p.n = t.person "
)
_ALIASES = (
    "SELECT p.person_id, o.person_id FROM people o JOIN people p ON p.n = o.same_as "
    "WHERE o.same_as IS NOT NULL"
)
_POINT = msgspec.json.Decoder(LedgerPoint)
_ROW = "SELECT r.seq, CAST(r.body AS BLOB), CAST(r.hash AS BLOB), v.salt, v.text FROM {table} r "
_BESIDE = "LEFT JOIN private v ON v.ledger = ? AND v.seq = r.seq "


class Queries(TerminalQueries, DeskQueries):
    """Questions about the derived tables and the ledgers. Raises `StoreError`."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self._path = path

    def person(self, person_id: str) -> PersonState | None:
        """The person known by this id; through an alias, the one they turned out to be."""
        return self._one_person(
            "WHERE p.n = (SELECT COALESCE(same_as, n) FROM people WHERE person_id = ?) "
            "AND p.source_key IS NOT NULL", person_id
        )  # fmt: skip

    def person_by_number(self, number: str) -> PersonState | None:
        """The person with this identity number, as `parse_number` writes it."""
        if not number:
            return None
        return self._one_person(
            "WHERE p.number = ? AND p.same_as IS NULL ORDER BY p.active DESC, p.source_key DESC LIMIT 1",
            number,
        )

    def person_source(self, person_id: str) -> str:
        """Who entered the person as they are now (`operator`, `centre`); empty for one never entered."""
        with translated(self._path):
            found = self._db.execute(
                "SELECT source_key FROM people WHERE person_id = ?", (person_id,)
            ).fetchone()
        body = self.body_of(found[0]) if found and found[0] is not None else None
        data = decode_body(body).data if body else {}
        if isinstance(inner := data.get("body"), str):  # a carried record holds another one
            data = decode_body(inner).data
        return str(data.get("source", ""))

    def active_after(self, n: int, limit: int) -> list[tuple[int, PersonState]]:
        """Active people in the order they were first heard of, from after the `n`-th on, each with its n."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT n, person_id, number, name, category, unit, active FROM people "
                "WHERE n > ? AND active AND same_as IS NULL AND source_key IS NOT NULL ORDER BY n LIMIT ?",
                (n, limit),
            ).fetchall()
        return [(row[0], person_state(row[1:])) for row in rows]

    def puncher(self, ledger_id: str, seq: int) -> str | None:
        """Whose punch the record `seq` of any ledger of ours is."""
        with translated(self._path):
            found = self._db.execute(
                "SELECT p.person_id FROM punches u JOIN people p ON p.n = u.person WHERE u.key = "
                f"(SELECT n FROM ledgers WHERE ledger_id = ?) << {KEY_SHIFT} | ?", (ledger_id, seq)
            ).fetchone()  # fmt: skip
        return found[0] if found else None

    def person_by_slot(self, device: str, slot: int) -> PersonState | None:
        """Whose template lies in `slot` of the sensor `device`."""
        return self._one_person(
            "JOIN templates t ON t.person = p.n JOIN slots s ON s.template_id = t.template_id "
            "WHERE s.device = ? AND s.slot = ?", device, slot
        )  # fmt: skip

    def templates(
        self, person_id: str | None = None, device: str | None = None, *, purpose: str | None = None
    ) -> list[TemplateState]:
        """Templates in the vault: of one person or all; with `device` only those with a slot in it."""
        where, values = [], []
        if purpose is not None:
            where.append("t.purpose = ?")
            values.append(purpose)
        if person_id is not None:
            where.append("t.person = (SELECT COALESCE(same_as, n) FROM people WHERE person_id = ?)")
            values.append(person_id)
        if device is not None:
            where.append("s.device = ?")
            values.append(device)
        text = _TEMPLATE + "LEFT JOIN slots s ON s.template_id = t.template_id "
        text += f"WHERE {' AND '.join(where)} " if where else ""
        with translated(self._path):
            rows = self._db.execute(text + "ORDER BY t.template_id, s.device", values).fetchall()
            aliases = self._db.execute(_ALIASES).fetchall()
        formerly: dict[str, tuple[str, ...]] = {}
        for now, before in aliases:
            formerly[now] = (*formerly.get(now, ()), before)
        return [replace(TemplateState(*row), formerly=formerly.get(row[1], ())) for row in rows]

    def template_formats(self, purpose: str) -> dict[str, int]:
        """How many templates for this purpose there are in each format."""
        with translated(self._path):
            return dict(self._db.execute(
                "SELECT format, COUNT(*) FROM templates WHERE purpose = ? GROUP BY format", (purpose,)
            ).fetchall())  # fmt: skip

    def recent_punches(self, person_id: str, limit: int = 8, *, before_ms: int | None = None) -> list[Past]:
        """A person's punches over all ledgers with corrected times: the latest written, newest last.

        With `before_ms` the latest up to that time instead, whenever they were written.
        """
        which = (
            "ORDER BY key DESC" if before_ms is None else "AND true_ms <= ? ORDER BY true_ms DESC, key DESC"
        )
        values = (person_id, limit) if before_ms is None else (person_id, before_ms, limit)
        with translated(self._path):
            rows = self._db.execute(
                "SELECT key, true_ms, source, uncertainty_ms, boot_id, boot_ms, direction FROM punches WHERE "
                "key IN (SELECT key FROM punches "
                "WHERE person = (SELECT COALESCE(same_as, n) FROM people WHERE person_id = ?) "
                "AND boot_id <> '' "
                f"{which} LIMIT ?) ORDER BY key",
                values,
            ).fetchall()
        return [Past(row[0] & KEY_MASK, TimeBlock(*row[1:6]), row[6]) for row in rows]

    def counts(self) -> Counts:
        """How many people may punch and how many of their fingers are known."""
        with translated(self._path):
            people = self._db.execute(
                "SELECT COUNT(*) FROM people WHERE active AND same_as IS NULL AND source_key IS NOT NULL"
            ).fetchone()
            fingers = self._db.execute("SELECT COUNT(*) FROM templates WHERE purpose = 'finger'").fetchone()
        return Counts(people[0], fingers[0])

    def ledgers(self) -> list[LedgerInfo]:
        """Every ledger this kiosk holds, oldest first; the last one is current."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT ledger_id, n, last_seq, last_hash, deliver_upto, previous FROM ledgers "
                "WHERE stored ORDER BY n"
            ).fetchall()
            head = self._db.execute(
                "SELECT seq, CAST(hash AS BLOB) FROM ledger ORDER BY seq DESC LIMIT 1"
            ).fetchone()
        return [_ledger_info(row, head or (0, bytes(32))) for row in rows]

    def cursor(self, destination: str, ledger_id: str) -> int:
        """Up to which seq of the ledger `destination` has acknowledged; 0 when nothing."""
        with translated(self._path):
            found = self._db.execute(
                "SELECT c.upto FROM cursors c JOIN ledgers l ON l.n = c.ledger "
                "WHERE c.destination = ? AND l.ledger_id = ?",
                (destination, ledger_id),
            ).fetchone()
        return int(found[0]) if found else 0

    def anchors(self) -> list[Anchor]:
        """Acknowledgements that were kept: at most one a day and ledger, in order."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT l.ledger_id, a.upto, a.hash, a.time_ms, a.nonce, a.sig FROM anchors a "
                "JOIN ledgers l ON l.n = a.ledger ORDER BY a.ledger, a.upto"
            ).fetchall()
        return [Anchor(*row) for row in rows]

    def hash_at(self, ledger_id: str, seq: int) -> bytes | None:
        """The chain's hash at one record, zeros before the first; None where there is none."""
        with translated(self._path):
            table = self._table(ledger_id)
            found = (
                table
                and self._db.execute(
                    f"SELECT CAST(hash AS BLOB) FROM {table[1]} WHERE seq = ?", (seq,)
                ).fetchone()
            )
        if found:
            return bytes(found[0])
        return ZERO_HASH if table and seq == 0 else None

    def records(self, ledger_id: str, after_seq: int, max_bytes: int, max_count: int) -> list[Row]:
        """Records in order from `after_seq` + 1, at least one if there is any, up to the limits."""
        with translated(self._path):
            table = self._table(ledger_id)
            if table is None:
                return []
            found = self._db.execute(
                _ROW.format(table=table[1]) + _BESIDE + "WHERE r.seq > ? ORDER BY r.seq LIMIT ?",
                (table[0], after_seq, max_count),
            )
            rows: list[Row] = []
            room = max_bytes
            for raw in found:
                row = _row(raw)
                room -= len(row.body) + (len(row.private.text) if row.private else 0)
                if rows and room < 0:
                    break
                rows.append(row)
            found.close()
        return rows

    def private_holders(self, ledger_id: str, seq: int) -> list[tuple[str, int]]:
        """Every record (ledger, seq) that the private part of this one lies beside, itself first."""
        with translated(self._path):
            return self._db.execute(
                "SELECT l.ledger_id, v.seq FROM private v JOIN ledgers l ON l.n = v.ledger WHERE v.salt = "
                "(SELECT o.salt FROM private o JOIN ledgers m ON m.n = o.ledger "
                "WHERE m.ledger_id = ? AND o.seq = ?) ORDER BY v.ledger, v.seq", (ledger_id, seq)
            ).fetchall()  # fmt: skip

    def body_of(self, key: int) -> bytes | None:
        """The stored bytes of the record with this key (see `schema.key_of`)."""
        found = self._db.execute("SELECT ledger_id FROM ledgers WHERE n = ?", (key >> 40,)).fetchone()
        rows = self.records(found[0], (key & KEY_MASK) - 1, 1, 1) if found else []
        return rows[0].body if rows and rows[0].seq == key & KEY_MASK else None

    def evidence(
        self, *, before_ms: int | None = None, person_id: str | None = None, seq: int | None = None
    ) -> list[EvidenceState]:
        """Photos that are kept, oldest first: taken before `before_ms`, of a person, beside record `seq`."""
        where, values = ["1"], list[object]()
        if seq is not None:
            where.append(f"e.punch & {KEY_MASK} = ?")
            values.append(seq)
        if before_ms is not None:
            where.append("e.wall_ms < ?")
            values.append(before_ms)
        if person_id is not None:
            where.append("u.person = (SELECT COALESCE(same_as, n) FROM people WHERE person_id = ?)")
            values.append(person_id)
        with translated(self._path):
            rows = self._db.execute(
                "SELECT l.ledger_id, e.punch, e.kind, e.ciphertext_sha256, e.size_bytes FROM evidence e "
                f"JOIN ledgers l ON l.n = e.punch >> 40 LEFT JOIN punches u ON u.key = e.punch "
                f"WHERE {' AND '.join(where)} ORDER BY e.key", values
            ).fetchall()  # fmt: skip
        return [EvidenceState(row[0], row[1] & KEY_MASK, *row[2:]) for row in rows]

    def day_of(self, ledger: LedgerInfo, day: str) -> tuple[int, int] | None:
        """The first and last record of a local day (ISO), as the seals begin and end it; None for no day."""
        bounds = (key_of(ledger.n, 0), key_of(ledger.n, KEY_MASK))
        with translated(self._path):
            found = self._db.execute(
                "SELECT MIN(last), MAX(key) FROM seals WHERE key BETWEEN ? AND ? AND day = ?", (*bounds, day)
            ).fetchone()
            if found[0] is None:
                return None
            after = self._db.execute(
                "SELECT MIN(last) FROM seals WHERE key > ? AND key <= ?", (found[1], bounds[1])
            ).fetchone()
        first = 1 if found[0] == 1 else found[0] + 1  # the genesis has no seal before it
        return first, ledger.seq if after[0] is None else after[0]

    def reached(self, destination: str) -> int:
        """The key of the newest record that `destination` has acknowledged, over all ledgers."""
        with translated(self._path):
            found = self._db.execute(
                f"SELECT MAX((ledger << {KEY_SHIFT}) | upto) FROM cursors WHERE destination = ?",
                (destination,),
            ).fetchone()
        return int(found[0] or 0)

    def photo_after(self, key: int) -> tuple[int, str, int, str] | None:
        """The next photo that is kept, by its record: key, ledger, seq, and the file's name."""
        with translated(self._path):
            found = self._db.execute(
                "SELECT e.key, l.ledger_id, e.ciphertext_sha256 FROM evidence e "
                f"JOIN ledgers l ON l.n = e.key >> {KEY_SHIFT} WHERE e.key > ? ORDER BY e.key LIMIT 1", (key,)
            ).fetchone()  # fmt: skip
        return (found[0], found[1], found[0] & KEY_MASK, found[2]) if found else None

    def _table(self, ledger_id: str) -> tuple[int, str] | None:
        found = self._db.execute(
            "SELECT n, last_seq IS NULL FROM ledgers WHERE ledger_id = ? AND stored", (ledger_id,)
        ).fetchone()
        return (found[0], "ledger" if found[1] else f"ledger_{found[0]}") if found else None

    def _one_person(self, where: str, *values: object) -> PersonState | None:
        with translated(self._path):
            found = self._db.execute(_PERSON + where, values).fetchone()
        return person_state(found) if found else None


def person_state(row: tuple[str, str, str, str, str, int]) -> PersonState:
    """A row of `person_id, number, name, category, unit, active`."""
    person_id, number, name, category, unit, active = row
    return PersonState(person_id, number, number_kind(number), name, category, unit, bool(active))


def number_kind(number: str) -> str:
    """What kind of identity number it is; `local` for one that is none of the known."""
    try:
        return parse_number(number).kind
    except BadNumberError:
        return "local"


def _ledger_info(
    row: tuple[str, int, int | None, str | None, int | None, str | None], head: tuple[int, bytes]
) -> LedgerInfo:
    ledger_id, n, last_seq, last_hash, deliver_upto, previous = row
    current = last_seq is None
    seq = head[0] if last_seq is None else last_seq
    hash_ = head[1] if last_hash is None else bytes.fromhex(last_hash)
    return LedgerInfo(
        ledger_id, n, seq, bytes(hash_), seq if deliver_upto is None else deliver_upto,
        _POINT.decode(previous) if previous else None, current,
    )  # fmt: skip


def _row(raw: tuple[int, bytes, bytes, bytes | None, str | None]) -> Row:
    seq, body, hash_, salt, text = raw
    return Row(seq, body, hash_, None if salt is None or text is None else Private(salt, text))
