"""What `decide` is told of a person's past, when rows of a terminal arrive late."""

from __future__ import annotations

from kiosk.core.record import TimeBlock
from kiosk.daemon.history import history_before
from kiosk.daemon.store import Store
from tests.store.samples import MORNING_MS, add_person, append, at, punch


def of_terminal(after_s: float, source: str = "terminal") -> TimeBlock:
    ms = MORNING_MS + round(after_s * 1000)
    return TimeBlock(ms, source, 1500, "terminal:X", ms)  # type: ignore[arg-type]


def late(store: Store, *after_s: float) -> list[int]:
    """Rows of a terminal, written in this order."""
    with store.transaction() as transaction:
        return [transaction.append(punch(), of_terminal(s)).seq for s in after_s]


def seqs(store: Store, moment: TimeBlock) -> list[int]:
    return [past.seq for past in history_before(store, "p1", moment)]


def test_rows_that_come_late_stand_where_they_happened(store: Store) -> None:
    add_person(store)
    (own,) = append(store, punch(), after_s=100)
    yesterday, before, after = late(store, -86_400, 50, 150)
    assert seqs(store, at(200)) == [yesterday, before, own.seq, after]
    assert seqs(store, at(120)) == [yesterday, before, own.seq]
    assert seqs(store, of_terminal(60)) == [yesterday, before]


def test_a_hundred_late_rows_do_not_bury_the_punch_of_a_minute_ago(store: Store) -> None:
    add_person(store)
    (own,) = append(store, punch(), after_s=0)
    late(store, *(-3600.0 * n for n in range(100, 0, -1)))
    assert seqs(store, at(60))[-1] == own.seq


def test_with_an_uncertain_clock_the_order_of_writing_holds(store: Store) -> None:
    add_person(store)
    with store.transaction() as transaction:
        trusted = transaction.append(punch(), at(1000)).seq
        unsure = transaction.append(punch(), at(0, boot="boot-2", source="none")).seq
    assert seqs(store, at(30, boot="boot-2", source="none")) == [trusted, unsure]
