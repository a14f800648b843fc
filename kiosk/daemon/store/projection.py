"""What follows from a record: the derived tables, written in its own transaction and by a replay alike.

Every function here must do the same for a record that was just appended and for one replayed years later;
it never fails on a record it cannot use.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from kiosk.core import payload as p
from kiosk.core.record import BadRecordError, Private, TimeBlock, decode_body
from kiosk.daemon.store import days, desk_tables, tenure, terminal_tables
from kiosk.daemon.store.schema import KEY_MASK, key_of

_PUNCH = (
    "INSERT INTO punches SELECT ?, COALESCE(same_as, n), ?, ?, ?, ?, ?, ?, ?, ? FROM people "
    "WHERE person_id = ? ON CONFLICT (key) DO UPDATE SET carrier = excluded.carrier"
)
_private_decoder = msgspec.json.Decoder(p.PersonPrivate)


class Fact(msgspec.Struct, frozen=True):
    """A record on its way into the tables; `carrier` is the key of the record that carries it, if any."""

    ledger_n: int
    seq: int
    at: TimeBlock
    private: Private | None
    carrier: int | None = None

    @property
    def key(self) -> int:
        """Its key over all ledgers."""
        return key_of(self.ledger_n, self.seq)

    @property
    def holder(self) -> int:
        """The key of the record its private part lies beside."""
        return self.key if self.carrier is None else self.carrier


def project(db: sqlite3.Connection, payload: p.Payload, fact: Fact) -> None:
    """Write what follows from `payload` into the derived tables, inside the open transaction."""
    handler = _HANDLERS.get(type(payload))
    if handler is not None:
        handler(db, payload, fact)


def project_body(db: sqlite3.Connection, body: bytes | str, fact_of: Callable[[TimeBlock], Fact]) -> None:
    """The same for a stored body; one of an unknown type, or unreadable, has no consequences."""
    try:
        record = decode_body(body)
        payload = p.from_data(record.type, record.data)
    except (BadRecordError, msgspec.ValidationError):
        return
    if payload is not None:
        project(db, payload, fact_of(record.at))


def person_n(db: sqlite3.Connection, person_id: str) -> int:
    """The number of the person known by this id, by way of aliases; a new one when never heard of."""
    found = db.execute("SELECT n, same_as FROM people WHERE person_id = ?", (person_id,)).fetchone()
    if found:
        return int(found[0] if found[1] is None else found[1])
    made = db.execute(
        "INSERT INTO people (person_id, number, name, unit, category, active) VALUES (?, '', '', '', '', 0)",
        (person_id,),
    )
    return made.lastrowid or 0


def _punch(db: sqlite3.Connection, punch: p.Punch, fact: Fact) -> None:
    at = fact.at
    if punch.claimed_ms is not None:  # of no boot: a correction of this one's clock passes it over
        at = TimeBlock(punch.claimed_ms, "operator", 60_000, "", 0)
    row = (
        fact.key, at.wall_ms, at.wall_ms, at.source, at.uncertainty_ms, at.boot_id, at.boot_ms,
        punch.shown.direction, fact.carrier, punch.person_id,
    )  # fmt: skip
    if db.execute(_PUNCH, row).rowcount == 0:
        person_n(db, punch.person_id)
        db.execute(_PUNCH, row)
    days.add(db, fact.key, at.wall_ms)
    terminal_tables.source(db, punch.source_key, fact.key, fact.holder)
    if punch.queued or punch.chosen != "none":
        desk_tables.put(db, punch, person_n(db, punch.person_id), fact)


def _correction(db: sqlite3.Connection, correction: p.Correction, fact: Fact) -> None:
    first, last = key_of(fact.ledger_n, correction.from_seq), key_of(fact.ledger_n, correction.upto_seq)
    db.execute(
        "UPDATE punches SET true_ms = wall_ms + ?, source = ?, uncertainty_ms = ? "
        "WHERE key BETWEEN ? AND ? AND boot_id = ?",
        (correction.offset_ms, correction.source, correction.uncertainty_ms, first, last, correction.boot_id),
    )
    tenure.correct(db, first, last, correction.boot_id, correction.offset_ms)
    days.redo(db, first, last)


def _person(db: sqlite3.Connection, person: p.Person, fact: Fact) -> None:
    words, n = _personal(fact.private), person_n(db, person.person_id)
    tenure.put(db, n, fact.key, fact.at, active=person.active)
    db.execute(
        "UPDATE people SET number = ?, name = ?, unit = ?, category = ?, active = ?, source_key = ? "
        "WHERE n = ?",
        (
            words.number, words.name, words.unit, person.category, person.active, fact.holder, n,
        ),
    )  # fmt: skip


def _personal(private: Private | None) -> p.PersonPrivate:
    try:
        return _private_decoder.decode(private.text) if private else p.PersonPrivate(number="", name="")
    except msgspec.DecodeError:
        return p.PersonPrivate(number="", name="")


def _alias(db: sqlite3.Connection, alias: p.Alias, fact: Fact) -> None:
    old, new = person_n(db, alias.person_id), person_n(db, alias.same_as)
    if old == new:
        return
    db.execute("UPDATE people SET same_as = ? WHERE n = ? OR same_as = ?", (new, old, old))
    db.execute("UPDATE punches SET person = ? WHERE person = ?", (new, old))
    db.execute("UPDATE templates SET person = ? WHERE person = ?", (new, old))
    tenure.same_person(db, old, new)
    terminal_tables.same_person(db, old, new)
    desk_tables.same_person(db, old, new)


def _enrolment(db: sqlite3.Connection, made: p.Enrolment, fact: Fact) -> None:
    db.execute(
        "INSERT OR REPLACE INTO templates VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            made.template_id, person_n(db, made.person_id), made.purpose, made.part, made.device, made.format,
            made.ciphertext_sha256,
        ),
    )  # fmt: skip
    if made.slot is not None:
        _put_in_slot(db, made.template_id, made.device, made.slot)


def _slot(db: sqlite3.Connection, assigned: p.SlotAssigned, fact: Fact) -> None:
    _put_in_slot(db, assigned.template_id, assigned.device, assigned.slot)


def _put_in_slot(db: sqlite3.Connection, template_id: str, device: str, slot: int) -> None:
    db.execute("DELETE FROM slots WHERE template_id = ? AND device = ?", (template_id, device))
    db.execute("INSERT OR REPLACE INTO slots VALUES (?, ?, ?)", (device, slot, template_id))


def _template_removed(db: sqlite3.Connection, removed: p.TemplateRemoved, fact: Fact) -> None:
    db.execute("DELETE FROM slots WHERE template_id = ?", (removed.template_id,))
    db.execute("DELETE FROM templates WHERE template_id = ?", (removed.template_id,))


def _evidence(db: sqlite3.Connection, evidence: p.Evidence, fact: Fact) -> None:
    db.execute(
        "INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?, ?)",
        (
            fact.key, key_of(fact.ledger_n, evidence.punch_seq), evidence.kind, evidence.ciphertext_sha256,
            evidence.size_bytes, fact.at.wall_ms,
        ),
    )  # fmt: skip


def _evidence_removed(db: sqlite3.Connection, removed: p.EvidenceRemoved, fact: Fact) -> None:
    for name in removed.ciphertext_sha256s:
        db.execute("DELETE FROM evidence WHERE ciphertext_sha256 = ?", (name,))


def _erased(db: sqlite3.Connection, erased: p.Erased, fact: Fact) -> None:
    """The private parts go, and with them whatever was still drawn from them."""
    n = ledger_n(db, erased.ledger_id)
    for seq in erased.seqs:
        db.execute("DELETE FROM private WHERE ledger = ? AND seq = ?", (n, seq))
        db.execute(
            "UPDATE people SET number = '', name = '', unit = '' WHERE source_key = ?", (key_of(n, seq),)
        )
        terminal_tables.erased(db, key_of(n, seq))


def _seal(db: sqlite3.Connection, seal: p.Seal, fact: Fact) -> None:
    db.execute("INSERT OR IGNORE INTO seals VALUES (?, ?, ?, ?)", (fact.key, seal.first, seal.last, seal.day))


def _run(db: sqlite3.Connection, edge: p.Start | p.Stop, fact: Fact) -> None:
    db.execute("INSERT OR REPLACE INTO runs VALUES (1, ?, ?, ?)", (fact.key, edge.TYPE, fact.at.boot_id))


def _terminal_row(db: sqlite3.Connection, row: p.TerminalRow, fact: Fact) -> None:
    terminal_tables.source(db, row.source_key, fact.key, fact.holder, row.user_key)


def _terminal_user(db: sqlite3.Connection, user: p.TerminalUser, fact: Fact) -> None:
    text = fact.private.text if fact.private else None
    terminal_tables.user(db, user.serial, user.user_key, person_n(db, user.person_id), text, fact.holder)


def _desk(db: sqlite3.Connection, payload: p.Payload, fact: Fact) -> None:
    person_id = getattr(payload, "person_id", None)
    desk_tables.put(db, payload, person_n(db, person_id) if person_id else None, fact)


def _decided(db: sqlite3.Connection, decided: p.Decided, fact: Fact) -> None:
    punch = key_of(ledger_n(db, decided.ledger_id), decided.punch_seq)
    desk_tables.put(db, decided, person_n(db, decided.person_id), fact, str(punch))


def _absence_dropped(db: sqlite3.Connection, dropped: p.AbsenceDropped, fact: Fact) -> None:
    desk_tables.drop_absence(db, dropped)


def _carried(db: sqlite3.Connection, carried: p.Carried, fact: Fact) -> None:
    """The inner record counts once: one we hold ourselves has had its consequences, only its way changed."""
    n = ledger_n(db, carried.ledger_id)
    inner_key = key_of(n, carried.seq)
    if _is_stored(db, n, carried.seq):
        db.execute("UPDATE punches SET carrier = ? WHERE key = ?", (fact.key, inner_key))
        return
    project_body(db, carried.body, lambda at: Fact(n, carried.seq, at, fact.private, fact.key))


def ledger_n(db: sqlite3.Connection, ledger_id: str) -> int:
    """The number of the ledger with this id; a ledger only heard of gets one too."""
    found = db.execute("SELECT n FROM ledgers WHERE ledger_id = ?", (ledger_id,)).fetchone()
    if found:
        return int(found[0])
    made = db.execute("INSERT INTO ledgers (ledger_id, stored) VALUES (?, 0)", (ledger_id,))
    return made.lastrowid or 0


def _is_stored(db: sqlite3.Connection, n: int, seq: int) -> bool:
    found = db.execute("SELECT last_seq FROM ledgers WHERE n = ? AND stored", (n,)).fetchone()
    return bool(found and (found[0] is None or seq <= found[0] & KEY_MASK))


_HANDLERS: dict[type[p.Payload], Callable[[sqlite3.Connection, Any, Fact], None]] = {
    p.Punch: _punch,
    p.Correction: _correction,
    p.Person: _person,
    p.Alias: _alias,
    p.Enrolment: _enrolment,
    p.SlotAssigned: _slot,
    p.TemplateRemoved: _template_removed,
    p.Evidence: _evidence,
    p.EvidenceRemoved: _evidence_removed,
    p.Erased: _erased,
    p.Seal: _seal,
    p.Start: _run,
    p.Stop: _run,
    p.Carried: _carried,
    p.TerminalRow: _terminal_row,
    p.TerminalUser: _terminal_user,
    **dict.fromkeys(desk_tables.KEPT, _desk),
    p.AbsenceDropped: _absence_dropped,
    p.Decided: _decided,
}
