"""A damaged database is moved aside whole; what can be read of it goes on in a new, linked ledger."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from kiosk.core import api
from kiosk.core import payload as p
from kiosk.core.record import decode_body
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Store, StoreCorrupt, StoreReader
from kiosk.daemon.verify_file import verify_file
from tests.store.samples import IDENTITY, NUMBER, Reopen, add_person, append, at, enrolment, punch

PAGE = 4096


def pages_of(path: Path, table: str) -> list[int]:
    """Leaf pages of a table, in the order of its rows."""
    db = sqlite3.connect(path)
    text = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path"
    try:
        return [row[0] for row in db.execute(text, (table,))]
    except sqlite3.OperationalError:
        pytest.skip("this SQLite was built without dbstat")
    finally:
        db.close()


def spoil(path: Path, *pages: int) -> None:
    dice = random.Random(1)
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(dice.randbytes(PAGE))


@pytest.fixture
def used(reopen: Reopen, state: Path) -> Path:
    store = reopen()
    add_person(store)
    append(store, enrolment("t1"))
    append(store, *[punch() for _ in range(300)])
    store.close()
    return state / "kiosk.db"


def notes_of(store: Store) -> list[p.StoreNote]:
    records = [decode_body(row.body) for row in store.records(store.head.ledger_id, 0, 1 << 30, 10_000)]
    found = [p.from_data("store", record.data) for record in records if record.type == "store"]
    return [note for note in found if isinstance(note, p.StoreNote)]


def test_what_lies_behind_a_damaged_page_is_carried(reopen: Reopen, state: Path, used: Path) -> None:
    pages = pages_of(used, "ledger")
    spoil(used, pages[len(pages) // 2], pages[-1])
    store = reopen()
    kept, current = store.ledgers()
    assert store.opened == "restored"
    assert 100 < kept.seq < 200
    assert current.previous is not None
    assert (current.previous.ledger_id, current.previous.seq) == (kept.ledger_id, kept.seq)
    punches = store.punches(api.GetPunches(limit=1000))
    assert 280 < punches.total < 300
    assert punches.total == len(punches.punches) == len({row.seq for row in punches.punches})
    assert store.person_by_number(NUMBER) == store.person_by_slot("r307", 1) is not None
    assert "carried" in notes_of(store)[0].detail
    assert store.rebuild().differences == 0
    append(store, punch())
    store.close()
    assert verify_file(used).ok
    (aside,) = state.glob("damaged-*")
    assert (aside / "kiosk.db").stat().st_size > 100_000
    assert not list(state.glob("salvaging"))
    assert reopen().opened == "same"


def test_damage_met_while_running_is_mended_at_the_next_start(
    reopen: Reopen, state: Path, used: Path
) -> None:
    pages = pages_of(used, "punches")
    spoil(used, *pages)
    store = reopen()
    assert store.opened == "same"
    with pytest.raises(StoreCorrupt) as damaged:
        append(store, punch())
    assert "restart" in damaged.value.hint
    store = reopen()
    assert store.opened == "restored"
    assert len(store.recent_punches("p1", 1000)) == 300
    assert not (state / "suspect").exists()


def test_a_file_that_is_no_database_is_kept_aside_and_the_witness_gives_the_link(
    reopen: Reopen, state: Path, used: Path
) -> None:
    head = reopen().head
    reopen().close()
    used.write_bytes(b"not a database at all")
    store = reopen()
    genesis = p.from_data("genesis", decode_body(store.records(store.head.ledger_id, 0, 1, 1)[0].body).data)
    assert isinstance(genesis, p.Genesis)
    assert (genesis.reason, genesis.previous) == ("salvaged", head.point)
    (aside,) = state.glob("damaged-*")
    assert (aside / "kiosk.db").read_bytes() == b"not a database at all"


def test_earlier_ledgers_are_salvaged_with_their_links(reopen: Reopen, used: Path) -> None:
    store = reopen()
    first = store.head
    store.reopen_linked("restored", first.point, None, at())
    append(store, *[punch() for _ in range(100)])
    store.close()
    pages = pages_of(used, "ledger")
    spoil(used, pages[-1])
    old, middle, current = reopen().ledgers()
    assert (old.ledger_id, old.seq) == (first.ledger_id, first.seq)
    assert middle.previous == first.point
    assert current.previous is not None
    assert current.previous.ledger_id == middle.ledger_id
    reopen().close()
    assert verify_file(used).ok


@pytest.mark.parametrize("seed", range(6))
def test_whatever_pages_are_spoilt_the_kiosk_starts_and_the_chain_holds(
    state: Path, keys: DeviceKeys, used: Path, seed: int
) -> None:
    dice = random.Random(seed)
    last = used.stat().st_size // PAGE
    spoil(used, *dice.sample(range(1, last + 1), dice.randint(1, 6)))
    store = Store.open(state, keys, IDENTITY, at(), reserve_mb=0)
    try:
        append(store, punch())
    except StoreCorrupt:
        store.close()
        store = Store.open(state, keys, IDENTITY, at(), reserve_mb=0)
        append(store, punch())
    store.close()
    if not verify_file(used).ledgers[-1].ok:  # a page that nobody has read yet: whoever does, marks it
        with StoreReader.open(state) as reader, pytest.raises(StoreCorrupt):
            reader.records(reader.ledgers()[-1].ledger_id, 0, 1 << 24, 1 << 20)
        Store.open(state, keys, IDENTITY, at(), reserve_mb=0).close()
    assert verify_file(used).ledgers[-1].ok


def test_a_punch_that_somebody_edited_hides_no_other(reopen: Reopen, used: Path) -> None:
    db = sqlite3.connect(used)
    db.execute("DROP TRIGGER ledger_no_update")
    db.execute("UPDATE ledger SET body = replace(body, '\"finger\"', '\"fingar\"') WHERE seq = 50")
    db.commit()
    db.close()
    found = reopen().punches(api.GetPunches(limit=1000))
    assert 0 < len(found.punches) < 300
