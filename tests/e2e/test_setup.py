"""The first run, a lost PIN, the clock by hand and a wait given up, on one kiosk nobody has set up yet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from kiosk.core import api, desk, setup
from kiosk.core.consent import VERSION
from kiosk.demo.client import DemoError
from kiosk.demo.client import ask as ask_at
from tests.e2e.rig import PEOPLE, Rig, rig, until
from tests.e2e.test_desk import flow, in_thread

(NUMBER, NAME), (OTHER, OTHER_NAME), _ = PEOPLE
PIN, NEW_PIN = "480216", "735192"


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("setup") / "rig") as made:
        key = made.ctl("admin", "key", str(made.root / "technician.key"))["technician_key"]
        with made.config.open("a", encoding="utf-8") as file:
            file.write(f'\n[control]\ntechnician_key = "{key}"\n')
        made.start("reader", "kioskd")
        made.wait_reader()
        yield made


@pytest.fixture
def screen(kiosk: Rig) -> Iterator[Path]:
    yield kiosk.root / "ui.sock"
    ask_at(kiosk.root / "ui.sock", desk.Lower())


def said(path: Path, command: api.Command) -> str:
    """Why it was refused."""
    with pytest.raises(DemoError) as caught:
        ask_at(path, command)
    return str(caught.value)


def raise_with(kiosk: Rig, screen: Path, pin: str) -> None:
    done = in_thread(lambda: ask_at(screen, desk.Raise(number=NUMBER, pin=pin)))
    until(lambda: flow(kiosk) == "finger")
    kiosk.touch(NUMBER)
    assert done() == {"message": NAME}


def test_whoever_has_the_code_becomes_administrator_with_pin_and_finger(kiosk: Rig, screen: Path) -> None:
    assert kiosk.view()["first_run"]
    claim = partial(setup.ClaimAdmin, number=NUMBER, name=NAME)
    assert "no code" in said(screen, claim(code="0123456789", pin=PIN))
    assert "socket" in said(screen, setup.MakeCode())
    code = kiosk.ctl("admin", "code")["code"].replace(" ", "")
    assert "not the code" in said(screen, claim(code=f"{(int(code) + 1) % 10**10:010}", pin=PIN))
    assert "easily" in said(screen, claim(code=code, pin="111111"))
    assert ask_at(screen, claim(code=code, pin=PIN)) == {"message": NAME}
    assert kiosk.view()["raised"]["name"] == NAME
    ask_at(
        screen, api.EnrolFinger(number=NUMBER, consent=VERSION), on_event=lambda e: kiosk._place(e, NUMBER)
    )
    assert not kiosk.view().get("first_run")
    ask_at(screen, desk.Lower())
    raise_with(kiosk, screen, PIN)
    assert "no code" in said(screen, claim(code=code, pin=PIN)), "it is used up"
    assert code not in kiosk.log("kioskd")


@pytest.mark.parametrize("signer", ["centre", "technician"])
def test_a_lost_pin_is_given_anew_by_an_answered_challenge(kiosk: Rig, screen: Path, signer: str) -> None:
    if not any(p["fingers"] for p in kiosk.ask(api.GetPeople())["people"]):
        kiosk.enrol(NUMBER, NAME)
        kiosk.ask(desk.PutRole(number=NUMBER, role="operator"))
    kiosk.ask(desk.SetPin(number=NUMBER, pin=PIN))
    assert "nobody" in said(screen, setup.AskReset(number="G-99"))
    asked = ask_at(screen, setup.AskReset(number=NUMBER))
    assert asked == ask_at(screen, setup.AskReset(number=NUMBER)), "the same until it is answered"
    reset = partial(setup.ResetPin, number=NUMBER, pin=NEW_PIN)
    assert "not the answer" in said(screen, reset(answer="00000000"))
    if signer == "centre":
        answer = kiosk.centre("pin-answer", asked["text"]).stdout
    else:
        key = str(kiosk.root / "technician.key")
        answer = kiosk.ctl("admin", "answer", asked["text"], "--key", key)["answer"]
    ask_at(screen, reset(answer="".join(answer.split())))
    raise_with(kiosk, screen, NEW_PIN)
    assert kiosk.records("admin")[-2]["data"]["actor"] == f"answer:{signer}"
    assert "no challenge" in said(screen, reset(answer="".join(answer.split())))


def test_answers_cannot_be_guessed(kiosk: Rig, screen: Path) -> None:
    if not kiosk.ask(api.GetPeople())["people"]:
        assert kiosk.ask(api.PutPeople((api.PersonRow(1, NUMBER, NAME),)))["errors"] == []
        kiosk.ask(desk.PutRole(number=NUMBER, role="operator"))
    first = ask_at(screen, setup.AskReset(number=NUMBER))["digits"]
    reset = setup.ResetPin(number=NUMBER, answer="00000000", pin=NEW_PIN)
    words = [said(screen, reset) for _ in range(4)]
    assert "wait" in words[2]
    assert "too many" in words[3]
    assert any(r["data"]["cause"] == "wrong_answer" for r in kiosk.records("refusal"))
    assert ask_at(screen, setup.AskReset(number=NUMBER))["digits"] == first
    kiosk.ask(desk.SetPin(number=NUMBER, pin=PIN))


def test_an_operators_time_is_believed_only_where_nothing_better_is_known(kiosk: Rig, screen: Path) -> None:
    assert "operator" in said(screen, setup.SetClock(local="2026-03-02 07:10"))
    before = kiosk.status()
    there = before["local_time"][:16]
    if before["clock"]["source"] == "none":
        kiosk.ask(setup.SetClock(local=there))
        until(lambda: kiosk.status()["clock"]["source"] == "operator")
        assert kiosk.records("clock")[-1]["data"]["after_source"] == "operator"
    else:
        with pytest.raises(DemoError, match=before["clock"]["source"]):
            kiosk.ask(setup.SetClock(local=there))
    with pytest.raises(DemoError, match="no time"):
        kiosk.ask(setup.SetClock(local="2026-13-02 07:10"))


def test_a_wait_and_an_enrolment_can_be_given_up(kiosk: Rig, screen: Path) -> None:
    done = in_thread(lambda: ask_at(screen, desk.GetMyRecord()))
    until(lambda: flow(kiosk) == "finger")
    ask_at(screen, desk.Cancel())
    assert "given up" in str(done())
    assert not flow(kiosk)
    assert kiosk.ask(api.PutPeople((api.PersonRow(1, OTHER, OTHER_NAME),)))["errors"] == []
    done = in_thread(lambda: kiosk.ask(api.EnrolFinger(number=OTHER, consent=VERSION)))
    until(lambda: kiosk.view_part("card", "code") == "place")
    ask_at(screen, desk.Cancel())
    assert "given up" in str(done())
    assert not kiosk.view().get("card")
