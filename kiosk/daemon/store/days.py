"""Where in the order of punches each UTC day lies: a few rows a day in place of an index over every punch.

`days` has a row for each punch whose day is not that of the punch before it. With a sound clock that is one
a day; a clock that jumps makes more. The table follows from `punches` alone, in whatever order they came.
"""

from __future__ import annotations

import sqlite3

MS_PER_DAY = 86_400_000
END = 1 << 62


def add(db: sqlite3.Connection, key: int, true_ms: int) -> None:
    """Take the punch `key`, just written, into account; nearly always there is nothing to do."""
    found = db.execute("SELECT day FROM days WHERE start <= ? ORDER BY start DESC LIMIT 1", (key,)).fetchone()
    if found is None or found[0] != true_ms // MS_PER_DAY:
        redo(db, key, key)


def redo(db: sqlite3.Connection, first: int, last: int) -> None:
    """Take into account that the times of the punches `first` to `last` are new."""
    after = db.execute("SELECT MIN(key) FROM punches WHERE key > ?", (last,)).fetchone()[0]
    end = last if after is None else after
    day = _day_before(db, first)
    db.execute("DELETE FROM days WHERE start BETWEEN ? AND ?", (first, end))
    times = db.execute(
        "SELECT key, true_ms FROM punches WHERE key BETWEEN ? AND ? ORDER BY key", (first, end)
    )
    for key, true_ms in times.fetchall():
        if true_ms // MS_PER_DAY != day:
            day = true_ms // MS_PER_DAY
            db.execute("INSERT INTO days VALUES (?, ?)", (key, day))


def _day_before(db: sqlite3.Connection, key: int) -> int | None:
    text = "SELECT true_ms FROM punches WHERE key < ? ORDER BY key DESC LIMIT 1"
    found = db.execute(text, (key,)).fetchone()
    return found[0] // MS_PER_DAY if found else None


def keys_between(db: sqlite3.Connection, start_ms: int, end_ms: int) -> tuple[int, int]:
    """Keys (from, below) between which every punch of these milliseconds lies, with others perhaps."""
    found = db.execute(
        "SELECT MIN(d.start), MAX(COALESCE((SELECT MIN(start) FROM days WHERE start > d.start), ?)) "
        "FROM days d WHERE d.day BETWEEN ? AND ?", (END, start_ms // MS_PER_DAY, (end_ms - 1) // MS_PER_DAY)
    ).fetchone()  # fmt: skip
    return (0, 0) if found[0] is None else (found[0], found[1])
