from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from kiosk.core import api
from kiosk.core import payload as p
from kiosk.core.record import decode_body
from kiosk.daemon.damage import problems
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Identity, Store
from kiosk.daemon.store.witness import NAME, SLOT_BYTES, Witness, read_witness
from kiosk.daemon.verify_file import verify_file
from tests.store.samples import IDENTITY, Reopen, add_person, append, at, punch


def genesis_of(store: Store) -> p.Genesis:
    genesis = p.from_data("genesis", decode_body(store.records(store.head.ledger_id, 0, 1, 1)[0].body).data)
    assert isinstance(genesis, p.Genesis)
    return genesis


def notes_of(store: Store) -> list[str]:
    rows = store.records(store.head.ledger_id, 0, 1 << 20, 1000)
    records = [decode_body(row.body) for row in rows]
    return [record.data["what"] for record in records if record.type == "store"]


def test_a_database_put_back_from_a_copy_opens_a_linked_ledger(reopen: Reopen, state: Path) -> None:
    store = reopen()
    add_person(store)
    append(store, punch(), punch())
    store.close()
    copied = store.head
    shutil.copy(state / "kiosk.db", state / "copy")
    append(reopen(), *[punch() for _ in range(50)])
    reopen().close()
    shutil.copy(state / "copy", state / "kiosk.db")
    store = reopen()
    genesis = genesis_of(store)
    assert store.opened == "restored"
    assert (genesis.reason, genesis.previous) == ("restored", copied.point)
    assert store.head.ledger_id != copied.ledger_id
    assert append(store, punch())[0].seq == 2
    assert len(store.recent_punches("p1")) == 3
    assert [ledger.deliver_upto for ledger in store.ledgers()] == [copied.seq, 2]
    assert verify_file(state / "kiosk.db").ok
    assert reopen().opened == "same"


def test_a_database_with_other_records_than_the_witness_saw_is_not_continued(
    reopen: Reopen, state: Path
) -> None:
    """The same length, another history: somebody copied the file and both went on."""
    append(reopen(), punch())
    reopen().close()
    shutil.copy(state / "kiosk.db", state / "copy")
    append(reopen(), punch(direction="in"))
    reopen().close()
    shutil.copy(state / NAME, state / "seen")
    shutil.copy(state / "copy", state / "kiosk.db")
    (state / NAME).unlink()
    append(reopen(), punch(direction="out"))
    reopen().close()
    shutil.copy(state / "seen", state / NAME)
    assert reopen().opened == "restored"


def test_a_lost_database_is_followed_by_a_ledger_linked_to_what_the_witness_saw(
    reopen: Reopen, state: Path
) -> None:
    store = reopen()
    append(store, punch())
    store.close()
    (state / "kiosk.db").unlink()
    again = reopen()
    assert (again.opened, genesis_of(again).previous) == ("restored", store.head.point)


def test_a_witness_behind_the_database_is_what_a_power_cut_leaves(reopen: Reopen, state: Path) -> None:
    append(reopen(), punch())
    shutil.copy(state / NAME, state / "old")
    append(reopen(), punch(), punch())
    reopen().close()
    shutil.copy(state / "old", state / NAME)
    store = reopen()
    assert (store.opened, store.head.seq, notes_of(store)) == ("same", 4, [])


@pytest.mark.parametrize(("content", "note"), [(None, "witness_missing"), (b"x" * 8192, "witness_corrupt")])
def test_a_witness_that_is_gone_or_broken_is_recorded(
    reopen: Reopen, state: Path, content: bytes | None, note: str
) -> None:
    append(reopen(), punch())
    reopen().close()
    (state / NAME).unlink()
    if content:
        (state / NAME).write_bytes(content)
    store = reopen()
    assert (store.opened, notes_of(store)) == ("same", [note])
    assert notes_of(reopen()) == [note]


def test_a_torn_write_of_the_witness_leaves_the_one_before(state: Path, store: Store) -> None:
    before = store.head
    append(store, punch())
    append(store, punch())
    heads = (store.head, before)
    newest = read_witness(state / NAME)
    assert newest == heads[0]
    content = bytearray((state / NAME).read_bytes())
    for slot in (0, 1):
        torn = bytearray(content)
        torn[slot * SLOT_BYTES + 20] ^= 0xFF
        (state / "torn").write_bytes(torn)
        witness = Witness(state / "torn")
        assert witness.head is not None
        assert witness.head.seq in (store.head.seq, store.head.seq - 1)
        witness.close()


@pytest.mark.parametrize("changed", ["keys", "device"])
def test_another_device_never_continues_a_ledger(
    reopen: Reopen, state: Path, tmp_path: Path, changed: str
) -> None:
    store = reopen()
    append(store, punch())
    store.close()
    keys = DeviceKeys.load_or_create((tmp_path / "other" if changed == "keys" else state) / "keys")
    identity = IDENTITY if changed == "keys" else Identity("dinas", "kiosk-2", "0.1")
    other = Store.open(state, keys, identity, at(), reserve_mb=0)
    genesis = genesis_of(other)
    other.close()
    assert (genesis.reason, genesis.previous) == ("replaced_card", store.head.point)
    assert (genesis.sign_key, genesis.device_id) == (keys.sign_public, identity.device_id)


def test_what_only_we_have_is_carried_into_the_linked_ledger_and_counts_once(
    store: Store, state: Path
) -> None:
    """The whole folder was put back: the centre holds another history after record 3."""
    add_person(store)
    append(store, punch())
    common = store.head.point
    ours = [append(store, punch())[0].seq for _ in range(3)]
    add_person(store, "p2", "198501012010012002", "Budi")
    old = store.head
    store.reopen_linked("restored", common, common.seq + 1, at())
    store.move_cursor("centre", store.head.ledger_id, 3)
    listed = store.punches(api.GetPunches()).punches
    assert [row.seq for row in listed] == [*ours[::-1], common.seq]
    assert [row.delivery for row in listed] == ["stored", "accepted", "accepted", "stored"]
    assert [(info.ledger_id, info.deliver_upto) for info in store.ledgers()] == [
        (old.ledger_id, common.seq),
        (store.head.ledger_id, 5),
    ]
    carried = store.records(store.head.ledger_id, 1, 1 << 20, 10)
    assert [decode_body(row.body).data["seq"] for row in carried] == [*ours, old.seq]
    assert carried[-1].private is not None
    assert decode_body(carried[-1].body).private_hash == carried[-1].private.hash()
    assert store.rebuild().differences == 0
    assert verify_file(state / "kiosk.db").ok


def test_erasing_a_private_part_erases_the_carried_copy_too(store: Store, state: Path) -> None:
    common = store.head.point
    old = add_person(store, name="Rahasia Sekali").seq
    store.reopen_linked("restored", common, old, at())
    store.erase(common.ledger_id, [old], "request", at())
    person = store.person("p1")
    assert person is not None
    assert person.name == ""
    for path in state.glob("kiosk.db*"):
        assert b"Rahasia" not in path.read_bytes()
    assert store.rebuild().differences == 0
    store.close()
    assert verify_file(state / "kiosk.db").ok


def test_a_record_carried_twice_is_not_wrapped_twice(store: Store) -> None:
    common = store.head.point
    append(store, punch())
    store.reopen_linked("restored", common, 2, at())
    again = store.head.ledger_id
    first = store.hash_at(again, 1)
    assert first is not None
    store.reopen_linked("restored", p.LedgerPoint(again, 1, first.hex()), 2, at())
    (row,) = store.records(store.head.ledger_id, 1, 1 << 20, 10)
    assert decode_body(row.body).data["ledger_id"] == common.ledger_id
    assert len(store.recent_punches("p1")) == 1


def test_a_chain_broken_near_its_end_is_not_continued_but_carried(reopen: Reopen, state: Path) -> None:
    append(reopen(), punch(), punch(), punch())
    reopen().close()
    db = sqlite3.connect(state / "kiosk.db", isolation_level=None)
    db.execute("DROP TRIGGER ledger_no_update")
    db.execute("UPDATE ledger SET body = REPLACE(body, 'kantor', 'kampus') WHERE seq = 3")
    db.close()
    store = reopen()
    genesis = genesis_of(store)
    assert genesis.previous is not None
    assert (genesis.reason, genesis.previous.seq) == ("salvaged", 2)
    assert append(store, punch())[0].seq > 1
    found = verify_file(state / "kiosk.db").first_bad
    assert found is not None
    assert (found.seq, found.fault) == (3, "edited")
    (problem,) = problems(state)
    assert f"record 3 of ledger {genesis.previous.ledger_id[:8]} was altered" in problem
    reopen()
    (note,) = state.glob("altered-*")
    assert problems(state) == [problem]
    note.unlink()
    reopen()
    assert problems(state) == []
