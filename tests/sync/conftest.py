from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bench.postgres import Server, server
from sync.centre.store import Store
from sync.centre.store_postgres import PostgresStore
from sync.centre.store_sqlite import SqliteStore
from tests.sync.book import Book
from tests.sync.desk import Desk
from tests.sync.rig import Centre, Kiosk, Mosquitto
from tests.sync.tap import Tap


class Rig:
    """What a test started; all of it ends with the test."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self._root = root
        self._stack = stack

    def broker(self, settings: str = "allow_anonymous true") -> Mosquitto:
        broker = Mosquitto(self._root, settings)
        self._stack.callback(broker.kill)
        return broker.start()

    def centre(self, port: int, **options: Any) -> Centre:
        centre = Centre(self._root / f"centre-{port}", port, **options)
        self._stack.callback(centre.stop)
        return centre

    def kiosk(self, book: Book, port: int, centre_key: str, **config: Any) -> Kiosk:
        kiosk = Kiosk(book, port, centre_key, **config)
        self._stack.callback(kiosk.stop)
        return kiosk

    def tap(self, upstream: int) -> Tap:
        tap = Tap(upstream)
        self._stack.callback(tap.close)
        return tap

    def ends_with_test(self, process: subprocess.Popen[bytes]) -> None:
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """PostgreSQL itself; started when a test first asks for it."""
    with server() as running:
        yield running


@pytest.fixture(scope="session")
def contract_url(postgres: Server) -> str:
    return postgres.create("contract")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        made: Store = SqliteStore(tmp_path / "centre.db")
    else:
        made = emptied(PostgresStore(request.getfixturevalue("contract_url")))
    yield made
    made.close()


def emptied(store: Store) -> Store:
    with store.writing() as tx:
        for (table,) in tx.all(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            " AND table_type = 'BASE TABLE' AND table_name NOT IN ('settings', 'schema_version')"
        ):
            tx.run(f"DELETE FROM {table}")
    return store


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    return Desk(tmp_path, store=store)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield Rig(tmp_path, stack)
