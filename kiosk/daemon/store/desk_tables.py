"""The table behind everything beside a plain tap: absences, PINs, roles, consents, presence, validations.

All are few: one table, a row a record, with the record's own data; what a row is about stands in `subject`.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from kiosk.core import payload as p
from kiosk.daemon.store.schema import key_of

PUNCH = "punch"  # the row of a punch that waits for a validation, or whose direction was chosen
KEPT = (
    p.Validation, p.DirectionSet, p.Absence, p.PinSet, p.RoleSet, p.PresenceCalled, p.PresenceSeen,
    p.PresenceClosed, p.Consent, p.Certified, p.Flag, p.RosterApplied, p.CommandTaken,
)  # fmt: skip


def put(
    db: sqlite3.Connection, payload: Any, person: int | None, fact: Any, subject: str | None = None
) -> None:
    """Keep one record; `fact` is the projection's, `subject` what it is about where its type cannot say."""
    db.execute(
        "INSERT OR REPLACE INTO desk VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            fact.key, payload.TYPE, person, _subject(payload, fact) if subject is None else subject,
            fact.holder, fact.at.wall_ms,
            msgspec.json.encode(payload).decode(),
        ),
    )  # fmt: skip


def drop_absence(db: sqlite3.Connection, dropped: p.AbsenceDropped) -> None:
    """An absence was taken back: it was never there, for the rules."""
    db.execute("DELETE FROM desk WHERE type = 'absence' AND subject = ?", (dropped.absence_id,))


def same_person(db: sqlite3.Connection, old: int, new: int) -> None:
    """Two ids turned out to be one person."""
    db.execute("UPDATE desk SET person = ? WHERE person = ?", (new, old))


def _subject(payload: Any, fact: Any) -> str:
    if isinstance(payload, (p.Validation, p.DirectionSet, p.Flag)):
        return str(key_of(fact.ledger_n, payload.punch_seq))
    if isinstance(payload, p.Absence):
        return payload.absence_id
    if isinstance(payload, (p.PresenceCalled, p.PresenceSeen, p.PresenceClosed)):
        return payload.check_id
    return ""
