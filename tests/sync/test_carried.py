"""Records that a mended kiosk carries into its next ledger count once, and are found by their old place."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.core.payload import Carried, Correction, Decided, DirectionSet, Evidence, LedgerPoint, Validation
from kiosk.core.record import MAX_INTEGER
from sync.centre.carried import old_place
from sync.centre.down_reports import photos
from sync.centre.rebuild import rebuild
from sync.centre.schema import VERSION, migrations
from sync.centre.store_sqlite import SqliteStore
from tests.sync.book import Book, Ledger
from tests.sync.desk import NOW_MS, Desk

HOUR_MS = 3_600_000


@pytest.fixture
def book() -> Book:
    book = Book()
    book.punch("p1")
    return book


def salvaged(book: Book, upto: int, reason: str = "salvaged") -> Ledger:
    """The ledger is damaged after `upto`: what it was, for what can be read of it."""
    old = book.current
    book.open(reason, LedgerPoint(old.ledger_id, upto, book.hash_at(old.ledger_id, upto).hex()))
    return old


def carry(book: Book, old: Ledger, *seqs: int, change: tuple[bytes, bytes] = (b"", b"")) -> None:
    for seq in seqs:
        body = old.rows[seq - 1].body.replace(*change).decode()
        book.append(Carried(ledger_id=old.ledger_id, seq=seq, body=body))


def correct(book: Book, first: int, last: int, offset_ms: int) -> int:
    boot_id = book.hello().boot_id
    return book.append(Correction(boot_id, first, last, offset_ms, "ntp", 50))


@pytest.fixture
def small(tmp_path: Path) -> Desk:
    """One kind of database is enough for what the SQL has no part in."""
    return Desk(tmp_path)


def punches(desk: Desk) -> list[tuple[object, ...]]:
    """Person, offset from the clock's time, standing, direction, ledger and seq of each."""
    sql = (
        "SELECT person_id, true_ms - wall_ms, standing, direction, ledger_id, seq FROM punches ORDER BY 1, 6"
    )
    return [tuple(row) for row in desk.rows(sql)]


def test_what_names_a_carried_punch_by_its_old_place_finds_it(desk: Desk, book: Book) -> None:
    desk.send(book)
    for person in ("p2", "p3", "p4"):
        book.punch(person)
    correct(book, 3, 4, HOUR_MS)
    book.append(Validation(punch_seq=3, person_id="p2", accept=False, actor="p1"))
    book.append(DirectionSet(punch_seq=4, person_id="p3", direction="out"))
    old = salvaged(book, 2)
    carry(book, old, *range(3, 9))
    desk.send(book)
    new = book.current.ledger_id
    expected = [
        ("p1", 0, "counted", "in", old.ledger_id, 2),
        ("p2", HOUR_MS, "rejected", "in", new, 2),
        ("p3", HOUR_MS, "counted", "out", new, 3),
        ("p4", 0, "counted", "in", new, 4),
    ]
    assert punches(desk) == expected
    with desk.store.writing() as tx:
        rebuild(tx, NOW_MS)
    assert punches(desk) == expected
    book.append(Decided("d-1", old.ledger_id, 5, "p4", "reject"))
    correct(book, 1, 4, 7)  # of this ledger's own records: what it carries is no part of that
    desk.send(book, 8)
    assert punches(desk)[3][:3] == ("p4", 0, "rejected")


def test_what_an_operator_asks_of_a_carried_punch_goes_by_its_old_place(small: Desk, book: Book) -> None:
    small.send(book)
    book.punch("p2")
    book.append(Evidence(punch_seq=3, kind="photo", ciphertext_sha256="ab" * 32, size_bytes=7))
    old = salvaged(book, 2)
    carry(book, old, 3, 4)
    small.now_ms += 1
    small.send(book)
    with small.store.reading() as tx:
        assert old_place(tx, book.name, (book.current.ledger_id, 2)) == (old.ledger_id, 3)
        for named in ("", book.current.ledger_id):
            (photo,) = photos(tx, book.name, 2, named)
            assert (photo.ledger_id, photo.punch_seq) == (old.ledger_id, 3)


def test_a_corrected_punch_carried_twice_counts_once_whatever_became_of_it(small: Desk, book: Book) -> None:
    small.send(book)
    book.punch("p2")
    correct(book, 3, 3, HOUR_MS)
    old = salvaged(book, 2)
    carry(book, old, 3, 4)
    small.send(book)
    salvaged(book, 1)
    carry(book, old, 3, 4, change=(b'"p2"', b'"p9"'))
    small.send(book)
    assert [row[:2] for row in punches(small)] == [("p1", 0), ("p2", HOUR_MS)]


@pytest.mark.parametrize(("reason", "people"), [("salvaged", ["p1"]), ("restored", ["p1", "p9"])])
def test_of_a_record_altered_at_the_kiosk_the_one_delivered_stands(
    small: Desk, book: Book, reason: str, people: list[str]
) -> None:
    """Another history of a kiosk that was put back is no alteration: it counts beside ours."""
    small.send(book)
    old = salvaged(book, 1, reason)
    carry(book, old, 2, change=(b'"p1"', b'"p9"'))
    small.send(book)
    assert [row[0] for row in punches(small)] == people


def test_ahead_of_its_batch_a_carried_punch_is_not_shown_twice(desk: Desk, book: Book) -> None:
    desk.send(book)
    book.punch("p2")
    desk.live(book, 3, 3)
    old = salvaged(book, 2)
    desk.send(book)
    carry(book, old, 2, 3)
    desk.live(book, 2, 3)
    seen = [(p.person_id, p.provisional) for p in desk.punches()]
    assert sorted(seen) == [("p1", False), ("p2", True)]
    desk.send(book, 2)
    seen = [(p.person_id, p.provisional) for p in desk.punches()]
    assert sorted(seen) == [("p1", False), ("p2", False)]
    assert desk.status().provisional == 0


def test_nobody_reaches_another_kiosks_punches_by_carrying(desk: Desk, book: Book) -> None:
    desk.send(book)
    book.punch("p2")
    stranger, theirs = Book("kiosk-9"), book.current.ledger_id
    correct(stranger, 1, 9, HOUR_MS)
    stranger.append(Validation(punch_seq=2, person_id="p1", accept=False, actor="x"))
    for row in stranger.current.rows[1:3]:
        stranger.append(Carried(ledger_id=theirs, seq=row.seq + 7, body=row.body.decode()))
    stranger.append(Carried(ledger_id=theirs, seq=3, body=book.current.rows[2].body.decode()))
    stranger.append(Decided("d-1", theirs, 2, "p1", "reject"))
    desk.send(stranger)
    old = salvaged(book, 2)
    carry(book, old, 3)
    desk.send(book)
    mine = [row for row in punches(desk) if row[4] in {old.ledger_id, book.current.ledger_id}]
    assert [row[:3] for row in mine] == [("p1", 0, "counted"), ("p2", 0, "counted")]


def test_an_older_database_learns_where_its_carried_punches_lie(desk: Desk, book: Book) -> None:
    desk.send(book)
    book.punch("p2")
    old = salvaged(book, 2)
    carry(book, old, 3)
    desk.send(book)
    with desk.store.writing() as tx:
        before = tx.all("SELECT * FROM carried")
        tx.run("DROP TABLE carried")
        for statement in migrations("sqlite" if isinstance(desk.store, SqliteStore) else "postgresql", 5):
            tx.run(statement)
        assert VERSION == 6
        assert tx.all("SELECT * FROM carried") == before != []


def test_places_that_no_table_holds_are_passed_over(desk: Desk, book: Book) -> None:
    inner = book.current.rows[1].body.decode()
    for payload in (
        Carried(ledger_id="x", seq=MAX_INTEGER, body=inner),
        Validation(punch_seq=MAX_INTEGER, person_id="p1", accept=False, actor="x"),
        DirectionSet(punch_seq=MAX_INTEGER, person_id="p1", direction="out"),
        Decided("d-1", book.current.ledger_id, MAX_INTEGER, "p1", "reject"),
    ):
        book.append(payload)
        body = book.current.rows.pop().body
        book.append_raw(body.replace(str(MAX_INTEGER).encode(), str(1 << 70).encode()))
    assert [ack.upto for ack in desk.send(book)] == [6]
    assert [row[:4] for row in punches(desk)] == [("p1", 0, "counted", "in")]
