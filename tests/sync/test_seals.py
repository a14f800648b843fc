"""A photographed seal held against what the centre has: each of the five answers."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kiosk.core.seal import DaySeal
from sync.centre.seals import judge
from tests.sync.book import Book
from tests.sync.desk import Desk


def seal_of(book: Book, last: int) -> DaySeal:
    ledger = book.current
    seal = DaySeal(
        tenant=book.name.tenant, device=book.name.device, day="2026-11-23", first=2, last=last,
        ledger_id=ledger.ledger_id, head=ledger.rows[last - 1].hash.hex(),
    )  # fmt: skip
    return msgspec.structs.replace(seal, sig=book.sign(seal.statement()))


def resigned(book: Book, seal: DaySeal, **fields: object) -> DaySeal:
    changed = msgspec.structs.replace(seal, **fields)
    return msgspec.structs.replace(changed, sig=book.sign(changed.statement()))


@pytest.fixture
def book() -> Book:
    made = Book()
    made.punches(9)
    return made


def test_the_five_answers(book: Book, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    seal = seal_of(book, 8)

    def verdict(one: DaySeal) -> str:
        with desk.store.reading() as tx:
            return judge(tx, one).verdict

    assert verdict(seal) == "unknown_ledger"
    desk.send(book, 1, 5)
    assert verdict(seal) == "signed_only"
    desk.send(book, 6)
    assert verdict(seal) == "anchored"
    assert verdict(resigned(book, seal, head="00" * 32)) == "differs"
    assert verdict(msgspec.structs.replace(seal, first=1)) == "bad_signature"
    assert verdict(resigned(Book(), seal)) == "bad_signature"
    assert verdict(resigned(book, seal, device="kiosk-2")) == "bad_signature"
