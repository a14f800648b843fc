"""The centre on PostgreSQL: processes beside each other, connections that break, commits nobody saw."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from bench.postgres import Server
from kiosk.core.payload import LedgerPoint
from sync.centre.schema import VERSION
from sync.centre.store import BusyError, NewerSchemaError, StoreError
from sync.centre.store_postgres import PostgresStore
from tests.sync.book import Book, Ledger
from tests.sync.conftest import emptied
from tests.sync.desk import Desk, batch_of, brief
from tests.sync.rig import until


@pytest.fixture
def pair(contract_url: str, tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """Two centre processes on one database."""
    desks = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        desks.append(Desk(tmp_path / name, store=emptied(PostgresStore(contract_url))))
    yield desks[0], desks[1]
    for desk in desks:
        desk.store.close()


def terminate(url: str, desk: Desk) -> None:
    """The server ends this desk's connection."""
    pid = desk.rows("SELECT pg_backend_pid()")[0][0]
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SELECT pg_terminate_backend(%s)", (pid,))
        until(lambda: not db.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchall())


def test_two_processes_take_one_ledger_in_any_order_and_hold_each_record_once(
    pair: tuple[Desk, Desk],
) -> None:
    book = Book()
    book.punches(399)
    batches = [batch_of(book, first, first + 9) for first in range(1, 400, 10)]

    def deliver(desk: Desk, mine: list[bytes]) -> None:
        for payload in mine:
            desk.letter(book.name.up("ledger"), payload)

    with ThreadPoolExecutor() as pool:
        list(pool.map(deliver, pair, (batches[::2], batches[1::2])))
    assert brief(pair[0].send(book, 400, 400)) == [("ok", 400)]
    assert pair[1].rows("SELECT count(*), count(DISTINCT seq) FROM records") == [(400, 400)]
    assert pair[1].rows("SELECT count(*) FROM punches") == [(399,)]
    assert pair[1].rows("SELECT count(*) FROM staged") == [(0,)]
    assert pair[0].faults() == []


def test_a_link_and_the_ledger_it_names_may_come_to_two_processes_at_once(pair: tuple[Desk, Desk]) -> None:
    for _ in range(5):
        emptied(pair[0].store)
        book = Book()
        book.punches(5)
        old, last = book.current, book.current.rows[-1]
        new = book.open("restored", LedgerPoint(old.ledger_id, last.seq, last.hash.hex()))
        start = threading.Barrier(2)

        def send(desk: Desk, ledger: Ledger, book: Book = book, start: threading.Barrier = start) -> None:
            start.wait()
            desk.send(book, ledger=ledger)

        with ThreadPoolExecutor() as pool:
            list(pool.map(send, pair, (old, new)))
        standing = {row.ledger_id: (row.standing, row.reason) for row in pair[0].status().ledgers}
        assert standing == {old.ledger_id: ("closed", ""), new.ledger_id: ("open", "")}


def test_one_process_waits_for_another_only_where_both_have_the_same_device(pair: tuple[Desk, Desk]) -> None:
    mine, other = Book("kiosk-1"), Book("kiosk-2")
    with ThreadPoolExecutor() as pool:
        with pair[0].store.writing() as tx:
            tx.lock([str(mine.name)])
            assert brief(pair[1].send(other)) == [("ok", 1)]
            waiting = pool.submit(pair[1].send, mine)
            until(lambda: tx.one("SELECT count(*) FROM pg_locks WHERE NOT granted") != (0,))
            assert not waiting.done()
        assert brief(waiting.result(20)) == [("ok", 1)]


def test_a_broken_connection_commits_nothing_and_the_next_transaction_has_a_new_one(
    pair: tuple[Desk, Desk], contract_url: str
) -> None:
    desk, book = pair[0], Book()
    terminate(contract_url, desk)
    with pytest.raises(BusyError):
        desk.send(book)
    assert brief(desk.send(book)) == [("ok", 1)]


def test_what_was_sent_but_not_committed_is_not_there(pair: tuple[Desk, Desk], contract_url: str) -> None:
    desk, book = pair[0], Book()
    book.punches(9)
    assert brief(desk.send(book, 1, 5)) == [("ok", 5)]
    with pytest.raises(BusyError):
        change_and_lose(desk, contract_url)
    assert brief(desk.send(book, 6, 10)) == [("ok", 10)]
    assert desk.faults() == []


def test_a_transaction_that_stood_still_too_long_is_undone(
    pair: tuple[Desk, Desk], contract_url: str
) -> None:
    with pytest.raises(BusyError, match="idle-in-transaction"):
        stand_still(pair[0], contract_url)
    assert brief(pair[0].send(Book())) == [("ok", 1)]


def stand_still(desk: Desk, url: str) -> None:
    with desk.store.writing() as tx, psycopg.connect(url, autocommit=True) as db:
        tx.run("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
        pid = tx.one("SELECT pg_backend_pid()")
        until(lambda: not db.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid).fetchall())
        tx.run("SELECT 1")


def change_and_lose(desk: Desk, url: str) -> None:
    with desk.store.writing() as tx, psycopg.connect(url, autocommit=True) as db:
        tx.run("UPDATE ledgers SET head_seq = 99")
        db.execute("SELECT pg_terminate_backend(%s)", tx.one("SELECT pg_backend_pid()"))


def test_processes_that_start_at_once_make_the_tables_once(postgres: Server) -> None:
    url = postgres.create("beginning")

    def begin(_: int) -> int:
        store = PostgresStore(url)
        with store.reading() as tx:
            rows = tx.all("SELECT version FROM schema_version")
        store.close()
        return int(rows[0][0]) if len(rows) == 1 else -1

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(begin, range(4))) == [VERSION] * 4


def test_a_database_of_a_newer_version_and_one_that_is_away(postgres: Server) -> None:
    url = postgres.create("newer")
    PostgresStore(url).close()
    with psycopg.connect(url) as db:
        db.execute("UPDATE schema_version SET version = version + 1")
    with pytest.raises(NewerSchemaError, match=f"schema {VERSION + 1}"):
        PostgresStore(url)
    with pytest.raises(StoreError, match="nowhere"):
        PostgresStore(postgres.url("nowhere"), password="secret")
    with pytest.raises(StoreError) as told:
        PostgresStore("postgresql://hadir:secret@127.0.0.1:1/hadir")
    assert "secret" not in str(told.value)
