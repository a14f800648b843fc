from collections.abc import Callable

import pytest

from kiosk.core import api
from kiosk.core.record import Record, encode_body
from tests.ctl.conftest import Ran
from tests.ctl.samples import NOW, STATUS
from tests.ctl.serving import Canned

Ctl = Callable[..., Ran]


def stored(seq: int) -> tuple[int, str, str]:
    body = encode_body(Record("a" * 32, seq, 1, "stop", NOW, {"reason": "asked"}))
    return seq, body.decode(), f"{seq:064x}"


@pytest.fixture
def paged(kioskd: Canned) -> Canned:
    def page(command: object, _: object) -> api.LedgerPage:
        assert isinstance(command, api.GetLedger)
        last = min(1_204, command.after_seq + command.limit)
        return api.LedgerPage("a" * 32, tuple(stored(seq) for seq in range(command.after_seq + 1, last + 1)))

    kioskd.answers[api.GetStatus] = STATUS
    kioskd.answers[api.GetLedger] = page
    return kioskd


def test_tail_shows_the_last_records_oldest_first(paged: Canned, ctl: Ctl) -> None:
    lines = ctl("ledger", "tail", "-n", 3).out.splitlines()
    assert [line.split()[0] for line in lines] == ["1202", "1203", "1204"]
    assert lines[0].endswith("2026-03-02 00:00:00Z   stop         reason=asked")


def test_tail_as_json_carries_the_bodies_verbatim(paged: Canned, ctl: Ctl) -> None:
    document = ctl("ledger", "tail", "-n", 1_000, "--json").document
    assert [record["seq"] for record in document] == list(range(205, 1_205))
    assert document[-1]["body"] == stored(1_204)[1]
    assert document[-1]["record"]["type"] == "stop"


def test_an_empty_page_ends_the_reading(paged: Canned, ctl: Ctl) -> None:
    paged.answers[api.GetLedger] = api.LedgerPage("a" * 32, ())
    assert ctl("ledger", "tail", "--json").document == []
