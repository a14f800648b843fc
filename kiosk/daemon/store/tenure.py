"""Since when and until when somebody is of the staff: a row each time they became active or ceased to be."""

from __future__ import annotations

import sqlite3

from kiosk.core.record import TimeBlock
from kiosk.core.shifts import Stay


def put(db: sqlite3.Connection, person: int, key: int, at: TimeBlock, *, active: bool) -> None:
    """A `person` record; most only change a name and leave no row."""
    found = db.execute(
        "SELECT active FROM tenure WHERE person = ? ORDER BY key DESC LIMIT 1", (person,)
    ).fetchone()
    if active != bool(found and found[0]):
        row = (key, person, at.wall_ms, at.wall_ms, at.boot_id, active)
        db.execute("INSERT OR REPLACE INTO tenure VALUES (?, ?, ?, ?, ?, ?)", row)


def correct(db: sqlite3.Connection, first: int, last: int, boot_id: str, offset_ms: int) -> None:
    """The true time of these records became known."""
    db.execute(
        "UPDATE tenure SET true_ms = wall_ms + ? WHERE key BETWEEN ? AND ? AND boot_id = ?",
        (offset_ms, first, last, boot_id),
    )


def same_person(db: sqlite3.Connection, old: int, new: int) -> None:
    """Two ids turned out to be one person."""
    db.execute("UPDATE tenure SET person = ? WHERE person = ?", (new, old))


def stays(rows: list[tuple[int, int]]) -> tuple[Stay, ...]:
    """From (true time, active) in the order of time to the stretches in between."""
    found: list[Stay] = []
    since_ms: int | None = None
    for true_ms, active in rows:
        if active and since_ms is None:
            since_ms = true_ms
        elif not active and since_ms is not None:
            found.append(Stay(since_ms, true_ms))
            since_ms = None
    return (*found, Stay(since_ms)) if since_ms is not None else tuple(found)
