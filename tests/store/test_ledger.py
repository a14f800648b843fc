from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
from pathlib import Path

import msgspec
import pytest

from kiosk.core import payload as p
from kiosk.core.record import BadRecordError, decode_body
from kiosk.core.sign import seal_statement, signature_holds
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Store, StoreInUse, StoreReader
from tests.store.samples import IDENTITY, Reopen, add_person, append, at, punch


def test_a_new_store_begins_with_a_genesis_that_names_the_device(store: Store, keys: DeviceKeys) -> None:
    (row,) = store.records(store.head.ledger_id, 0, 10_000, 10)
    genesis = p.from_data("genesis", decode_body(row.body).data)
    assert isinstance(genesis, p.Genesis)
    assert (genesis.reason, genesis.device_id, genesis.tenant) == ("new", "kiosk-1", "dinas")
    assert (genesis.sign_key, genesis.receive_key) == (keys.sign_public, keys.receive_public)
    assert store.opened == "new"


def test_only_its_owner_reads_the_database_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        keys = DeviceKeys.load_or_create(tmp_path / "keys")
        for _ in ("new", "left open by an older version"):
            store = Store.open(tmp_path, keys, IDENTITY, at(), reserve_mb=1)
            append(store, punch())
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("kiosk.db*")}
            assert modes == {"kiosk.db": 0o600, "kiosk.db-wal": 0o600, "kiosk.db-shm": 0o600}
            store.close()
            (tmp_path / "kiosk.db").chmod(0o644)
    finally:
        os.umask(before)


def test_each_hash_covers_the_one_before_and_the_stored_bytes(store: Store, state: Path) -> None:
    append(store, punch(), punch(), punch())
    db = sqlite3.connect(state / "kiosk.db")
    before = bytes(32)
    rows = db.execute("SELECT seq, CAST(body AS BLOB), hash FROM ledger ORDER BY seq").fetchall()
    db.close()
    for seq, body, hash_ in rows:
        assert hashlib.sha256(before + body).digest() == hash_, seq
        before = hash_
    assert [row[0] for row in rows] == [1, 2, 3, 4]
    assert store.head.hash == before


def test_the_published_table_is_readable_with_the_sqlite3_shell(store: Store, state: Path) -> None:
    append(store, punch())
    shell = ["sqlite3", str(state / "kiosk.db"), "SELECT body FROM ledger WHERE seq = 2"]
    body = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
    assert decode_body(body.strip()).type == "punch"


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE ledger SET body = '{}' WHERE seq = 2",
        "DELETE FROM ledger WHERE seq = 2",
        "INSERT OR REPLACE INTO ledger VALUES (2, '{}', x'00')",
        "INSERT INTO ledger VALUES (9, '{}', x'00')",
        "UPDATE private SET text = 'other'",
    ],
)
def test_the_database_itself_refuses_to_change_a_record(store: Store, state: Path, tampering: str) -> None:
    add_person(store)
    db = sqlite3.connect(state / "kiosk.db", isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(tampering)
    db.close()


def test_dropped_triggers_are_restored_at_start_and_that_is_recorded(reopen: Reopen, state: Path) -> None:
    append(reopen(), punch())
    db = sqlite3.connect(state / "kiosk.db", isolation_level=None)
    db.execute("DROP TRIGGER ledger_no_update")
    db.close()
    store = reopen()
    (row,) = store.records(store.head.ledger_id, store.head.seq - 1, 10_000, 1)
    record = decode_body(row.body)
    assert (record.type, record.data["what"], record.data["detail"]) == (
        "store",
        "triggers_restored",
        "ledger_no_update",
    )
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite3.connect(state / "kiosk.db", isolation_level=None).execute("UPDATE ledger SET body = ''")


def test_an_exception_takes_back_everything_and_the_head_stays(store: Store) -> None:
    def append_and_fail() -> None:
        with store.transaction() as transaction:
            transaction.append(punch(), at())
            raise ZeroDivisionError

    head = store.head
    with pytest.raises(ZeroDivisionError):
        append_and_fail()
    assert store.head == head
    assert store.recent_punches("p1") == []
    assert append(store, punch())[0].seq == head.seq + 1


def test_what_the_format_cannot_hold_is_refused_and_nothing_stays(store: Store) -> None:
    head = store.head
    with pytest.raises(BadRecordError):
        append(store, p.Stop(reason="x" * 20_000))
    assert store.head == head


def test_a_private_part_lies_beside_the_record_under_a_salted_hash(store: Store) -> None:
    seqs = [add_person(store, person_id).seq for person_id in ("p1", "p2")]
    rows = store.records(store.head.ledger_id, 1, 100_000, 10)
    assert [row.seq for row in rows] == seqs
    for row in rows:
        assert row.private is not None
        assert b"Siti" not in row.body
        assert decode_body(row.body).private_hash == row.private.hash()
    salts = {row.private.salt for row in rows if row.private}
    assert len(salts) == 2
    texts = [msgspec.json.decode(row.private.text) for row in rows if row.private]
    assert texts[0]["name"] == "Siti Aminah"


def test_an_erased_private_part_is_gone_from_the_file_and_from_the_people(store: Store, state: Path) -> None:
    seq = add_person(store, name="Rahasia Sekali").seq
    with store.transaction() as transaction:
        transaction.erase(store.head.ledger_id, (seq,), "request", at())
    assert store.records(store.head.ledger_id, seq - 1, 10_000, 1)[0].private is None
    person = store.person("p1")
    assert person is not None
    assert (person.name, person.number) == ("", "")
    store.close()
    assert b"Rahasia Sekali" not in (state / "kiosk.db").read_bytes()


def test_a_seal_is_signed_over_everything_since_the_one_before(store: Store, keys: DeviceKeys) -> None:
    append(store, punch(), punch())
    covered = store.head
    assert store.seal_if_due(at(), "WIB")
    assert not store.seal_if_due(at(60), "WIB")
    assert store.seal_if_due(at(86_400), "WIB")
    rows = store.records(store.head.ledger_id, covered.seq, 100_000, 10)
    first, second = (p.from_data("seal", decode_body(row.body).data) for row in rows)
    assert isinstance(first, p.Seal)
    assert isinstance(second, p.Seal)
    assert (first.first, first.last, first.count, first.head) == (
        1,
        covered.seq,
        covered.seq,
        covered.hash.hex(),
    )
    assert (first.day, second.day) == ("2026-10-06", "2026-10-07")
    assert (second.first, second.last) == (covered.seq + 1, covered.seq + 1)
    statement = seal_statement(covered.ledger_id, first.first, first.last, first.count, first.head, first.day)
    assert signature_holds(keys.sign_public, statement, first.sig)


def test_a_reader_on_another_connection_sees_commits_and_cannot_write(store: Store, state: Path) -> None:
    with StoreReader.open(state) as reader:
        seq = append(store, punch())[0].seq
        assert reader.ledgers()[-1].seq == seq
        assert reader.records(store.head.ledger_id, 0, 100_000, 10)[-1].hash == store.head.hash
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._db.execute("DELETE FROM cursors")


def test_records_come_in_order_within_both_limits_but_never_none(store: Store) -> None:
    append(store, *[punch() for _ in range(9)])
    ledger_id = store.head.ledger_id
    assert [row.seq for row in store.records(ledger_id, 3, 1 << 20, 4)] == [4, 5, 6, 7]
    assert [row.seq for row in store.records(ledger_id, 3, 1, 4)] == [4]
    size = len(store.records(ledger_id, 3, 1, 1)[0].body)
    assert len(store.records(ledger_id, 3, 3 * size + 10, 100)) == 3
    assert store.records(ledger_id, 10, 1 << 20, 4) == []
    assert store.records("0" * 32, 0, 1 << 20, 4) == []


def test_two_daemons_cannot_hold_one_store(store: Store, state: Path, keys: DeviceKeys) -> None:
    with pytest.raises(StoreInUse) as refused:
        Store.open(state, keys, IDENTITY, at())
    assert "other kioskd" in refused.value.hint


@pytest.mark.parametrize(
    ("last", "boot", "said"),
    [
        (None, "boot-1", "first"),
        (p.Stop(reason="term"), "boot-2", "clean"),
        (p.Start(software="0", after="first"), "boot-1", "unclean"),
        (p.Start(software="0", after="first"), "boot-2", "reboot"),
    ],
)
def test_how_the_last_run_ended(
    state: Path, keys: DeviceKeys, last: p.Payload | None, boot: str, said: str
) -> None:
    store = Store.open(state, keys, IDENTITY, at(), reserve_mb=0)
    append(store, *([last] if last else []))
    store.close()
    store = Store.open(state, keys, IDENTITY, at(boot=boot), reserve_mb=0)
    assert store.last_run == said
    store.close()
