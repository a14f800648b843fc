"""The ledger through upgrade and downgrade."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.daemon.store import schema
from kiosk.install.errors import InstallError
from kiosk.install.layout import Layout
from kiosk.install.ledger_guard import KEPT, check_schema, copy_before, put_back, schema_of
from kiosk.install.release import Release, read_release
from tests.house.tracked import ROOT


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path)
    made.state.mkdir(parents=True)
    with closing(sqlite3.connect(made.database)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE ledger (seq INTEGER PRIMARY KEY, body TEXT)")
        db.execute("INSERT INTO ledger VALUES (1, 'genesis')")
        db.execute("PRAGMA user_version = 2")
        db.commit()
    return made


def release(schema_: int, name: str = "next") -> Release:
    return Release(name, "0.2.0", schema_)


def bodies(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as db:
        return [body for (body,) in db.execute("SELECT body FROM ledger ORDER BY seq")]


def test_a_release_says_the_schema_its_store_writes() -> None:
    assert read_release(ROOT).schema == schema.LATEST


def test_a_version_too_old_for_the_ledger_is_refused_before_anything_changes(layout: Layout) -> None:
    check_schema(layout, release(2))
    check_schema(layout, release(3))
    with pytest.raises(InstallError, match="up to schema 1"):
        check_schema(layout, release(1))


def test_a_first_installation_has_no_ledger_to_mind(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    check_schema(layout, release(1))
    assert copy_before(layout, release(1)) is None


def test_the_copy_is_whole_while_the_ledger_is_being_written(layout: Layout) -> None:
    with closing(sqlite3.connect(layout.database)) as kioskd:
        kioskd.execute("INSERT INTO ledger VALUES (2, 'committed')")
        kioskd.commit()
        kioskd.execute("INSERT INTO ledger VALUES (3, 'under way')")
        copy = copy_before(layout, release(2))
    assert copy is not None
    assert bodies(copy) == ["genesis", "committed"]
    assert schema_of(copy) == 2
    assert copy.stat().st_mode & 0o077 == 0


def test_the_newest_copies_are_kept(layout: Layout) -> None:
    for number in range(KEPT + 2):
        copy_before(layout, release(2, f"v{number}"))
    assert len(list(layout.backups.iterdir())) == KEPT


def test_what_a_failed_version_left_is_kept_aside_when_the_copy_goes_back(layout: Layout) -> None:
    copy = copy_before(layout, release(3))
    assert copy is not None
    with closing(sqlite3.connect(layout.database)) as db:
        db.execute("INSERT INTO ledger VALUES (2, 'by the failed version')")
        db.execute("PRAGMA user_version = 3")
        db.commit()
    aside = put_back(layout, copy)
    assert (bodies(layout.database), schema_of(layout.database)) == (["genesis"], 2)
    assert bodies(aside / "kiosk.db") == ["genesis", "by the failed version"]
