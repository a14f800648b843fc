"""What the centre makes of batches: contiguous, out of order, doubled, wrong."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.payload import Carried, Erased, Place, Punch, Shown, Validation, Versions
from kiosk.core.record import chain_hash
from sync.centre.store import BusyError, Store
from sync.hello import state_message
from tests.sync.book import Book
from tests.sync.desk import Desk, batch_of, brief, changed

PUNCH_OF_YEAR_6429 = Punch(
    person_id="p1", method="paper", device="desk", grade="D", shown=Shown("present", "in"),
    place=Place("sd-1"), versions=Versions("p", "c", "r"), claimed_ms=2**47,
)  # fmt: skip
LONG_AGO_S = 2**47


def test_records_are_stored_verbatim_and_acknowledged(desk: Desk) -> None:
    book = Book()
    book.punches(5)
    acks = desk.send(book)
    assert brief(acks) == [("ok", 6)]
    assert acks[0].hash == book.current.rows[-1].hash.hex()
    stored = [bytes(body) for (body,) in desk.rows("SELECT body FROM records ORDER BY seq")]
    assert stored == [row.body for row in book.current.rows]
    assert desk.faults() == []


def test_a_repeated_batch_changes_nothing_and_is_acknowledged_again(desk: Desk) -> None:
    book = Book()
    book.punches(5)
    first, again = desk.send(book, 1, 4), desk.send(book, 1, 4)
    assert brief(first) == brief(again) == [("ok", 4)]
    assert brief(desk.send(book, 3, 6)) == [("ok", 6)]
    assert desk.status().records == 6


def test_what_follows_a_gap_is_kept_and_taken_when_the_gap_closes(desk: Desk) -> None:
    book = Book()
    book.punches(9)
    desk.send(book, 1, 2)
    assert brief(desk.send(book, 9, 10)) == [("ok", 2)]
    assert brief(desk.send(book, 5, 6)) == [("ok", 2)]
    assert desk.gaps() == [(3, 4, "staged"), (7, 8, "staged")]
    assert brief(desk.send(book, 3, 4)) == [("ok", 6)]
    assert brief(desk.send(book, 7, 8)) == [("ok", 10)]
    assert desk.gaps() == []
    assert desk.faults() == []


def test_the_first_batch_may_come_last(desk: Desk) -> None:
    book = Book()
    book.punches(3)
    assert brief(desk.send(book, 3, 4)) == [("ok", 0)]
    assert brief(desk.send(book, 1, 2)) == [("ok", 4)]


def test_an_inquiry_is_answered_and_leaves_no_trace(desk: Desk) -> None:
    book = Book()
    assert brief(desk.send(book, 2, 1)) == [("ok", 0)]
    assert desk.status().ledgers == ()
    desk.send(book)
    assert brief(desk.send(book, 2, 1)) == [("ok", 1)]


def test_a_gap_is_also_known_from_what_the_device_says(desk: Desk) -> None:
    book = Book()
    book.punches(9)
    desk.send(book, 1, 4)
    desk.letter(book.name.up("state"), state_message(book.hello(), book.name, book, "online"))
    assert desk.gaps() == [(5, 10, "device")]
    assert desk.status().devices[0].status == "online"


def test_a_new_device_waits_until_somebody_approves_it(tmp_path: Path, store: Store) -> None:
    desk = Desk(tmp_path, store=store, auto_approve=False)
    book = Book()
    assert brief(desk.send(book)) == [("waiting_approval", 0)]
    assert desk.status().records == 0
    assert "waits for approval" in desk.status().problems[0]
    desk.approve(book)
    assert brief(desk.send(book)) == [("ok", 1)]


def test_a_second_key_of_a_device_waits_even_when_the_first_was_approved_unseen(desk: Desk) -> None:
    desk.send(Book())
    assert brief(desk.send(Book())) == [("waiting_approval", 0)]


def test_records_of_unknown_type_and_form_are_kept_raw_and_acknowledged(desk: Desk) -> None:
    book = Book()
    ledger_id = book.current.ledger_id
    time = '{"boot_id":"b","boot_ms":1,"source":"ntp","uncertainty_ms":1,"wall_ms":1}'
    book.append_raw(
        f'{{"at":{time},"data":{{"x":1}},"ledger_id":"{ledger_id}","seq":2,"type":"iris","v":7}}'.encode()
    )
    book.append_raw(b'{"nothing": "we know"}')
    book.append_raw("not even JSON: é".encode())
    assert brief(desk.send(book)) == [("ok", 4)]
    assert [row[0] for row in desk.rows("SELECT type FROM records ORDER BY seq")] == [
        "genesis",
        "iris",
        "?",
        "?",
    ]
    assert bytes(desk.rows("SELECT body FROM records WHERE seq = 4")[0][0]) == book.current.rows[3].body
    assert desk.faults() == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"prev_hash": "11" * 32}, "broken_chain"),
        ({"records": ("{}",)}, "broken_chain"),
        ({"from_seq": 3}, "broken_chain"),
    ],
)
def test_a_broken_chain_is_refused_and_said_so(desk: Desk, fields: dict[str, object], reason: str) -> None:
    book = Book()
    book.punch()
    desk.send(book, 1, 1)
    acks = desk.letter(book.name.up("ledger"), changed(batch_of(book, 2, 2), **fields))
    assert [(ack.status, ack.reason) for ack in acks] == [("refused", reason)]
    assert desk.refusals() == {reason: 1}
    assert desk.status().records == 1


def test_a_batch_signed_by_another_key_is_refused(desk: Desk) -> None:
    book, thief = Book(), Ed25519PrivateKey.generate()
    book.punch()
    desk.send(book, 1, 1)
    genuine, book.key = book.key, thief
    acks = desk.send(book, 2, 2)
    assert [(ack.status, ack.reason) for ack in acks] == [("refused", "bad_signature")]
    book.key = genuine
    assert brief(desk.send(book, 2, 2)) == [("ok", 2)]


def test_another_devices_ledger_cannot_be_continued(desk: Desk) -> None:
    mine, other = Book("kiosk-1"), Book("kiosk-2")
    desk.send(mine)
    desk.send(other)
    mine.punch()
    mine.name, mine.key, mine.sign_key = other.name, other.key, other.sign_key
    assert [(a.status, a.reason) for a in desk.send(mine, 2)] == [("refused", "foreign_ledger")]


def test_a_ledger_must_begin_with_the_devices_own_genesis(desk: Desk) -> None:
    book = Book("kiosk-1")
    book.name = Book("kiosk-9").name
    assert [(a.status, a.reason) for a in desk.send(book)] == [("refused", "foreign_genesis")]
    headless = Book("kiosk-2")
    headless.current.rows.clear()
    headless.punch()
    assert [(a.status, a.reason) for a in desk.send(headless)] == [("refused", "no_genesis")]


def test_a_record_in_another_place_than_it_says_is_refused(desk: Desk) -> None:
    book = Book()
    book.punch()
    body = book.current.rows[1].body
    book.append_raw(body)
    assert [(a.status, a.reason) for a in desk.send(book)] == [("refused", "misplaced")]


def test_a_huge_record_is_refused(desk: Desk) -> None:
    book = Book()
    book.append_raw(b'{"x":"' + b"y" * 70_000 + b'"}')
    assert [(a.status, a.reason) for a in desk.send(book)] == [("refused", "record_too_large")]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b"[" * 100_000, "malformed"),
        (b'{"v":1}', "malformed"),
        (b"x" * 3_000_000, "too_large"),
    ],
)
def test_malformed_and_huge_messages_are_counted_by_device(desk: Desk, payload: bytes, reason: str) -> None:
    book = Book()
    for lane in ("ledger", "live", "state"):
        assert desk.letter(book.name.up(lane), payload) == []
    assert desk.refusals() == {reason: 3}
    assert desk.status().refusals[0].device == "kiosk-1"


def test_a_newer_protocol_and_a_strange_topic_are_refused(desk: Desk) -> None:
    book = Book()
    assert desk.letter(book.name.up("ledger"), changed(batch_of(book), v=2)) == []
    assert desk.letter("hadir/v1/dinas//up/ledger", b"{}") == []
    assert desk.letter(book.name.up("evidence"), b"{}") == []
    assert desk.refusals() == {"version": 1, "topic": 1, "malformed": 1}


def test_names_come_from_private_parts_and_go_when_they_are_erased(desk: Desk) -> None:
    book = Book()
    seq = book.person("p1", "198001012005011001", "Budi Santoso")
    book.punch("p1")
    desk.send(book)
    assert [(p.number, p.name) for p in desk.punches()] == [("198001012005011001", "Budi Santoso")]
    book.append(Erased(seqs=(seq,), ledger_id=book.current.ledger_id, reason="request"))
    desk.send(book, 4)
    assert [(p.number, p.name) for p in desk.punches()] == [("", "")]
    assert desk.rows("SELECT * FROM private_parts") == []
    assert desk.faults() == []


def test_a_damaged_private_part_does_not_stop_delivery(desk: Desk) -> None:
    book = Book()
    seq = book.person("p1", "198001012005011001", "Budi")
    payload = changed(batch_of(book), private={seq: ("00", "{}")})
    assert brief(desk.letter(book.name.up("ledger"), payload)) == [("ok", 2)]
    assert desk.rows("SELECT * FROM private_parts") == []


def test_the_live_lane_shows_early_and_moves_nothing(desk: Desk) -> None:
    book = Book()
    book.punches(9)
    desk.send(book, 1, 3)
    desk.live(book, 10, 10)
    early = [(p.seq, p.provisional) for p in desk.punches() if p.provisional]
    assert early == [(10, True)]
    assert brief(desk.send(book, 4, 8)) == [("ok", 8)]
    assert brief(desk.send(book, 9, 10)) == [("ok", 10)]
    assert not any(p.provisional for p in desk.punches())
    assert desk.status().punches == 9
    assert desk.rows("SELECT * FROM provisional") == []
    desk.live(book, 10, 10)
    assert desk.status().provisional == 0


def test_a_carried_punch_counts_as_one_in_its_carriers_place(desk: Desk) -> None:
    book, lost = Book(), Book()
    lost.punch("p9")
    inner = lost.current.rows[1].body.decode()
    book.append(Carried(ledger_id=lost.current.ledger_id, seq=2, body=inner))
    book.append(Carried(ledger_id="x", seq=2, body="not a record"))
    desk.send(book)
    assert [(p.ledger_id, p.seq, p.person_id) for p in desk.punches()] == [(book.current.ledger_id, 2, "p9")]


def test_what_is_carried_though_it_was_delivered_counts_once(desk: Desk) -> None:
    book, gone = Book(), Book()
    gone.punch("p8")
    seq = book.punch("p9")
    old = book.current
    desk.send(book)
    book.open("salvaged")
    refused = Validation(punch_seq=seq, person_id="p9", accept=False, actor="p1")
    book.append(Carried(ledger_id=old.ledger_id, seq=seq, body=old.rows[seq - 1].body.decode()))
    for _ in range(2):  # damaged twice, and carried twice
        book.append(Carried(ledger_id=gone.current.ledger_id, seq=2, body=gone.current.rows[1].body.decode()))
    inner = Book()
    inner.append(refused)
    book.append(Carried(ledger_id=old.ledger_id, seq=9, body=inner.current.rows[1].body.decode()))
    desk.send(book)
    found = {(p.ledger_id, p.seq, p.person_id) for p in desk.punches()}
    assert found == {(old.ledger_id, seq, "p9"), (book.current.ledger_id, 3, "p8")}
    rows = desk.rows("SELECT person_id, standing FROM punches ORDER BY person_id")
    assert [tuple(row) for row in rows] == [("p8", "counted"), ("p9", "rejected")]


def test_a_full_disk_commits_nothing_and_acknowledges_nothing(tmp_path: Path) -> None:
    desk, book = Desk(tmp_path), Book()
    desk.send(book)
    pages = desk.rows("PRAGMA page_count")[0][0]
    with desk.store.writing() as tx:
        tx.all(f"PRAGMA max_page_count = {pages + 4}")
    book.punches(300)
    with pytest.raises(BusyError, match="full"):
        desk.send(book, 2)
    assert desk.status().records == 1
    with desk.store.writing() as tx:
        tx.all("PRAGMA max_page_count = 100000")
    assert brief(desk.send(book, 2)) == [("ok", 301)]


def test_when_a_device_went_offline_is_not_forgotten_by_a_retained_message(desk: Desk) -> None:
    book = Book()
    offline = state_message(book.hello(), book.name, book, "offline")
    desk.letter(book.name.up("state"), offline)
    with desk.store.writing() as tx:
        tx.run("UPDATE presence SET changed_ms = 7")
    desk.letter(book.name.up("state"), offline)
    assert desk.status().devices[0].since_ms == 7


def test_one_changed_byte_at_the_centre_is_found(desk: Desk) -> None:
    book = Book()
    book.punches(3)
    desk.send(book)
    body = book.current.rows[2].body.replace(b"on_time", b"on-time")
    with desk.store.writing() as tx:
        tx.run("UPDATE records SET body = ? WHERE seq = 3", body)
    assert desk.faults() == ["seq 3 was changed"]
    with desk.store.writing() as tx:
        tx.run("UPDATE records SET hash = ? WHERE seq = 3", chain_hash(book.current.rows[1].hash, body))
    assert desk.faults() == ["seq 4 was changed"]


def test_acknowledgements_are_small(desk: Desk) -> None:
    book = Book()
    assert len(msgspec.json.encode(desk.send(book)[0])) < 600


def test_a_nul_in_a_text_is_kept_as_bytes_and_stops_nobody(desk: Desk) -> None:
    book = Book()
    book.punch("p\0")
    seq = book.person("p1", "198001012005011001", "Budi\0")
    assert brief(desk.send(book)) == [("ok", 3)]
    assert [row[0] for row in desk.rows("SELECT type FROM records ORDER BY seq")] == [
        "genesis",
        "?",
        "person",
    ]
    assert desk.rows("SELECT count(*) FROM private_parts WHERE seq = ?", seq) == [(0,)]
    assert desk.faults() == []


def test_numbers_no_calendar_knows_are_stored_and_not_shown(desk: Desk) -> None:
    book = Book()
    book.append(PUNCH_OF_YEAR_6429)
    for shown in (Shown("late", "in", "", LONG_AGO_S), Shown("early", "out", "", 0, -LONG_AGO_S)):
        book.append(msgspec.structs.replace(PUNCH_OF_YEAR_6429, claimed_ms=None, shown=shown))
    assert brief(desk.send(book)) == [("ok", 4)]
    assert desk.punches() == []
