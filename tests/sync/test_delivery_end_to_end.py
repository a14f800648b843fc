"""Publisher, Mosquitto and `hadir-centre` as they run: every record at the centre, once, in order."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pytest

from kiosk.core.payload import LedgerPoint
from sync.centre import reports
from sync.events import HeadDiffers, LinkChanged
from tests.sync.book import Book
from tests.sync.conftest import Rig
from tests.sync.rig import Centre, Kiosk, free_port, listens, until


def everything_once(centre: Centre, book: Book) -> bool:
    """Every record of the device's current ledger is at the centre, in order, with its own bytes."""
    stored = centre.read(
        lambda tx: tx.all("SELECT body FROM records WHERE ledger_id = ? ORDER BY seq", book.current.ledger_id)
    )
    return [bytes(body) for (body,) in stored] == [row.body for row in book.current.rows] and centre.sound()


def test_a_backlog_of_a_thousand_drains_in_order_once_each(rig: Rig) -> None:
    broker = rig.broker()
    centre = rig.centre(broker.port)
    centre.start()
    book = Book()
    book.person("p1", "198001012005011001", "Budi Santoso")
    book.punches(1_000)
    kiosk = rig.kiosk(book, broker.port, centre.key).start()
    until(kiosk.delivered)
    assert everything_once(centre, book)
    status = centre.status()
    assert (status.records, status.punches, status.provisional) == (1_002, 1_000, 0)
    assert centre.read(lambda tx: reports.punches(tx, 1))[0].name == "Budi Santoso"
    assert kiosk.seen(LinkChanged)[-1] == LinkChanged("online", "")
    until(lambda: centre.status().devices[0].status == "online")
    assert kiosk.stop()
    until(lambda: centre.status().devices[0].status == "offline")


def test_a_kiosk_that_vanishes_is_shown_offline_by_its_last_will(rig: Rig) -> None:
    broker = rig.broker()
    centre = rig.centre(broker.port)
    centre.start()
    tap = rig.tap(broker.port)
    rig.kiosk(Book(), tap.port, centre.key).start()
    until(lambda: [d.status for d in centre.status().devices] == ["online"])
    tap.cut()
    until(lambda: centre.status().devices[0].status == "offline")


@pytest.mark.parametrize("kills", [8])
def test_the_centre_killed_again_and_again_at_random(rig: Rig, kills: int) -> None:
    broker = rig.broker()
    centre = rig.centre(broker.port)
    book = Book()
    kiosk = rig.kiosk(book, broker.port, centre.key).start()
    for _ in range(kills):
        process = centre.start()
        for _ in range(60):
            kiosk.punch()
        time.sleep(random.uniform(0, 0.05))
        process.kill()
        process.wait()
    centre.start()
    until(kiosk.delivered)
    assert everything_once(centre, book)


def test_the_centre_killed_between_commit_and_acknowledgement(rig: Rig) -> None:
    """Its broker connection goes through a tap that holds back what the centre says."""
    broker = rig.broker()
    tap = rig.tap(broker.port)
    centre = rig.centre(tap.port)
    process = centre.start()
    book = Book()
    book.punches(50)
    tap.hold_back()
    kiosk = rig.kiosk(book, broker.port, centre.key).start()
    until(lambda: centre.records() > 0)
    process.kill()
    process.wait()
    assert book.cursor(book.current.ledger_id) == 0
    tap.let_through()
    centre.start()
    until(kiosk.delivered)
    assert everything_once(centre, book)


def test_a_broker_that_drops_messages(rig: Rig) -> None:
    broker = rig.broker("allow_anonymous true\nmax_queued_messages 10\nmax_inflight_messages 1")
    # In v5 the centre's Receive Maximum would take the place of `max_inflight_messages`.
    centre = rig.centre(broker.port, extra='protocol = "3.1.1"\n')
    process = centre.start()
    book = Book()
    kiosk = rig.kiosk(book, broker.port, centre.key, window=64, batch_bytes=4_096, ack_timeout_s=0.3).start()
    until(kiosk.delivered)
    process.send_signal(signal.SIGSTOP)
    until(lambda: kiosk.punch() and "dropped" in broker.log())
    process.send_signal(signal.SIGCONT)
    book.punches(500)
    kiosk.punch()
    until(kiosk.delivered)
    assert everything_once(centre, book)


def test_a_broker_killed_and_started_again(rig: Rig) -> None:
    broker = rig.broker()
    centre = rig.centre(broker.port)
    centre.start()
    book = Book()
    kiosk = rig.kiosk(book, broker.port, centre.key).start()
    for _ in range(3):
        until(lambda: kiosk.status() == "online")
        for _ in range(50):
            kiosk.punch()
        broker.kill()
        until(lambda: kiosk.status() == "offline")
        for _ in range(50):
            kiosk.punch()
        broker.start()
    until(kiosk.delivered)
    assert everything_once(centre, book)


def test_two_centres_share_the_work_on_one_database(rig: Rig) -> None:
    broker = rig.broker()
    centre = rig.centre(broker.port)
    first, second = centre.start(), centre.start()
    books = [Book(f"kiosk-{n}") for n in range(4)]
    for book in books:
        book.punches(400)
    kiosks = [rig.kiosk(book, broker.port, centre.key, batch_bytes=4_096).start() for book in books]
    for kiosk in kiosks:
        until(kiosk.delivered)
    first.kill()
    first.wait()
    for kiosk in kiosks:
        kiosk.punch()
    for kiosk in kiosks:
        until(kiosk.delivered)
    assert second.poll() is None
    assert all(everything_once(centre, book) for book in books)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_either_version_of_the_protocol(rig: Rig, protocol: str) -> None:
    broker = rig.broker()
    centre = rig.centre(broker.port, extra=f'protocol = "{protocol}"\n')
    centre.start()
    kiosk = rig.kiosk(Book(), broker.port, centre.key, protocol=protocol).start()
    kiosk.punch()
    until(kiosk.delivered)


def test_an_embedded_broker_that_speaks_only_3_1_1(rig: Rig) -> None:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "kiosk.demo.broker", "--port", str(port)])
    rig.ends_with_test(process)
    until(lambda: listens(port))
    centre = rig.centre(port, extra='shared = false\nprotocol = "3.1.1"\n')
    centre.start()
    book = Book()
    book.punches(200)
    kiosk = rig.kiosk(book, port, centre.key, protocol="3.1.1").start()
    until(kiosk.delivered)
    assert everything_once(centre, book)


def test_a_fresh_punch_is_visible_while_a_backlog_drains(rig: Rig) -> None:
    broker = rig.broker()
    centre = rig.centre(broker.port)
    process = centre.start()
    book = Book()
    kiosk = rig.kiosk(book, broker.port, centre.key, window=1, batch_bytes=4_096).start()
    until(kiosk.delivered)
    process.send_signal(19)
    book.punches(3_000)
    fresh = kiosk.punch()
    process.send_signal(18)

    def provisional() -> list[int]:
        return [p.seq for p in centre.read(lambda tx: reports.punches(tx, 5)) if p.provisional]

    until(lambda: fresh in provisional())
    until(kiosk.delivered, 60.0)
    assert provisional() == []
    assert everything_once(centre, book)


def test_a_new_kiosk_waits_for_approval_and_then_delivers(rig: Rig) -> None:
    broker = rig.broker()
    centre = rig.centre(broker.port, auto_approve=False)
    centre.start()
    book = Book()
    book.punches(20)
    kiosk = rig.kiosk(book, broker.port, centre.key).start()
    until(lambda: LinkChanged("waiting_approval", "") in kiosk.seen(LinkChanged))
    assert centre.records() == 0
    assert "approved" in centre.command("approve", "dinas/kiosk-1")
    until(kiosk.delivered)
    assert kiosk.seen(LinkChanged)[-1] == LinkChanged("online", "")


def test_a_kiosk_put_back_opens_a_linked_ledger_and_delivery_goes_on(rig: Rig) -> None:
    broker = rig.broker()
    centre = rig.centre(broker.port)
    centre.start()
    book = Book()
    book.punches(99)
    first = rig.kiosk(book, broker.port, centre.key).start()
    until(first.delivered)
    assert first.stop()
    old = book.put_back(50)
    kiosk = rig.kiosk(old, broker.port, centre.key).start()
    (differs,) = until(lambda: kiosk.seen(HeadDiffers))[:1]
    link = LedgerPoint(differs.ledger_id, differs.common_seq, differs.common_hash)
    old.open("restored", link)
    kiosk.publisher.appended(old.current.ledger_id, 1)
    kiosk.punch()
    until(kiosk.delivered)
    ledgers = centre.status().ledgers
    assert [(row.standing, row.seq, row.only_here) for row in ledgers] == [
        ("closed", 100, 50),
        ("open", 2, 0),
    ]
    assert centre.sound()


def test_a_kiosk_with_nothing_to_do_does_nothing(rig: Rig) -> None:
    broker = rig.broker()
    centre = rig.centre(broker.port)
    centre.start()
    kiosk: Kiosk = rig.kiosk(Book(), broker.port, centre.key).start()
    until(kiosk.delivered)
    before = time.process_time()
    time.sleep(2.0)
    assert time.process_time() - before < 0.5


@pytest.mark.slow
def test_a_broker_is_not_given_up_because_nothing_was_to_be_said(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.session.DEAF_S", 5.0)
    broker = rig.broker()
    centre = rig.centre(broker.port)
    centre.start()
    kiosk = rig.kiosk(Book(), broker.port, centre.key).start()
    until(kiosk.delivered)
    quiet_until = time.monotonic() + 6.0
    until(lambda: time.monotonic() > quiet_until)
    for _ in range(20):
        kiosk.punch()
    until(kiosk.delivered)
    assert LinkChanged("offline", "silent") not in kiosk.seen(LinkChanged)
