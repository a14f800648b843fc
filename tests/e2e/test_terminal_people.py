"""People and fingers on terminals: put there, shared between terminals of a family, taken off again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kiosk.core import api, desk
from kiosk.core import terminals as t
from kiosk.core.consent import VERSION
from tests.e2e.rig import PEOPLE, Rig, Zk, rig, until

FIRST, SECOND, THIRD = (number for number, _ in PEOPLE)
GUEST = "4711"
THUMB, INDEX = 5, 6
OURS = "push_people = true\nshare_fingers = true"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A kiosk with two terminals of one make and one of another; everybody is put on the first three."""
    with rig(tmp_path_factory.mktemp("office") / "rig", terminals=[OURS, OURS, OURS, ""]) as made:
        for zk in made.terminals:
            zk.start("--platform", "OTHER" if zk.name == "zk2" else "ZLM60_TFT", wait=False)
        made.terminals[1].tell(op="user", user_id="1", name="Orang lain")
        made.start("kioskd")
        rows = tuple(api.PersonRow(n, number, name) for n, (number, name) in enumerate(PEOPLE))
        assert made.ask(api.PutPeople(rows=(*rows, api.PersonRow(9, GUEST, "Tamu"))))["errors"] == []
        for zk in made.terminals[:3]:
            until(lambda zk=zk: set(user_ids(zk)) >= {FIRST, SECOND, THIRD, GUEST})  # type: ignore[misc]
        yield made


def user_ids(zk: Zk) -> dict[str, str]:
    """Who is on the terminal, by identity number; empty while it is not connected."""
    if zk.state()["status"] != "ready":
        return {}
    users = zk.rig.ask(t.GetTerminalUsers(terminal=zk.name))["users"]
    return {user["number"]: user["user_id"] for user in users}


def fingers(zk: Zk) -> dict[tuple[str, int], str]:
    return {(user_id, finger): data for user_id, finger, data in zk.tell(op="templates")["templates"]}


def put_on(zk: Zk, number: str, finger: int, data: bytes) -> None:
    zk.tell(op="template", user_id=user_ids(zk)[number], finger=finger, data=data.hex())


def agree(kiosk: Rig, number: str, *, given: bool = True) -> None:
    kiosk.ask(desk.PutConsent(number=number, version=VERSION, given=given))


def enrolments(kiosk: Rig) -> list[tuple[str, str]]:
    return [(r["data"]["device"], r["data"]["part"]) for r in kiosk.records("enrolment")]


def test_people_are_put_on_terminals_with_ids_that_fit(office: Rig) -> None:
    first, second = user_ids(office.terminals[0]), user_ids(office.terminals[1])
    assert first[GUEST] == second[GUEST] == GUEST
    assert all(len(user_id) <= 9 for user_id in (*first.values(), *second.values()))
    assert second[""] == "1"
    card = office.ask(api.Emulate(what="zk", subject=FIRST, device="zk1"))["card"]
    assert (card["kind"], card["name"]) == ("taken", PEOPLE[0][1])


def test_a_finger_enrolled_on_one_terminal_works_on_the_others_of_its_family(office: Rig) -> None:
    one, two, other, _ = office.terminals
    template = bytes(range(200)) * 3
    put_on(one, FIRST, INDEX, template)
    before = len(enrolments(office))
    agree(office, FIRST)
    until(lambda: fingers(two).get((user_ids(two)[FIRST], INDEX)) == template.hex())
    assert enrolments(office)[before:] == [("terminal:SERIAL-zk0", "right-index")]
    (sealed,) = [r["data"]["template_id"] for r in office.records("enrolment")][before:]
    assert sealed
    put_on(two, FIRST, THUMB, template[::-1])
    until(lambda: fingers(one).get((user_ids(one)[FIRST], THUMB)) == template[::-1].hex())
    assert fingers(other) == {}
    people = {p["number"]: p["fingers"] for p in office.ask(api.GetPeople(limit=10))["people"]}
    assert sorted(people[FIRST]) == ["right-index", "right-thumb"]


def test_without_consent_a_finger_stays_where_it_is_and_pulling_says_so(office: Rig) -> None:
    one, last = office.terminals[0], office.terminals[3]
    last.tell(op="user", user_id=GUEST, name="Tamu")
    last.tell(op="template", user_id=GUEST, data=bytes(300).hex())
    last.tell(op="user", user_id="5", name="Siapa")
    last.tell(op="template", user_id="5", data=bytes(100).hex())
    before = enrolments(office)
    pulled = office.ctl("terminals", "pull", "--terminal", last.name)
    assert (pulled["pulled"], pulled["unknown"], pulled["not_agreed"]) == (0, 1, 1)
    assert enrolments(office) == before
    agree(office, GUEST)
    assert office.ask(t.PullTerminal(terminal=last.name))["pulled"] == 1
    until(lambda: (GUEST, INDEX) in fingers(one))


def test_who_withdraws_loses_the_fingers_on_every_terminal_and_who_is_erased_leaves_them(office: Rig) -> None:
    shared = office.terminals[:2]
    agree(office, SECOND)
    put_on(shared[0], SECOND, INDEX, bytes(range(250)))

    def has_finger(zk: Zk) -> bool:
        return (user_ids(zk).get(SECOND, ""), INDEX) in fingers(zk)

    until(lambda: has_finger(shared[1]))
    agree(office, SECOND, given=False)
    until(lambda: not any(has_finger(zk) for zk in shared))
    until(lambda: all(SECOND in user_ids(zk) for zk in shared))
    mine = [user_ids(zk)[THIRD] for zk in shared]
    certificate = office.ask(desk.Erase(number=THIRD, reason="own request"))
    assert certificate["pending"] == []

    def left() -> list[Any]:
        return [
            user_id
            for zk, user_id in zip(shared, mine, strict=True)
            if user_id in [u["user_id"] for u in office.ask(t.GetTerminalUsers(terminal=zk.name))["users"]]
        ]

    assert left() == [], "the certificate says so"
