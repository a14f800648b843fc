"""A quarantined ledger settled, reports rebuilt, an export that anyone can check."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.core.payload import (
    Absence,
    AbsenceDropped,
    Alias,
    Correction,
    DirectionSet,
    Erased,
    LedgerPoint,
    Validation,
)
from kiosk.core.sign import signature_holds
from sync.centre.export import export
from sync.centre.rebuild import TABLES, rebuild
from sync.centre.settle import BranchReport, CannotSettleError, branches, settle, settlement_statement
from tests.house.tracked import ROOT
from tests.sync.book import Book
from tests.sync.desk import NOW_MS, Desk, brief

NAMES = ("Budi Santoso", "Budi Santosa")


@pytest.fixture
def copied(desk: Desk) -> tuple[Book, Book]:
    """A kiosk of 20 records and a copy of its card from record 16 on, both delivered."""
    return fork(desk)


def fork(desk: Desk) -> tuple[Book, Book]:
    """Each enrolled somebody after they parted."""
    book = Book()
    book.punches(15)
    desk.send(book)
    copy = book.put_back(16)
    book.punches(3)
    book.person("p2", "198001012005011001", NAMES[0])
    copy.punches(5, code="late")
    copy.person("p2", "198001012005011001", NAMES[1])
    desk.send(book, 17)
    assert [ack.status for ack in desk.send(copy, 17)] == ["ok", "quarantined"]
    return book, copy


def decide(desk: Desk, book: Book, number: int) -> BranchReport:
    with desk.store.writing() as tx:
        return settle(tx, book.current.ledger_id, number, "kartu disalin", desk.key, NOW_MS)


@pytest.mark.parametrize("number", [0, 1])
def test_the_branch_that_was_chosen_stands_and_the_other_is_kept(
    desk: Desk, copied: tuple[Book, Book], number: int
) -> None:
    chosen, other = copied[number], copied[1 - number]
    ledger_id = chosen.current.ledger_id
    with desk.store.writing() as tx:
        assert [(b.number, b.first, b.last, b.signed) for b in branches(tx, ledger_id)] == [
            (0, 17, 20, True),
            (1, 17, 22, True),
        ]
    decide(desk, chosen, number)
    assert desk.faults() == []
    assert desk.ledger(ledger_id).standing == "settled"
    assert desk.ledger(ledger_id).hash == chosen.current.rows[-1].hash.hex()
    assert {p.code for p in desk.punches() if p.seq > 16} == {"late" if number else "on_time"}
    kept = [bytes(body) for (body,) in desk.rows("SELECT body FROM forks ORDER BY seq")]
    assert kept == [row.body for row in other.current.rows[16:]]
    seq, hash_, sig = desk.rows("SELECT seq, hash, sig FROM settlements")[0]
    statement = settlement_statement(ledger_id, seq, bytes(hash_).hex(), NOW_MS, "kartu disalin")
    assert signature_holds(desk.key.public_hex, statement, sig)


def names(desk: Desk, table: str) -> list[str]:
    return [json.loads(text)["name"] for (text,) in desk.rows(f"SELECT text FROM {table}")]


@pytest.mark.parametrize("number", [0, 1])
def test_names_come_along_with_the_branch_that_was_chosen(
    desk: Desk, copied: tuple[Book, Book], number: int
) -> None:
    decide(desk, copied[number], number)
    assert names(desk, "private_parts") == [NAMES[number]]
    assert names(desk, "fork_private_parts") == [NAMES[1 - number]]
    assert desk.rows("SELECT name FROM people") == [(NAMES[number],)]
    with desk.store.reading() as tx:
        exported = b"".join(export(tx, "kiosk-1", privates=True)).decode()
    assert [name in exported for name in (NAMES[number], NAMES[1 - number])] == [True, False]
    with desk.store.writing() as tx:
        rebuild(tx, NOW_MS)
    assert desk.rows("SELECT name FROM people") == [(NAMES[number],)]


def test_what_a_person_had_erased_is_in_no_branch(desk: Desk, copied: tuple[Book, Book]) -> None:
    book = copied[0]
    decide(desk, book, 0)
    old = book.current
    book.open("restored", LedgerPoint(old.ledger_id, 20, book.hash_at(old.ledger_id, 20).hex()))
    book.append(Erased(seqs=(20, 22), ledger_id=old.ledger_id, reason="request"))
    desk.send(book)
    assert names(desk, "private_parts") == names(desk, "fork_private_parts") == []


def test_a_kiosk_erases_nothing_of_anothers(desk: Desk) -> None:
    book, other = Book(), Book("kiosk-2")
    book.person("p1", "198001012005011001", NAMES[0])
    desk.send(book)
    other.append(Erased(seqs=(2,), ledger_id=book.current.ledger_id, reason="request"))
    desk.send(other)
    assert names(desk, "private_parts") == [NAMES[0]]
    assert desk.rows("SELECT name FROM people") == [(NAMES[0],)]


def test_a_settled_ledger_takes_nothing_more_and_its_device_goes_on_in_a_new_one(
    desk: Desk, copied: tuple[Book, Book]
) -> None:
    book, copy = copied
    decide(desk, book, 0)
    book.punch()
    acks = desk.send(book, 18)
    assert (acks[-1].status, acks[-1].common and acks[-1].common.seq) == ("quarantined", 20)
    assert [ack.status for ack in desk.send(copy, 17)][-1] == "quarantined"
    assert desk.ledger(book.current.ledger_id).standing == "settled"
    old = book.current
    book.open("restored", LedgerPoint(old.ledger_id, 20, book.hash_at(old.ledger_id, 20).hex()))
    assert brief(desk.send(book)) == [("ok", 1)]
    assert desk.ledger(old.ledger_id).standing == "settled"
    assert desk.faults() == []


def test_what_cannot_be_settled_says_why(desk: Desk, copied: tuple[Book, Book]) -> None:
    other = Book("kiosk-2")
    desk.send(other)
    for book, number, words in ((other, 0, "is open"), (copied[0], 7, "no branch 7")):
        with pytest.raises(CannotSettleError, match=words):
            decide(desk, book, number)
    with desk.store.writing() as tx, pytest.raises(CannotSettleError, match="there is no ledger"):
        branches(tx, "nobody")


def test_a_rebuild_changes_nothing(desk: Desk) -> None:
    book = Book()
    book.person("p1", "198001012005011001", "Budi Santoso")
    book.punches(6)
    book.append(Alias(person_id="p1", same_as="p2"))
    book.append(
        Absence(
            absence_id="a", person_id="p2", kind="sick", first="2026-03-01", last="2026-03-03", source="o"
        )
    )
    book.append(
        Absence(
            absence_id="b", person_id="p2", kind="leave", first="2026-04-01", last="2026-04-03", source="o"
        )
    )
    book.append(AbsenceDropped(absence_id="b", person_id="p2", actor="o"))
    book.append(
        Correction(boot_id="boot-1", from_seq=1, upto_seq=4, offset_ms=60_000, source="ntp", uncertainty_ms=9)
    )
    book.append(DirectionSet(punch_seq=5, person_id="p1", direction="out"))
    book.append(Validation(punch_seq=6, person_id="p1", accept=False, actor="o"))
    desk.send(book, 1, 5)
    desk.send(book, 6)

    def tables() -> list[list[str]]:
        return [sorted(map(repr, desk.rows(f"SELECT * FROM {table}"))) for table in TABLES]

    before = tables()
    assert sum(map(len, before)) == 6 + 1 + 1 + 2
    with desk.store.writing() as tx:
        assert rebuild(tx, NOW_MS) == len(book.current.rows)
    assert tables() == before
    assert desk.rows("SELECT true_ms - wall_ms FROM punches ORDER BY seq") == [(60_000,)] * 2 + [(0,)] * 4
    assert desk.rows("SELECT direction, standing FROM punches WHERE seq IN (5, 6) ORDER BY seq") == [
        ("out", "counted"),
        ("in", "rejected"),
    ]


def test_an_export_is_good_for_the_one_file_verifier(desk: Desk, tmp_path: Path) -> None:
    book = Book()
    book.person("p1", "198001012005011001", "Budi Santoso")
    book.punches(30)
    desk.send(book, 1, 20)
    desk.send(book, 21)
    with desk.store.reading() as tx:
        lines = list(export(tx, "kiosk-1", privates=True))
        assert list(export(tx, "elsewhere/kiosk-1", privates=True)) == []
    file = tmp_path / "ledger.jsonl"
    file.write_bytes(b"".join(lines))
    verifier = (sys.executable, str(ROOT / "docs/verify_ledger.py"), str(file), "--key", book.sign_key)
    done = subprocess.run(verifier, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    file.write_bytes(b"".join(lines).replace(b"on_time", b"on-time", 1))
    assert subprocess.run(verifier, capture_output=True, check=False).returncode == 1
