"""After which a kiosk is another one: a rotated key, a revocation; and a roster cut by a kill."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kiosk.core import api
from kiosk.demo.folder import DEVICE
from tests.e2e.rig import PEOPLE, Rig, until

pytestmark = pytest.mark.slow
AHMAD = PEOPLE[0][0]


@pytest.fixture
def kiosk(make_rig: Callable[..., Rig]) -> Rig:
    made = make_rig()
    made.start("broker", "centre", "reader", "kioskd")
    made.wait_reader()
    made.enrol(*PEOPLE[0])
    assert made.tap(AHMAD)["kind"] == "taken"
    until(lambda: made.status()["link"]["backlog"] == 0)
    return made


def ended(kiosk: Rig) -> None:
    assert kiosk.running("kioskd").wait(60) == 0


def ledgers(kiosk: Rig) -> dict[str, Any]:
    return {one["ledger_id"]: one for one in kiosk.central_ledgers()}


def test_a_rotated_key_goes_on_in_a_linked_ledger_and_nothing_of_the_old_one_is_lost(kiosk: Rig) -> None:
    old, (before,) = kiosk.status()["ledger"], kiosk.centre_devices()
    kiosk.centre("command", DEVICE, "rotate_key")
    ended(kiosk)
    kiosk.start("kioskd")
    new = until(lambda: kiosk.status()["ledger"])
    assert new["ledger_id"] != old["ledger_id"]
    kiosk.wait_reader()
    assert kiosk.tap(AHMAD)["kind"] in ("taken", "repeat")
    until(lambda: kiosk.status()["link"]["backlog"] == 0)
    held = until(lambda: len(ledgers(kiosk)) == 2 and ledgers(kiosk))
    assert held[old["ledger_id"]]["standing"] == "closed"
    assert held[new["ledger_id"]]["previous_seq"] == held[old["ledger_id"]]["seq"]  # to its last record
    assert {d["key"]: d["state"] for d in kiosk.centre_devices()}[before["key"]] == "approved"
    assert {d["state"] for d in kiosk.centre_devices()} == {"approved"}
    kiosk.centre("verify")


def test_a_revoked_kiosk_takes_no_punch_and_holds_no_finger(kiosk: Rig) -> None:
    kiosk.centre("command", DEVICE, "revoke", "reason=dicuri")
    until(lambda: [r for r in kiosk.records("command") if r["data"]["outcome"] == "done"])
    assert list((kiosk.root / "vault").glob("*")) == []
    assert kiosk.view()["fault"] == "revoked"
    assert kiosk.tap(AHMAD)["kind"] == "unknown"
    kiosk.stop("kioskd")
    kiosk.start("kioskd")
    assert kiosk.view()["fault"] == "revoked"


def test_killed_while_a_roster_is_applied_it_has_all_of_it_afterwards(kiosk: Rig) -> None:
    people = kiosk.root / "people.csv"
    rows = "".join(f"P-{n:05},Orang {n},SD 1\n" for n in range(4_000))
    people.write_text(f"nip,nama,unit\n{AHMAD},Ahmad,SD 1\n{rows}", encoding="utf-8")
    kiosk.centre("roster", "put", "sdn-contoh-1", str(people))
    until(lambda: kiosk.ask(api.GetPeople(limit=1))["total"] > 500, every_s=0.005)
    kiosk.kill("kioskd")
    kiosk.start("kioskd")
    until(lambda: [one["has"] for one in json.loads(kiosk.centre("roster", "list", "--json").stdout)] == [1])
    assert kiosk.ask(api.GetPeople(limit=1))["total"] == 4_001
