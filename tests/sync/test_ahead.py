"""Letters are opened ahead of the transaction: in order, once, not too far, and a bad one holds up nobody."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sync.centre.ahead import MOST_AHEAD_BYTES, Ahead, Mail
from sync.centre.incoming import RefusedBatchError
from sync.centre.letter import Letter
from sync.link_events import Message, Subscribed
from sync.wire import MAX_MESSAGE_BYTES, WireError
from tests.sync.book import Book
from tests.sync.desk import batch_of, changed
from tests.sync.rig import until

LINK = object()


def message(topic: str, payload: bytes, mid: int = 1) -> Message:
    return Message(LINK, topic, payload, retain=False, mid=mid, qos=1)


@contextmanager
def running(inbox: queue.SimpleQueue[Any]) -> Iterator[Ahead]:
    ahead = Ahead(inbox)
    ahead.start()
    try:
        yield ahead
    finally:
        ahead.close()


def test_everything_passes_in_its_order_and_letters_are_open() -> None:
    book = Book()
    book.punches(3)
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    events = [
        message(book.name.up("ledger"), batch_of(book)),
        Subscribed(LINK, 0),
        message("elsewhere", b"x"),
        None,
        message(book.name.up("ledger"), b"no JSON"),
    ]
    with running(inbox) as ahead:
        for event in events:
            inbox.put(event)
        passed = [ahead.get(10) for _ in events]
    assert [event.message if isinstance(event, Mail) else event for event in passed] == events
    assert [record.seq for record in passed[0].letter.batch().records] == [1, 2, 3, 4]
    assert passed[0].letter.batch() is passed[0].letter.batch()
    with pytest.raises(WireError, match="malformed"):
        passed[4].letter.batch()


def test_a_letter_tells_every_asker_the_same_fault() -> None:
    book = Book()
    book.punches(2)
    letter = Letter(book.name.up("ledger"), changed(batch_of(book), prev_hash="11" * 32))
    letter.open()
    for _ in range(2):
        with pytest.raises(RefusedBatchError, match="broken_chain"):
            letter.batch()


def test_no_more_is_opened_than_fits_ahead() -> None:
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    fit = -(-MOST_AHEAD_BYTES // MAX_MESSAGE_BYTES)
    with running(inbox) as ahead:
        for mid in range(3 * fit):
            inbox.put(message("elsewhere", b"x" * MAX_MESSAGE_BYTES, mid))
        # One more than fits is in its hand; the rest waits unopened, until those before it are fetched.
        until(lambda: inbox.qsize() == 2 * fit - 1)
        assert [ahead.get(10).message.mid for _ in range(3 * fit)] == list(range(3 * fit))
        with pytest.raises(queue.Empty):
            ahead.get(0)


def test_it_ends_while_it_waits_for_room() -> None:
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with running(inbox):
        for _ in range(8):
            inbox.put(message("elsewhere", b"x" * MAX_MESSAGE_BYTES))
        until(lambda: inbox.qsize() < 8)
    assert "ahead" not in {thread.name for thread in threading.enumerate()}
