"""Two histories of one ledger: a copied card, a kiosk put back from a copy, a link that lies."""

from __future__ import annotations

import pytest

from kiosk.core.payload import LedgerPoint
from tests.sync.book import Book
from tests.sync.desk import Desk, brief


@pytest.fixture
def book(desk: Desk) -> Book:
    """A kiosk whose ledger of 100 records the centre has."""
    book = Book()
    book.punches(99)
    assert brief(desk.send(book)) == [("ok", 100)]
    return book


def linked(book: Book, seq: int) -> Book:
    old = book.current
    book.open("restored", LedgerPoint(old.ledger_id, seq, book.hash_at(old.ledger_id, seq).hex()))
    return book


def test_another_history_quarantines_the_ledger_and_both_are_kept(desk: Desk, book: Book) -> None:
    copy = book.put_back(90)
    copy.punch(code="late")
    copy.punch(code="late")
    acks = desk.send(copy, 85)
    assert brief(acks) == [("ok", 90), ("quarantined", 100)]
    assert acks[1].common is not None
    assert (acks[1].common.seq, acks[1].common.hash) == (90, book.hash_at(book.current.ledger_id, 90).hex())
    report = desk.ledger(book.current.ledger_id)
    assert (report.standing, report.reason, report.seq, report.forked) == ("quarantined", "fork", 100, 2)
    assert any("QUARANTINED" in problem for problem in desk.status().problems)
    kept = [bytes(body) for (body,) in desk.rows("SELECT body FROM forks ORDER BY seq")]
    assert kept == [row.body for row in copy.current.rows[90:]]
    book.punch()
    assert brief(desk.send(book, 101)) == [("ok", 100), ("quarantined", 100)]
    assert desk.ledger(book.current.ledger_id).seq == 100


def test_a_kiosk_put_back_learns_that_the_centre_is_ahead(desk: Desk, book: Book) -> None:
    old = book.put_back(50)
    acks = desk.send(old, 51)
    assert brief(acks) == [("ok", 50), ("ahead", 100)]
    assert acks[1].common is not None
    assert acks[1].common.seq == 50
    assert desk.ledger(book.current.ledger_id).standing == "open"


def test_a_linked_ledger_is_accepted_and_the_centre_shows_what_only_it_has(desk: Desk, book: Book) -> None:
    old = linked(book.put_back(50), 50)
    old.punches(3)
    assert brief(desk.send(old)) == [("ok", 4)]
    before, after = desk.ledger(book.current.ledger_id), desk.ledger(old.current.ledger_id)
    assert (before.standing, before.seq, before.linked_at, before.only_here) == ("closed", 100, 50, 50)
    assert (after.standing, after.reason, after.previous, after.previous_seq) == (
        "open", "", before.ledger_id, 50,
    )  # fmt: skip
    assert any("its last 50 records are only here" in problem for problem in desk.status().problems)
    assert desk.status().records == 104


def test_an_altered_ledger_is_named_as_altered_and_nothing_of_it_is_taken_for_ours(
    desk: Desk, book: Book
) -> None:
    old = book.current
    book.open("salvaged", LedgerPoint(old.ledger_id, 62, book.hash_at(old.ledger_id, 62).hex()))
    assert brief(desk.send(book)) == [("ok", 1)]
    report = desk.ledger(old.ledger_id)
    assert (report.standing, report.followed, report.only_here) == ("closed", "salvaged", 38)
    assert desk.ledger(book.current.ledger_id).followed == ""
    (problem,) = desk.status().problems
    assert "damaged or ALTERED at the kiosk at record 63" in problem


def test_a_link_explains_a_fork_that_came_first(desk: Desk, book: Book) -> None:
    old = book.put_back(50)
    old.punches(2, "late")
    assert brief(desk.send(old, 51)) == [("ok", 50), ("quarantined", 100)]
    linked(old, 50)
    assert brief(desk.send(old)) == [("ok", 1)]
    assert desk.ledger(book.current.ledger_id).standing == "closed"


def test_a_link_does_not_explain_a_fork_before_it(desk: Desk, book: Book) -> None:
    copy = book.put_back(50)
    copy.punches(20, "late")
    desk.send(copy, 51)
    linked(book, 100)
    assert brief(desk.send(book)) == [("ok", 1)]
    assert desk.ledger(book.books[0].ledger_id).standing == "quarantined"


def test_a_ledger_that_goes_on_after_its_successor_is_a_copied_card(desk: Desk, book: Book) -> None:
    desk.send(linked(book.put_back(50), 50))
    book.punch()
    assert brief(desk.send(book, 101))[-1] == ("quarantined", 100)
    report = desk.ledger(book.current.ledger_id)
    assert (report.standing, report.reason) == ("quarantined", "continued")


def test_neither_of_a_copied_card_and_its_original_can_link_the_alarm_away(desk: Desk, book: Book) -> None:
    desk.send(linked(book.put_back(50), 50))
    book.punch()
    desk.send(book, 101)
    assert brief(desk.send(linked(book, 100))) == [("ok", 1)]
    report = desk.ledger(book.books[0].ledger_id)
    assert (report.standing, report.reason) == ("quarantined", "continued")


def test_a_link_to_what_we_do_not_hold_is_quarantined(desk: Desk, book: Book) -> None:
    lying = book.put_back(50)
    lying.punch(code="late")
    linked(lying, 51)
    assert brief(desk.send(lying)) == [("quarantined", 1)]
    report = desk.ledger(lying.current.ledger_id)
    assert (report.standing, report.reason) == ("quarantined", "link_mismatch")
    assert desk.ledger(book.current.ledger_id).standing == "open"


def test_a_link_to_records_still_on_their_way_is_judged_when_they_come(desk: Desk, book: Book) -> None:
    first = book.current
    book.punches(10)
    linked(book, 110)
    assert brief(desk.send(book)) == [("ok", 1)]
    assert desk.ledger(book.current.ledger_id).reason == "link_pending"
    assert brief(desk.send(book, 101, ledger=first)) == [("ok", 110)]
    assert desk.ledger(book.current.ledger_id).reason == ""
    assert desk.ledger(first.ledger_id).standing == "closed"


def test_a_second_ledger_without_a_link_is_taken_but_shown(desk: Desk, book: Book) -> None:
    book.open("new")
    assert brief(desk.send(book)) == [("ok", 1)]
    assert desk.ledger(book.current.ledger_id).reason == "unlinked"
    assert any("without a link" in problem for problem in desk.status().problems)


def test_records_after_a_gap_that_contradict_are_another_history(desk: Desk, book: Book) -> None:
    copy = book.put_back(100)
    copy.punches(4)
    book.punch(code="late")
    book.punches(3)
    assert brief(desk.send(copy, 103)) == [("ok", 100)]
    acks = desk.send(book, 101, 103)
    assert brief(acks)[-1][0] == "quarantined"
    report = desk.ledger(book.current.ledger_id)
    assert (report.standing, report.seq) == ("quarantined", 103)
