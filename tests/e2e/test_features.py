"""Rows of the mission that are about the rules, through a real kioskd whose clock the centre vouches for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from kiosk.core import api, desk
from kiosk.core.zone import ZONES
from tests.e2e.rig import PEOPLE, Rig, rig, until
from tests.e2e.test_desk import refused, today

EVERY_DAY = 'days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]\n'


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One for all: people with fingers, and a clock that is trusted."""
    with rig(tmp_path_factory.mktemp("features") / "rig") as made:
        made.start("broker", "centre", "reader", "kioskd")
        made.wait_reader()
        for number, name in PEOPLE:
            made.enrol(number, name)
        until(lambda: made.status()["clock"]["source"] != "none")
        yield made


def with_policy(kiosk: Rig, policy: str) -> None:
    """From now on this policy counts."""
    (kiosk.root / "policy.toml").write_text(policy, encoding="utf-8")
    assert "policy" in str(kiosk.ctl("config", "reload")["applied"])


def session(name: str, kind: str, opens: str, due: str, closes: str) -> str:
    times = f"opens = {opens}\ndue = {due}\ncloses = {closes}\n"
    return f'[[session]]\nname = "{name}"\nkind = "{kind}"\n{times}{EVERY_DAY}'


def test_row_14_lateness_is_recorded_adds_up_and_nothing_is_refused(kiosk: Rig) -> None:
    whole_day = session("pagi", "in", "00:00:00", "00:00:01", "23:59:59")
    deductions = '[[deduction]]\nkind = "accumulated"\nfrom_min = 1\nbasis_points = 1\n'
    with_policy(kiosk, f'version = "row-14"\nduplicate_window_s = 0\n{whole_day}{deductions}')
    card = kiosk.tap(PEOPLE[1][0])
    assert (card["kind"], card["code"]) == ("taken", "late")
    explained = kiosk.ctl("policy", "explain", PEOPLE[1][0], today(kiosk))
    totals = explained["recap"]["totals"]
    assert totals["late_s"] == card["late_s"]
    assert totals["cut_bp"] == min(10_000, card["late_s"] // 60)
    assert any("akumulasi" in line for line in explained["lines"])


def test_row_15_outside_its_window_a_punch_is_refused_said_so_and_on_record(kiosk: Rig) -> None:
    hour = datetime.now(ZONES["WIB"]).hour
    closed = ("01:00:00", "01:30:00", "01:31:00") if 9 <= hour < 23 else ("12:00:00", "12:30:00", "12:31:00")
    strict = 'version = "row-15"\nmode = "strict"\nduplicate_window_s = 0\n'
    with_policy(kiosk, strict + session("pagi", "in", *closed))
    before = kiosk.punches()
    card = kiosk.tap(PEOPLE[0][0])
    assert (card["kind"], card["code"], card["name"]) == ("refused", "closed", PEOPLE[0][1])
    assert kiosk.punches() == before
    assert kiosk.records("refusal")[-1]["data"]["cause"] == "closed"


def test_row_17_a_guest_has_no_set_hours(kiosk: Rig) -> None:
    policy = session("pagi", "in", "00:00:00", "00:00:01", "23:59:59")
    with_policy(
        kiosk, f'version = "row-17"\nduplicate_window_s = 0\n{policy}[exempt]\ncategories = ["guest"]\n'
    )
    number, name = "G-2026-01", "Putri Anggraini"
    kiosk.ask(api.PutPeople(rows=(api.PersonRow(1, number, name, "guest"),)))
    kiosk.enrol(number, name)
    kiosk.ask(api.PutPeople(rows=(api.PersonRow(1, number, name, "guest"),)))
    assert kiosk.tap(number)["code"] == "present"
    assert kiosk.tap(PEOPLE[2][0])["code"] == "late"


def test_row_11_a_refused_number_says_which_part_and_whom_to_ask(kiosk: Rig) -> None:
    words = refused(kiosk, desk.PunchPin(number="198513012010011001", pin="480216", wait_s=1))
    assert "no date" in words
    assert "BKPSDM" in words


def test_row_20_exports_carry_stable_ids(kiosk: Rig) -> None:
    with_policy(kiosk, f'version = "row-20"\n{session("pagi", "in", "00:00:00", "12:00:00", "23:59:59")}')
    kiosk.tap(PEOPLE[0][0])
    before = {p["number"]: p["person_id"] for p in kiosk.ctl("recap", "--day")["people"]}
    kiosk.ask(api.PutPeople(rows=(api.PersonRow(1, PEOPLE[0][0], "Nama Baru, M.Pd."),)))
    after = {p["number"]: p["person_id"] for p in kiosk.ctl("recap", "--day")["people"]}
    assert after == before
    assert before[PEOPLE[0][0]] in {punch["person_id"] for punch in kiosk.punches()}


def test_the_recap_of_another_week_has_nobody_absent_on_days_to_come(kiosk: Rig) -> None:
    ahead = (datetime.fromisoformat(today(kiosk)) + timedelta(days=14)).date().isoformat()
    made = kiosk.ctl("recap", "--week", "--of", ahead, "--number", PEOPLE[0][0])
    assert {d["status"] for d in made["people"][0]["days"]} <= {"future", "off"}
