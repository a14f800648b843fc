from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.core import api
from kiosk.core import payload as p
from kiosk.core.proof import Anchor
from kiosk.core.record import TimeBlock
from kiosk.core.zone import local
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import CursorMismatch, Store, StoreReader
from tests.store.samples import IDENTITY, NUMBER, Reopen, add_person, append, at, enrolment, person, punch


def test_a_person_is_found_by_id_number_and_slot(store: Store) -> None:
    add_person(store)
    append(store, enrolment("t1", slot=7))
    found = store.person("p1")
    assert found is not None
    assert (found.name, found.kind, found.category, found.active) == ("Siti Aminah", "nip", "PNS", True)
    assert store.person_by_number(NUMBER) == store.person_by_slot("r307", 7) == found
    assert store.person_by_slot("r307", 8) is None
    assert store.person_by_slot("other", 7) is None
    assert store.person("nobody") is None
    assert store.person_by_number("") is None


def test_templates_follow_their_slots(store: Store) -> None:
    append(store, enrolment("t1", slot=1), enrolment("t2", "p2", slot=2), enrolment("t3", "p3", slot=None))
    append(store, p.SlotAssigned(template_id="t1", device="r307", slot=2))
    append(store, p.SlotAssigned(template_id="t1", device="door", slot=5))
    in_reader = {t.template_id: t.slot for t in store.templates(None, "r307")}
    assert in_reader == {"t1": 2}
    assert sorted((t.device, t.slot) for t in store.templates("p1")) == [("door", 5), ("r307", 2)]
    assert [(t.template_id, t.slot) for t in store.templates("p3")] == [("t3", None)]
    append(store, p.TemplateRemoved(template_id="t1", person_id="p1", reason="removed"))
    assert store.templates("p1") == []
    assert store.templates(None, "door") == []


def test_an_alias_joins_two_people(store: Store) -> None:
    add_person(store, "p1")
    add_person(store, "p2", "198501012010012002", "Siti A.")
    append(store, punch("p2"), enrolment("t2", "p2"))
    append(store, p.Alias(person_id="p2", same_as="p1"), punch("p2"))
    assert store.person("p2") == store.person("p1")
    assert len(store.recent_punches("p1")) == 2
    assert [t.person_id for t in store.templates("p1")] == ["p1"]
    assert store.people(api.GetPeople()).total == 1


def test_recent_punches_are_newest_last_and_carry_corrected_times(store: Store) -> None:
    with store.transaction() as transaction:
        told = [transaction.append(punch(), at(s, boot="old", source="none")) for s in (0, 10)]
    correction = p.Correction(
        boot_id="old",
        from_seq=told[0].seq,
        upto_seq=told[1].seq,
        offset_ms=5_000,
        source="ntp",
        uncertainty_ms=90,
    )
    append(store, correction, punch(direction="out"))
    first, second, third = store.recent_punches("p1")
    assert (first.seq, first.at.wall_ms, first.at.source) == (told[0].seq, at(5).wall_ms, "ntp")
    assert second.at.wall_ms == at(15).wall_ms
    assert third.direction == "out"
    assert [past.seq for past in store.recent_punches("p1", 1)] == [third.seq]


def test_punches_are_listed_by_local_day_and_person_and_page_back(store: Store) -> None:
    add_person(store)
    yesterday = append(store, punch(), after_s=-86_400)[0].seq
    today = [append(store, punch(), after_s=s)[0].seq for s in (0, 60)]
    append(store, punch("p2"))
    listed = store.punches(api.GetPunches(number=NUMBER, day="2026-10-06"))
    assert [row.seq for row in listed.punches] == today[::-1]
    assert listed.punches[0].local == "2026-10-06 07:01:00"
    assert listed.punches[0].name == "Siti Aminah"
    page = store.punches(api.GetPunches(limit=1, before_seq=today[0]))
    assert ([row.seq for row in page.punches], page.total) == ([yesterday], 4)
    assert store.punches_today(at(), "WIB") == 3
    assert store.punches_today(at(), "WIT") == 3
    with pytest.raises(ValueError, match="isoformat"):
        store.punches(api.GetPunches(day="6 Oktober"))


def test_a_punch_goes_from_stored_over_sent_to_accepted(store: Store) -> None:
    seq = append(store, punch())[0].seq
    ledger_id = store.head.ledger_id

    def delivery(sent: dict[str, int]) -> str:
        return store.punches(api.GetPunches(), sent=sent).punches[0].delivery

    assert delivery({}) == "stored"
    assert delivery({ledger_id: seq}) == "sent"
    store.move_cursor("centre", ledger_id, seq)
    assert delivery({}) == "accepted"


def test_a_cursor_never_moves_back_and_keeps_the_centres_word(store: Store) -> None:
    append(store, *[punch() for _ in range(5)])
    ledger_id = store.head.ledger_id
    hash_hex = (store.hash_at(ledger_id, 4) or b"").hex()
    word = Anchor(ledger_id, 4, hash_hex, at().wall_ms, "nonce", "sig")
    assert store.move_cursor("centre", ledger_id, 4, word) == 4
    assert store.move_cursor("centre", ledger_id, 2) == 4
    assert store.anchors() == [word]
    with pytest.raises(CursorMismatch):
        store.move_cursor("centre", ledger_id, 5, Anchor(ledger_id, 5, "00" * 32, 0, "", ""))
    with pytest.raises(CursorMismatch):
        store.move_cursor("centre", "f" * 32, 5)
    assert store.cursor("centre", ledger_id) == 4


def test_a_cursor_survives_a_clean_stop(reopen: Reopen) -> None:
    store = reopen()
    store.move_cursor("centre", store.head.ledger_id, 1)
    assert reopen().cursor("centre", store.head.ledger_id) == 1


def test_people_are_searched_by_name_and_number(store: Store, state: Path) -> None:
    add_person(store, "p1", NUMBER, "Siti Aminah")
    add_person(store, "p2", "198501012010012002", "budi santoso")
    append(store, enrolment("t1"), enrolment("t2", part="left-thumb", slot=2))
    with StoreReader.open(state) as reader:
        assert [one.name for one in reader.people(api.GetPeople()).people] == ["budi santoso", "Siti Aminah"]
        assert [one.person_id for one in reader.people(api.GetPeople(search="BUDI")).people] == ["p2"]
        assert [one.person_id for one in reader.people(api.GetPeople(search="19800")).people] == ["p1"]
        assert reader.people(api.GetPeople(search="zz")).total == 0
        assert reader.people(api.GetPeople(search="siti")).people[0].fingers == ("left-thumb", "right-index")
        assert (reader.counts().people, reader.counts().fingers) == (2, 2)


def test_kept_photos_are_listed_until_they_are_removed(store: Store) -> None:
    seq = append(store, punch())[0].seq
    for name in ("aa", "bb"):
        append(store, p.Evidence(punch_seq=seq, kind="photo", ciphertext_sha256=name, size_bytes=10))
    assert [one.ciphertext_sha256 for one in store.evidence(person_id="p1")] == ["aa", "bb"]
    assert store.evidence(before_ms=at().wall_ms) == []
    append(store, p.EvidenceRemoved(ciphertext_sha256s=("aa",), reason="retention"))
    assert [one.ciphertext_sha256 for one in store.evidence()] == ["bb"]


def test_a_rebuild_finds_what_was_changed_behind_the_ledgers_back(store: Store, state: Path) -> None:
    add_person(store)
    append(store, punch(), punch())
    assert store.rebuild() == api.Rebuilt(records=4, people=1, punches=2, differences=0)
    db = sqlite3.connect(state / "kiosk.db", isolation_level=None)
    db.execute("UPDATE people SET name = 'Other'")
    db.execute("DELETE FROM punches WHERE key & 0xff = 4")
    db.close()
    assert store.rebuild().differences == 3
    assert store.rebuild().differences == 0
    assert store.people(api.GetPeople()).people[0].name == "Siti Aminah"


ids = st.sampled_from(["p1", "p2", "p3"])
seqs = st.integers(1, 30)
events = st.one_of(
    ids.map(punch),
    st.builds(person, ids, active=st.booleans()),
    st.builds(enrolment, st.sampled_from(["t1", "t2", "t3"]), ids, st.sampled_from([None, 1, 2])),
    st.builds(
        p.SlotAssigned, template_id=st.sampled_from(["t1", "t2", "t9"]), device=st.just("door"),
        slot=st.integers(1, 2),
    ),
    st.builds(
        p.TemplateRemoved, template_id=st.sampled_from(["t1", "t2"]), person_id=ids, reason=st.just("removed")
    ),
    st.builds(p.Alias, person_id=ids, same_as=ids),
    st.builds(
        p.Correction, boot_id=st.just("boot-1"), from_seq=seqs, upto_seq=seqs,
        offset_ms=st.sampled_from([0, 70_000_000, -90_000_000]),
        source=st.just("ntp"), uncertainty_ms=st.just(5),
    ),
    st.builds(
        p.Evidence, punch_seq=seqs, kind=st.just("photo"), ciphertext_sha256=st.just("aa"), size_bytes=seqs
    ),
    st.builds(p.EvidenceRemoved, ciphertext_sha256s=st.just(("aa",)), reason=st.just("retention")),
    st.just("erase"),
    st.just("reopen"),
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(events, max_size=25), st.data())
def test_a_replay_gives_the_same_tables_whatever_happened(
    tmp_path_factory: pytest.TempPathFactory, happened: list[p.Payload | str], data: st.DataObject
) -> None:
    state = tmp_path_factory.mktemp("replay")
    store = Store.open(state, DeviceKeys.load_or_create(state / "keys"), IDENTITY, at(), reserve_mb=0)
    try:
        for event in happened:
            _happen(store, event, data)
        assert store.rebuild().differences == 0
        for day in range(-2, 3):
            assert store.punches_today(at(day * 86_400), "WITA") == _counted_one_by_one(
                store, at(day * 86_400)
            )
    finally:
        store.close()


def _counted_one_by_one(store: Store, moment: TimeBlock) -> int:
    rows = store.punches(api.GetPunches(limit=1000), "WITA").punches
    return sum(row.local[:10] == local(moment.wall_ms, "WITA").date().isoformat() for row in rows)


def _happen(store: Store, event: p.Payload | str, data: st.DataObject) -> None:
    ledger_id, head = store.head.ledger_id, store.head.seq
    if event == "erase":
        with store.transaction() as transaction:
            transaction.erase(ledger_id, (data.draw(st.integers(1, head)),), "request", at())
    elif event == "reopen":
        common = data.draw(st.integers(1, head))
        hash_hex = (store.hash_at(ledger_id, common) or b"").hex()
        carry = common + 1 if data.draw(st.booleans()) else None
        store.reopen_linked("restored", p.LedgerPoint(ledger_id, common, hash_hex), carry, at())
    elif isinstance(event, p.Person):
        with store.transaction() as transaction:
            transaction.append(event, at(), p.PersonPrivate(number=NUMBER, name="N"))
    elif isinstance(event, p.Payload):
        append(store, event, after_s=data.draw(st.integers(-3, 3)) * 40_000)
