"""The centre's side of what goes down and of files that come up, on both databases, without a broker."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec
import pytest

from kiosk.core.payload import CommandTaken, Decided, Evidence, EvidenceRemoved
from kiosk.core.sign import message_statement
from sync import commands as c
from sync import documents as d
from sync.centre import devices, down, down_reports, rosters
from sync.centre.letter import Letter
from sync.centre.outgoing import Outgoing
from sync.centre.store import Tx
from sync.inbound import read_have, read_inbound
from sync.topics import DeviceName
from sync.uploads import Upload, Uploads
from sync.wire import LedgerAt, State, encode
from tests.sync.book import Book
from tests.sync.desk import NOW_MS, Desk

PHOTO = b"HEV1" + bytes(range(256)) * 400


def signed(book: Book, kind: str, body: msgspec.Struct, name: DeviceName | None = None) -> bytes:
    text, to = encode(body).decode(), name or book.name
    sig = book.sign(message_statement(kind, to.tenant, to.device, text))
    return msgspec.json.encode({"v": 1, "body": text, "key": book.sign_key, "sig": sig})


def hello(
    desk: Desk, book: Book, roster: int = 0, status: str = "online", site: str = "sd-1"
) -> list[Outgoing]:
    state = State(
        status=status, receive_key=book.receive_key, software="0", site=site, boot_id="b", roster=roster,  # type: ignore[arg-type]
        ledgers=(LedgerAt(book.current.ledger_id, 1, "00" * 32),),
    )  # fmt: skip
    return take(desk, book.name.up("state"), signed(book, "state", state))


def take(desk: Desk, topic: str, payload: bytes) -> list[Outgoing]:
    return desk.office.take([Letter(topic, payload)])


def write(desk: Desk, do: Any) -> Any:
    with desk.store.writing() as tx:
        return do(tx)


def read(desk: Desk, ask: Any) -> Any:
    with desk.store.reading() as tx:
        return ask(tx)


def rosters_in(desk: Desk, book: Book, letters: list[Outgoing]) -> list[tuple[int, int, bool]]:
    """Version, base and whether it is retained, of each roster for the device."""
    found = []
    for letter in letters:
        if letter.topic == book.name.down("roster"):
            inbound = read_inbound(letter.topic, letter.payload, book.name, desk.key.public_hex)
            roster = d.read_roster(inbound.body)
            found.append((roster.version, roster.base, letter.retain))
    return found


def people(count: int, name: str = "Orang") -> tuple[d.RosterPerson, ...]:
    return tuple(
        d.RosterPerson(f"L-{n:06}", f"{name} {hashlib.sha256(str(n).encode()).hexdigest()[:12]}")
        for n in range(count)
    )


def put(desk: Desk, content: d.RosterContent, site: str = "sd-1") -> int:
    version: int = write(desk, lambda tx: rosters.put(tx, "dinas", site, content, NOW_MS))
    return version


def test_each_kiosk_of_a_site_gets_the_newest_roster_once(desk: Desk) -> None:
    here, there = Book("kiosk-1"), Book("kiosk-2")
    hello(desk, here)
    hello(desk, there, site="sd-2")
    put(desk, d.RosterContent(people=people(3)))
    put(desk, d.RosterContent(people=people(4)))
    letters = desk.office.due()
    assert rosters_in(desk, here, letters) == [(2, 0, True)]
    assert rosters_in(desk, there, letters) == []
    assert desk.office.due() == []
    hello(desk, there)  # it had none yet
    assert rosters_in(desk, there, desk.office.due()) == [(2, 0, True)]


def test_a_kiosk_that_names_another_site_gets_its_roster_only_once_somebody_said_so(desk: Desk) -> None:
    book = Book()
    hello(desk, book)
    put(desk, d.RosterContent(people=people(3)))
    put(desk, d.RosterContent(people=people(9)), site="sd-2")
    assert rosters_in(desk, book, desk.office.due()) == [(1, 0, True)]
    write(desk, lambda tx: tx.run("UPDATE roster_sent SET sent_ms = 0"))
    assert hello(desk, book, site="sd-2") == []
    assert desk.office.due() == []
    assert read(desk, lambda tx: down.documents_for(tx, desk.key, book.name, NOW_MS)) == []
    (row,) = read(desk, down_reports.rosters)
    assert "roster move kiosk-1" in row.words
    write(desk, lambda tx: rosters.move(tx, book.name))
    assert rosters_in(desk, book, desk.office.due()) == [(1, 0, True)]


def test_the_broker_keeps_no_roster_for_a_kiosk_that_was_rejected(desk: Desk) -> None:
    book = Book()
    hello(desk, book)
    put(desk, d.RosterContent(people=people(3)))
    desk.office.due()
    write(desk, lambda tx: devices.decide(tx, book.name, book.sign_key, "rejected", NOW_MS))
    assert desk.office.due() == [Outgoing(book.name.down("roster"), b"", retain=True)]
    assert desk.office.due() == []


def test_a_large_roster_goes_as_the_difference_to_whoever_has_one_we_hold(desk: Desk) -> None:
    book = Book()
    put(desk, d.RosterContent(people=people(6_000)))
    hello(desk, book)
    assert rosters_in(desk, book, desk.office.due()) == [(1, 0, True)]
    hello(desk, book, roster=1)
    put(desk, d.RosterContent(people=(*people(6_000)[1:], d.RosterPerson("L-9", "Baru"))))
    (letter,) = desk.office.due()
    body = read_inbound(letter.topic, letter.payload, book.name, desk.key.public_hex).body
    roster = d.read_roster(body)
    changed = d.unpack(roster.content)
    assert (roster.version, roster.base, letter.retain) == (2, 1, False)
    assert ([p.number for p in changed.people], changed.gone_people) == (["L-9"], ("L-000000",))


def test_a_kiosk_that_says_it_is_behind_is_sent_it_again_after_a_while(desk: Desk) -> None:
    book = Book()
    hello(desk, book)
    put(desk, d.RosterContent(people=people(3)))
    desk.office.due()
    assert hello(desk, book, roster=0) == []
    write(desk, lambda tx: tx.run("UPDATE roster_sent SET sent_ms = 0"))
    assert rosters_in(desk, book, hello(desk, book, roster=0)) == [(1, 0, True)]
    assert hello(desk, book, roster=1) == []


def test_after_a_lost_database_versions_go_on_beyond_what_kiosks_have(desk: Desk) -> None:
    hello(desk, Book(), roster=41)
    assert put(desk, d.RosterContent()) == 42


def test_commands_leave_in_their_order_and_again_until_they_are_answered(desk: Desk) -> None:
    book = Book()
    hello(desk, book, status="offline")
    for _ in range(2):
        counter = read(desk, lambda tx: down.next_counter(tx, book.name))
        made = c.Restart(counter=counter, expires_ms=NOW_MS + 1_000)
        write(desk, lambda tx, made=made: down.put(tx, book.name, made, NOW_MS))
    assert desk.office.due() == []  # it is not there
    assert [counter_of(desk, book, letter) for letter in hello(desk, book)] == [1, 2]
    assert [counter_of(desk, book, letter) for letter in hello(desk, book)] == [1, 2]
    reply = d.Reply(about="command", number=1, outcome="done", words="ya", text="{}")
    take(desk, book.name.up("reply"), signed(book, "reply", reply))
    assert [counter_of(desk, book, letter) for letter in hello(desk, book)] == [2]
    book.append(CommandTaken(counter=2, do="restart", outcome="failed", detail="tidak"))
    desk.send(book)
    assert hello(desk, book) == []
    listed = read(desk, lambda tx: down_reports.commands(tx, book.name))
    assert [(c.counter, c.state, c.words, c.answer) for c in listed] == [
        (2, "failed", "tidak", False), (1, "done", "ya", True)
    ]  # fmt: skip


def counter_of(desk: Desk, book: Book, letter: Outgoing) -> int:
    body = read_inbound(letter.topic, letter.payload, book.name, desk.key.public_hex).body
    return c.read_command(body).counter


def test_a_command_that_is_too_old_never_leaves(desk: Desk) -> None:
    book = Book()
    hello(desk, book)
    write(desk, lambda tx: down.put(tx, book.name, c.Restart(counter=1, expires_ms=NOW_MS), NOW_MS))
    assert desk.office.due() == []
    assert [c.state for c in read(desk, lambda tx: down_reports.commands(tx, book.name))] == ["expired"]


YEARS_MS = 5 * 365 * 86_400_000


def test_what_was_sent_by_a_clock_set_back_since_is_sent_again_all_the_same(desk: Desk) -> None:
    book = Book()
    hello(desk, book)
    put(desk, d.RosterContent(people=people(3)))
    made = c.Restart(counter=1, expires_ms=NOW_MS + 2 * YEARS_MS)
    write(desk, lambda tx: down.put(tx, book.name, made, NOW_MS))
    desk.now_ms = NOW_MS + YEARS_MS
    assert len(desk.office.due()) == 2
    assert desk.office.due() == []
    desk.now_ms = NOW_MS
    assert [letter.topic for letter in desk.office.due()] == [book.name.down("command")]
    assert desk.office.due() == []
    desk.now_ms = NOW_MS - YEARS_MS
    assert rosters_in(desk, book, hello(desk, book, roster=0)) == [(1, 0, True)]


def test_a_command_whose_time_only_seemed_to_have_passed_still_leaves(desk: Desk) -> None:
    book = Book()
    hello(desk, book)
    for counter in (1, 2):
        made = c.Restart(counter=counter, expires_ms=NOW_MS + 9)
        write(desk, lambda tx, made=made: down.put(tx, book.name, made, NOW_MS))
    desk.now_ms = NOW_MS + YEARS_MS
    assert desk.office.due() == []
    assert [one.state for one in read(desk, lambda tx: down_reports.commands(tx, book.name))] == [
        "expired"
    ] * 2
    desk.now_ms = NOW_MS
    assert [counter_of(desk, book, letter) for letter in desk.office.due()] == [1, 2]
    desk.now_ms = NOW_MS + YEARS_MS
    made = c.Restart(counter=3, expires_ms=NOW_MS + 2 * YEARS_MS)
    write(desk, lambda tx: down.put(tx, book.name, made, NOW_MS))
    assert [counter_of(desk, book, letter) for letter in desk.office.due()] == [3]
    desk.now_ms = NOW_MS
    assert [counter_of(desk, book, letter) for letter in desk.office.due()] == [
        3
    ]  # the kiosk is past 1 and 2


def test_replies_of_strangers_are_refused_and_refusals_of_kiosks_are_shown(desk: Desk) -> None:
    book, stranger = Book(), Book()
    hello(desk, book)
    said = d.Reply(about="document", number=0, outcome="refused", words="replayed")
    take(desk, book.name.up("reply"), signed(book, "reply", said))
    take(desk, book.name.up("reply"), signed(stranger, "reply", said))
    take(desk, book.name.up("reply"), signed(book, "reply", said, DeviceName("dinas", "lain")))
    assert desk.refusals() == {"kiosk_replayed": 1, "unknown_key": 1, "bad_signature": 1}


def test_a_rotated_key_is_approved_by_the_word_of_the_old_one_only(desk: Desk) -> None:
    book, other = Book(), Book()
    hello(desk, book)
    write(desk, lambda tx: down.put(tx, book.name, c.RotateKey(counter=1, expires_ms=NOW_MS + 9), NOW_MS))
    reply = d.Reply(about="command", number=1, outcome="done", key=other.sign_key)
    take(desk, book.name.up("reply"), signed(other, "reply", reply))
    assert other.sign_key not in keys(desk)
    take(desk, book.name.up("reply"), signed(book, "reply", reply))
    assert keys(desk)[other.sign_key] == "approved"


def keys(desk: Desk) -> dict[str, str]:
    return {device.key: device.state for device in desk.status().devices}


class Files:
    """The kiosk's files, in memory."""

    def __init__(self, *contents: bytes) -> None:
        self.waiting = list(contents)
        self.done: list[tuple[str, bool]] = []

    def next_file(self, *, photos: bool) -> Upload | None:
        if not self.waiting or not photos:
            return None
        content = self.waiting[0]
        return Upload(hashlib.sha256(content).hexdigest(), len(content), "aa")

    def read(self, sha256: str, offset: int, size: int) -> bytes:
        return self.waiting[0][offset : offset + size]

    def sent(self, file: Upload, *, wanted: bool) -> None:
        self.done.append((file.sha256, wanted))
        self.waiting.pop(0)


class Line:
    """A kiosk's uploads and the centre's office, with a wire that a test can cut."""

    def __init__(self, desk: Desk, book: Book, files: Files) -> None:
        self._desk, self._book = desk, book
        self.now, self.sent = 0.0, 0
        self.uploads = Uploads(files, self._offer, self._chunk, lambda: self.now, metered=False)

    def run(self, messages: int = 1_000) -> None:
        """Until nothing is sent any more, or `messages` were."""
        last = -1
        while self.sent != last and self.sent < messages:
            last = self.sent
            self.uploads.pump()

    def _offer(self, offer: d.Offer) -> int:
        return self._send(signed(self._book, "evidence", offer))

    def _chunk(self, payload: bytes) -> int:
        return self._send(payload)

    def _send(self, payload: bytes) -> int:
        self.sent += 1
        for letter in take(self._desk, self._book.name.up("evidence"), payload):
            self.uploads.answered(read_have(letter.payload, self._book.name, self._desk.key.public_hex))
        return self.sent


def evidence(book: Book, content: bytes) -> None:
    seq = book.punch()
    digest = hashlib.sha256(content).hexdigest()
    book.append(Evidence(punch_seq=seq, kind="person", ciphertext_sha256=digest, size_bytes=len(content)))


def stored(desk: Desk) -> list[bytes]:
    return [bytes(row[0]) for row in desk.rows("SELECT content FROM files WHERE content IS NOT NULL")]


def test_a_photo_goes_up_in_chunks_once_its_record_is_there(desk: Desk) -> None:
    book, files = Book(), Files(PHOTO)
    hello(desk, book)
    line = Line(desk, book, files)
    line.run()
    assert (stored(desk), files.done) == ([], [])  # no record names it: the centre takes nothing
    evidence(book, PHOTO)
    desk.send(book)
    line.uploads.link_lost()
    line.run()
    assert stored(desk) == [PHOTO]
    assert files.done == [(hashlib.sha256(PHOTO).hexdigest(), True)]
    assert desk.rows("SELECT 1 FROM file_parts") == []


def test_an_upload_that_was_cut_goes_on_where_it_stopped(desk: Desk) -> None:
    book, files = Book(), Files(PHOTO)
    hello(desk, book)
    evidence(book, PHOTO)
    desk.send(book)
    desk.office.take([Letter(book.name.up("evidence"), signed(book, "evidence", offer_of(PHOTO)))])
    piece = base64.b64encode(PHOTO[: d.CHUNK_BYTES]).decode()
    take(desk, book.name.up("evidence"), encode(d.Chunk(1, offer_of(PHOTO).sha256, 0, piece)))
    line = Line(desk, book, files)
    line.run()
    assert stored(desk) == [PHOTO]
    assert line.sent == 1 + -(-len(PHOTO) // d.CHUNK_BYTES) - 1  # the offer, and all chunks but the first


def offer_of(content: bytes) -> d.Offer:
    return d.Offer(sha256=hashlib.sha256(content).hexdigest(), size=len(content), key="aa")


def test_a_file_of_other_bytes_than_its_name_is_refused_and_begun_anew(desk: Desk) -> None:
    book = Book()
    hello(desk, book)
    evidence(book, PHOTO)
    desk.send(book)
    take(desk, book.name.up("evidence"), signed(book, "evidence", offer_of(PHOTO)))
    wrong = base64.b64encode(b"x" * d.CHUNK_BYTES).decode()
    take(desk, book.name.up("evidence"), encode(d.Chunk(1, offer_of(PHOTO).sha256, 0, wrong)))
    line = Line(desk, book, Files(PHOTO))
    line.run()
    assert desk.refusals() == {"bad_file": 1}
    line.uploads.link_lost()
    line.run()
    assert stored(desk) == [PHOTO]


def test_what_is_removed_at_the_kiosk_goes_here_unless_it_only_lacked_room(desk: Desk) -> None:
    book, second = Book(), PHOTO + b"2"
    hello(desk, book)
    for content in (PHOTO, second):
        evidence(book, content)
    desk.send(book)
    Line(desk, book, Files(PHOTO, second)).run()
    assert len(stored(desk)) == 2
    for content, reason in ((PHOTO, "disk_full"), (second, "retention")):
        name = hashlib.sha256(content).hexdigest()
        book.append(EvidenceRemoved(ciphertext_sha256s=(name,), reason=reason))
    desk.send(book, 6)
    assert stored(desk) == [PHOTO]


def test_a_metered_link_carries_no_photo() -> None:
    files = Files(PHOTO)
    uploads = Uploads(files, lambda offer: 1, lambda chunk: 1, lambda: 0.0, metered=True)
    uploads.pump()
    assert files.done == []
    assert uploads.next_deadline() == 60.0


def test_a_decision_counts_in_the_centres_own_figures(desk: Desk) -> None:
    book = Book()
    hello(desk, book)
    seq = book.punch()
    book.append(Decided(
        decision_id="d-1", ledger_id=book.current.ledger_id, punch_seq=seq, person_id="p1", ruling="reject"
    ))  # fmt: skip
    desk.send(book)
    assert desk.rows("SELECT standing FROM punches WHERE seq = ?", seq) == [("rejected",)]


@pytest.mark.parametrize("site", ["sd-1", "sd-2"])
def test_templates_are_passed_on_within_a_site_that_shares_only(desk: Desk, site: str) -> None:
    sender, receiver, box = Book("kiosk-1"), Book("kiosk-2"), b"sealed" * 9_000
    hello(desk, sender)
    hello(desk, receiver, site=site)
    put(desk, d.RosterContent(templates_shared=True))
    settle(desk)
    offer = msgspec.structs.replace(offer_of(box), to="kiosk-2", key="")
    (answer,) = take(desk, sender.name.up("evidence"), signed(sender, "evidence", offer))
    have = read_have(answer.payload, sender.name, desk.key.public_hex)
    assert have.state == ("partial" if site == "sd-1" else "unwanted")
    if have.state == "unwanted":
        return
    for start in range(0, len(box), d.CHUNK_BYTES):
        piece = base64.b64encode(box[start : start + d.CHUNK_BYTES]).decode()
        take(desk, sender.name.up("evidence"), encode(d.Chunk(1, offer.sha256, start, piece)))
    (letter,) = desk.office.due()
    inbound = read_inbound(letter.topic, letter.payload, receiver.name, desk.key.public_hex)
    passed = msgspec.json.decode(inbound.body, type=d.TemplateLetter)
    assert (passed.sender, base64.b64decode(passed.sealed)) == ("kiosk-1", box)
    reply = d.Reply(about="template", number=0, outcome="done", words=offer.sha256)
    take(desk, receiver.name.up("reply"), signed(receiver, "reply", reply))
    assert desk.rows("SELECT 1 FROM files UNION ALL SELECT 1 FROM template_letters") == []


def test_a_new_kiosk_of_a_sharing_site_makes_a_new_version_for_all(desk: Desk) -> None:
    first, second = Book("kiosk-1"), Book("kiosk-2")
    hello(desk, first)
    put(desk, d.RosterContent(templates_shared=True))
    before = settle(desk)
    assert peers(desk) == ["kiosk-1"]
    hello(desk, second)
    (newest,) = {version for version, _, _ in rosters_in(desk, first, settle(desk))}
    assert newest > max(version for version, _, _ in rosters_in(desk, first, before))
    assert peers(desk) == ["kiosk-1", "kiosk-2"]


def settle(desk: Desk) -> list[Outgoing]:
    """Everything that is to go down, until there is nothing more."""
    letters: list[Outgoing] = []
    while new := desk.office.due():
        letters += new
    return letters


def peers(desk: Desk) -> list[str]:
    def ask(tx: Tx) -> list[str]:
        last = rosters.newest(tx, "dinas", "sd-1")
        return [peer.device for peer in last.content.peers] if last else []

    found: list[str] = read(desk, ask)
    return found


def test_what_waits_for_a_kiosk_is_put_on_its_stick(desk: Desk) -> None:
    book = Book()
    hello(desk, book, status="offline")
    put(desk, d.RosterContent(people=people(2)))
    made = c.Restart(counter=1, expires_ms=NOW_MS + 9)
    write(desk, lambda tx: down.put(tx, book.name, made, NOW_MS))
    letters = read(desk, lambda tx: down.documents_for(tx, desk.key, book.name, NOW_MS))
    assert [lane for lane, _ in letters] == ["roster", "command"]


def test_what_can_be_told_of_rosters_punches_and_photos(desk: Desk) -> None:
    book = Book()
    hello(desk, book)
    evidence(book, PHOTO)
    desk.send(book)
    put(desk, d.RosterContent(people=people(1)))
    said = d.Reply(about="roster", number=1, outcome="done", words="added 1")
    take(desk, book.name.up("reply"), signed(book, "reply", said))
    (row,) = read(desk, down_reports.rosters)
    assert (row.device, row.newest, row.has, row.words) == ("kiosk-1", 1, 1, "added 1")
    assert read(desk, lambda tx: down_reports.tenants_of(tx, "sd-1")) == ["dinas"]
    assert read(desk, lambda tx: down_reports.named(tx, "kiosk-1")) == [book.name]
    assert read(desk, lambda tx: down_reports.punch_ledgers(tx, book.name, 2)) == [book.current.ledger_id]
    (photo,) = read(desk, lambda tx: down_reports.photos(tx, book.name, 2, ""))
    assert (photo.kind, photo.sha256, photo.removed) == ("person", hashlib.sha256(PHOTO).hexdigest(), "")
    assert read(desk, lambda tx: down_reports.photos(tx, book.name, 3, "")) == []
