"""Every schema there ever was is kept in `schemas/NNN.sql` and opens; one from the future is left alone."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from pathlib import Path

import pytest

from kiosk.core import api
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Store, StoreTooNew, schema
from kiosk.daemon.verify_file import verify_file
from tests.store.samples import IDENTITY, NUMBER, append, at, punch

SCHEMAS = Path(__file__).with_name("schemas")
SEED = hashlib.sha256(b"the device that wrote the fixtures").digest()


def load(number: int, path: Path) -> None:
    """The database a kiosk of that time left behind: a person with a finger and two punches, stopped."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript((SCHEMAS / f"{number:03}.sql").read_text("utf-8"))
        db.execute(f"PRAGMA user_version = {number}")
        db.execute("PRAGMA journal_mode = WAL")


def test_every_schema_number_has_its_fixture() -> None:
    assert sorted(path.name for path in SCHEMAS.iterdir()) == [
        f"{n:03}.sql" for n in range(1, schema.LATEST + 1)
    ]


@pytest.mark.parametrize("number", range(1, schema.LATEST + 1))
def test_an_old_database_is_migrated_and_goes_on(state: Path, number: int) -> None:
    state.mkdir()
    load(number, state / "kiosk.db")
    store = Store.open(state, DeviceKeys(SEED, SEED), IDENTITY, at(), reserve_mb=0)
    try:
        assert schema.version(store._db) == schema.LATEST
        assert store.opened == "same"
        person = store.person_by_number(NUMBER)
        assert person is not None
        assert store.person_by_slot("r307", 1) == person
        assert len(store.recent_punches(person.person_id)) == 2
        assert store.punches(api.GetPunches()).punches[0].name == person.name
        append(store, punch())
        assert store.rebuild().differences == 0
    finally:
        store.close()
    assert verify_file(state / "kiosk.db").ok


def test_the_schema_of_a_new_database_is_the_newest_fixtures(state: Path, store: Store) -> None:
    load(schema.LATEST, state / "fixture.db")
    text = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%' ORDER BY type, name"
    with contextlib.closing(sqlite3.connect(state / "fixture.db")) as db:
        assert store._db.execute(text).fetchall() == db.execute(text).fetchall()


def test_a_database_from_a_newer_version_is_refused_and_not_touched(state: Path, keys: DeviceKeys) -> None:
    load(schema.LATEST, state / "kiosk.db")
    with contextlib.closing(sqlite3.connect(state / "kiosk.db")) as db:
        db.execute(f"PRAGMA user_version = {schema.LATEST + 1}")
    before = (state / "kiosk.db").read_bytes()
    with pytest.raises(StoreTooNew) as refused:
        Store.open(state, keys, IDENTITY, at())
    assert "newer software" in refused.value.hint
    assert (state / "kiosk.db").read_bytes() == before
    assert not list(state.glob("kiosk.db-*"))
