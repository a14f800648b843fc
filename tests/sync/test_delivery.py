"""Go-back-N over a channel that loses, doubles and reorders, to a real office; no clock but ours."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.core.payload import LedgerPoint
from sync.batching import Packer
from sync.delivery import WELL, Delivery, Standing
from sync.events import Acked, HeadDiffers, Refused, Rewound, SyncEvent
from sync.pace import Pace
from sync.wire import Ack
from tests.sync.book import Book
from tests.sync.desk import Desk


class Channel:
    """Carries batches to the desk and answers back, badly; time passes when nothing is under way."""

    def __init__(self, book: Book, desk: Desk, seed: int = 0, loss: float = 0.0) -> None:
        self.now = 0.0
        self.book, self.desk = book, desk
        self.events: list[SyncEvent] = []
        self._random = random.Random(seed)
        self._loss = loss
        self._up: list[bytes] = []
        self._down: list[Ack] = []
        self._mid = 0
        self.bytes_sent = 0
        pace = Pace(8, 4_096, 5.0, 60.0)
        self.delivery = Delivery(
            book, Packer(book, book.sign_key), pace, self._send, self._emit, lambda: self.now
        )
        self.delivery.connected(20)

    def run(self, until_s: float = 100_000.0) -> None:
        """Until everything is delivered, or nothing more will happen before `until_s`."""
        while True:
            self.delivery.tick()
            self.delivery.pump()
            if self._up or self._down:
                self._move()
                continue
            due = self.delivery.next_deadline()
            if due is None or due > until_s:
                return
            self.now = max(self.now, due)

    def acks(self) -> list[Acked]:
        return [event for event in self.events if isinstance(event, Acked)]

    def _send(self, payload: bytes) -> int:
        self._mid += 1
        self.bytes_sent += len(payload)
        self._up.append(payload)
        return self._mid

    def _move(self) -> None:
        """One message, any one, goes one way; the broker takes all it is given."""
        self.now += 0.01
        for mid in range(1, self._mid + 1):
            self.delivery.taken(mid, "")
        queue = self._random.choice([q for q in (self._up, self._down) if q])
        item = queue.pop(self._random.randrange(len(queue)) if self._loss else 0)
        if self._random.random() < self._loss:
            return
        if self._random.random() < self._loss / 2:
            queue.append(item)  # type: ignore[arg-type]
        if isinstance(item, Ack):
            self.delivery.answered(item, "ack")
        else:
            self._down += self.desk.letter(self.book.name.up("ledger"), item)

    def _emit(self, event: SyncEvent) -> None:
        self.events.append(event)
        if isinstance(event, Acked):
            self.book.cursors[event.ledger_id] = max(self.book.cursor(event.ledger_id), event.upto)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), loss=st.floats(0.05, 0.6), count=st.integers(1, 120))
def test_everything_arrives_once_whatever_the_channel_does(seed: int, loss: float, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        book = Book()
        book.punches(count)
        channel = Channel(book, desk, seed, loss)
        channel.run()
        assert book.cursor(book.current.ledger_id) == count + 1
        assert desk.status().records == count + 1
        assert desk.faults() == []
        assert channel.delivery.standing == WELL
        desk.store.close()


def test_a_clean_channel_carries_nothing_twice(tmp_path: Path) -> None:
    desk, book = Desk(tmp_path), Book()
    book.punches(300)
    channel = Channel(book, desk)
    channel.run()
    bodies = sum(len(row.body) for row in book.current.rows)
    assert book.cursor(book.current.ledger_id) == 301
    assert channel.bytes_sent < 1.6 * bodies
    assert desk.status().refusals == ()


def test_an_acknowledgement_brings_the_centres_time_bound_to_our_clock(tmp_path: Path) -> None:
    desk, book = Desk(tmp_path), Book()
    channel = Channel(book, desk)
    channel.now = 50.0
    channel.run()
    (ack,) = channel.acks()
    assert (ack.time_ms, ack.sent_boot_ms, ack.received_boot_ms) == (1_790_000_100_000, 50_000, 50_020)
    assert ack.rtt_ms == 20


def test_with_nothing_to_send_it_asks_once_where_the_centre_stands(tmp_path: Path) -> None:
    desk, book = Desk(tmp_path), Book()
    Channel(book, desk).run()
    again = Channel(book, desk)
    again.run()
    assert [ack.upto for ack in again.acks()] == [1]
    assert again.delivery.next_deadline() is None


def test_a_kiosk_put_back_is_told_even_with_an_empty_backlog(tmp_path: Path) -> None:
    desk, book = Desk(tmp_path), Book()
    book.punches(99)
    Channel(book, desk).run()
    old = book.put_back(50)
    channel = Channel(old, desk)
    channel.run(until_s=1.0)
    (differs,) = [event for event in channel.events if isinstance(event, HeadDiffers)]
    assert (differs.centre_seq, differs.common_seq) == (100, 50)
    assert differs.common_hash == old.hash_at(old.current.ledger_id, 50).hex()
    assert channel.delivery.standing == Standing("refused", "head_differs")


def test_after_a_link_both_ledgers_count_as_delivered(tmp_path: Path) -> None:
    desk, book = Desk(tmp_path), Book()
    book.punches(99)
    Channel(book, desk).run()
    old = book.put_back(50)
    old.cursors.clear()
    first = old.current
    old.open("restored", LedgerPoint(first.ledger_id, 50, old.hash_at(first.ledger_id, 50).hex()))
    old.punches(5)
    channel = Channel(old, desk)
    channel.run(until_s=5.0)
    assert (old.cursor(first.ledger_id), old.cursor(old.current.ledger_id)) == (50, 6)
    assert channel.delivery.standing == WELL
    assert desk.ledger(first.ledger_id).only_here == 50


def test_a_centre_that_lost_records_gets_them_again(tmp_path: Path) -> None:
    desk, book = Desk(tmp_path), Book()
    book.punches(20)
    channel = Channel(book, desk)
    channel.run()
    with desk.store.writing() as tx:
        tx.run("DELETE FROM records WHERE seq > 11")
        tx.run("DELETE FROM heads WHERE seq > 11")
        tx.run("DELETE FROM punches WHERE seq > 11")
        tx.run("UPDATE ledgers SET head_seq = 11, head_hash = ?", book.current.rows[10].hash)
    book.punch()
    channel.run()
    assert [event.upto for event in channel.events if isinstance(event, Rewound)] == [11]
    assert desk.status().records == 22
    assert desk.faults() == []


def test_an_old_ledger_the_centre_refuses_does_not_hold_up_the_current_one(tmp_path: Path) -> None:
    desk, book = Desk(tmp_path), Book()
    copy = book.put_back(1)
    book.punches(9)
    Channel(book, desk).run()
    copy.punches(9, "late")
    old = copy.current
    copy.open("salvaged")
    copy.punches(4)
    channel = Channel(copy, desk)
    channel.run(until_s=30.0)
    assert copy.cursor(copy.current.ledger_id) == 5
    assert copy.cursor(old.ledger_id) <= 1


def test_an_answer_to_a_question_we_did_not_ask_is_refused(tmp_path: Path) -> None:
    desk, book = Desk(tmp_path), Book()
    channel = Channel(book, desk)
    (ack,) = desk.send(book)
    channel.delivery.answered(ack, "down/ack")
    assert channel.events == [Refused("down/ack", "foreign_nonce")]
    assert book.cursor(book.current.ledger_id) == 0


def test_a_waiting_device_asks_again_at_a_steady_pace_and_goes_on_when_approved(tmp_path: Path) -> None:
    desk, book = Desk(tmp_path, auto_approve=False), Book()
    book.punches(50)
    channel = Channel(book, desk)
    channel.run(until_s=60.0)
    assert channel.delivery.standing == Standing("waiting_approval", "")
    assert channel._mid <= 15
    desk.approve(book)
    channel.run(until_s=200.0)
    assert book.cursor(book.current.ledger_id) == 51


def test_a_refusal_by_the_broker_is_seen(tmp_path: Path) -> None:
    channel = Channel(Book(), Desk(tmp_path))
    channel.delivery.pump()
    channel.delivery.taken(1, "not_authorized")
    assert channel.delivery.standing == Standing("refused", "not_authorized")
    assert channel.delivery.next_deadline() == 60.0


def test_silence_is_waited_out_ever_longer(tmp_path: Path) -> None:
    channel = Channel(Book(), Desk(tmp_path), loss=1.0)
    channel.run(until_s=600.0)
    assert 8 <= channel._mid <= 16
    assert channel.delivery.standing == Standing("online", "no_answer")
