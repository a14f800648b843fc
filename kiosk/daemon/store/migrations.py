"""From any older schema to the newest, step by numbered step, each in its own transaction.

Derived tables are never altered: a step that changes them makes them anew and replays the ledgers. Nothing
that is kept (the ledgers, private parts, cursors, anchors) may be lost by a step.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

from kiosk.daemon.store import schema
from kiosk.daemon.store.rebuild import replay_all

steps = Migrations("kiosk")


def migrate(db: sqlite3.Connection) -> None:
    """Apply the steps that are missing. Raises sqlite3's errors; the step that fails leaves no trace."""
    steps.apply(Database(db, recursive_triggers=False, execute_plugins=False))


@steps(name="001_ledger_and_what_follows_from_it")
def _001(database: Database) -> None:
    schema.create_kept(database.conn)
    schema.create_derived(database.conn)
    database.execute("PRAGMA user_version = 1")


@steps(name="002_days_instead_of_an_index_by_time")
def _002(database: Database) -> None:
    schema.drop_derived(database.conn)
    schema.create_derived(database.conn)
    replay_all(database.conn)
    database.execute("PRAGMA user_version = 2")


@steps(name="003_rows_and_users_of_terminals")
def _003(database: Database) -> None:
    schema.drop_derived(database.conn)
    schema.create_derived(database.conn)
    replay_all(database.conn)
    database.execute("PRAGMA user_version = 3")


@steps(name="004_what_happens_beside_a_tap")
def _004(database: Database) -> None:
    schema.drop_derived(database.conn)
    schema.create_derived(database.conn)
    replay_all(database.conn)
    database.execute("PRAGMA user_version = 4")


@steps(name="005_since_when_people_are_here")
def _005(database: Database) -> None:
    schema.drop_derived(database.conn)
    schema.create_derived(database.conn)
    replay_all(database.conn)
    database.execute("PRAGMA user_version = 5")
