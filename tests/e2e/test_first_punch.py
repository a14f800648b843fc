"""The first punch: from a finger on the reader to a record the centre has acknowledged."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.rig import PEOPLE, Rig, until


def test_a_punch_goes_from_stored_to_accepted(make_rig: Callable[..., Rig]) -> None:
    kiosk = make_rig(auto_approve=False)
    kiosk.start("reader", "kioskd")
    kiosk.wait_reader()
    number, name = PEOPLE[0]
    kiosk.enrol(number, name)
    card = kiosk.tap(number)
    assert (card["kind"], card["name"], card["seq"] > 0) == ("taken", name, True)
    (punch,) = kiosk.ctl("punches")["punches"]
    assert (punch["number"], punch["delivery"]) == (number, "stored")

    kiosk.start("broker", "centre")
    until(lambda: kiosk.status()["link"]["status"] == "waiting_approval")
    kiosk.approve()
    accepted = until(lambda: [p for p in kiosk.ctl("punches")["punches"] if p["delivery"] == "accepted"])
    assert [p["seq"] for p in accepted] == [punch["seq"]]
    (there,) = kiosk.central_punches()
    assert (there["number"], there["seq"], there["provisional"]) == (number, punch["seq"], False)


def test_the_centres_word_makes_the_clock_trustworthy_and_corrects_what_was_written_before(
    kiosk: Rig,
) -> None:
    before = kiosk.status()["clock"]["source"]
    kiosk.tap(PEOPLE[0][0])
    kiosk.start("broker", "centre")
    until(lambda: kiosk.status()["clock"]["source"] != "none")
    if before == "none":
        corrections = until(lambda: kiosk.records("correction"))
        assert corrections[0]["data"]["source"] == "centre"
    card = kiosk.tap(PEOPLE[1][0])
    assert card["trusted"]
    assert card["code"] in ("on_time", "late")


def test_an_unknown_finger_is_refused_and_recorded_once_a_minute(kiosk: Rig) -> None:
    for _ in range(5):
        card = kiosk.tap("nobody")
        assert (card["kind"], card["code"]) == ("unknown", "unknown_finger")
    kiosk.stop("kioskd")
    kiosk.start("kioskd")
    refusals = kiosk.records("refusal")
    assert [r["data"]["count"] for r in refusals] == [1, 4]


def test_a_second_tap_in_the_window_is_said_to_be_recorded_and_is_no_new_punch(
    make_rig: Callable[..., Rig],
) -> None:
    kiosk = make_rig(duplicate_s=300)
    kiosk.start("reader", "kioskd")
    kiosk.wait_reader()
    number, name = PEOPLE[0]
    kiosk.enrol(number, name)
    first = kiosk.tap(number)
    second = kiosk.tap(number)
    assert (first["kind"], second["kind"], second["code"]) == ("taken", "repeat", "duplicate")
    assert (second["seq"], second["at_ms"]) == (first["seq"], first["at_ms"])
    kiosk.kill("kioskd")
    kiosk.start("kioskd")
    kiosk.wait_reader()
    assert kiosk.tap(number)["kind"] == "repeat"
    assert len(kiosk.punches()) == 1


def test_a_finger_is_never_enrolled_for_two_people(kiosk: Rig) -> None:
    owner, other = PEOPLE[0], PEOPLE[1]
    error = kiosk.enrol_fails(other[0], label=f"{owner[0]}/right-index", finger="left-thumb")
    assert owner[1] in error["message"]
    assert kiosk.tap(owner[0])["name"] == owner[1]


def test_a_poor_image_says_what_to_do_and_records_no_punch(kiosk: Rig) -> None:
    card = kiosk.ctl("emulate", "finger", PEOPLE[0][0], "--quality", "wet")["card"]
    assert card["kind"] == "poor_image"
    assert kiosk.punches() == []
