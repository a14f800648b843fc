"""What follows from records about terminals: which rows of their logs are known, whose their users are."""

from __future__ import annotations

import contextlib
import sqlite3

import msgspec

from kiosk.core.payload import TerminalUserPrivate

_SOURCE = "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?)"
_decoder = msgspec.json.Decoder(TerminalUserPrivate)


def source(
    db: sqlite3.Connection, source_key: str | None, key: int, holder: int, user_key: str | None = None
) -> None:
    """The row `source_key` lies in the record `key`; with `user_key` it waits for that user to be known."""
    if source_key is None:
        return
    with contextlib.suppress(ValueError):
        waiting = None if user_key is None else bytes.fromhex(user_key)
        db.execute(_SOURCE, (bytes.fromhex(source_key), key, holder, waiting))


def user(
    db: sqlite3.Connection, serial: str, user_key: str, person_n: int, text: str | None, holder: int
) -> None:
    """The terminal's user is this person; `text` is the record's private part."""
    user_id = ""
    with contextlib.suppress(msgspec.DecodeError):
        user_id = _decoder.decode(text).user_id if text else ""
    with contextlib.suppress(ValueError):
        db.execute(
            "INSERT OR REPLACE INTO terminal_users VALUES (?, ?, ?, ?, ?)",
            (serial, bytes.fromhex(user_key), person_n, user_id, holder),
        )


def same_person(db: sqlite3.Connection, old: int, new: int) -> None:
    """Two people turned out to be one."""
    db.execute("UPDATE terminal_users SET person = ? WHERE person = ?", (new, old))


def erased(db: sqlite3.Connection, holder: int) -> None:
    """The private part beside `holder` is gone, and with it what was drawn from it."""
    db.execute("UPDATE terminal_users SET user_id = '' WHERE source_key = ?", (holder,))
