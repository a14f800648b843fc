"""What is on stage, as plain data: cards come and go, nothing stale is shown as new."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest

from kiosk.core.view import SILENT_S, Card, ClockView, View
from kiosk.core.zone import ZONES, wall_ms
from ui.items import Text
from ui.metrics import Metrics
from ui.samples import MORNING, SAMPLES, VIEW
from ui.screens import compose
from ui.stage import APPEAR_MS, Director


def with_card(number: int, state: str = "on_time", **more: Any) -> View:
    view = SAMPLES[state]
    assert view
    assert view.card
    return msgspec.structs.replace(view, card=msgspec.structs.replace(view.card, number=number, **more))


@pytest.fixture
def director() -> Director:
    made = Director("id", "light")
    made.receive(VIEW, 0, MORNING)
    return made


def shown(director: Director, now_s: float) -> Card | None:
    return director.stage(now_s, MORNING).card


def test_a_card_lasts_its_time_from_when_it_came(director: Director) -> None:
    assert director.receive(with_card(1), 10, MORNING)
    assert shown(director, 12.99)
    assert shown(director, 13.0) is None


def test_the_same_card_again_is_not_shown_again(director: Director) -> None:
    director.receive(with_card(1), 10, MORNING)
    assert director.receive(msgspec.structs.replace(with_card(1), today=28), 14, MORNING) is None
    assert shown(director, 14) is None


def test_a_repeat_of_the_same_person_is_told_by_its_number(director: Director) -> None:
    director.receive(with_card(1), 10, MORNING)
    assert director.receive(with_card(2), 12, MORNING)
    assert shown(director, 14.9)


def test_after_a_reconnect_an_old_card_is_not_news() -> None:
    director = Director()
    assert director.receive(with_card(7), 0, MORNING + 3_600_000) is None
    assert director.receive(with_card(7, "repeat"), 1, MORNING) is None


def test_after_a_reconnect_a_card_of_this_moment_is_shown() -> None:
    director = Director()
    assert director.receive(with_card(7), 0, MORNING + 800)


def test_a_restarted_daemon_counts_cards_from_one_again(director: Director) -> None:
    director.receive(with_card(1), 10, MORNING)
    director.lost()
    director.receive(VIEW, 20, MORNING)
    assert director.receive(with_card(1), 21, MORNING)


def test_a_card_stays_when_the_daemon_goes_away(director: Director) -> None:
    director.receive(with_card(1), 10, MORNING)
    director.lost()
    stage = director.stage(11, MORNING)
    assert stage.away
    assert stage.card


def test_a_daemon_that_hangs_is_not_taken_for_one_that_has_nothing_to_say() -> None:
    director = Director("id", "light")
    director.receive(msgspec.structs.replace(VIEW, beat=1), 0, MORNING)
    assert not director.stage(SILENT_S - 0.1, MORNING).silent
    assert director.stage(SILENT_S, MORNING).silent
    director.receive(msgspec.structs.replace(VIEW, beat=2), SILENT_S + 1, MORNING)
    assert not director.stage(SILENT_S + 2, MORNING).silent


def test_a_beat_alone_changes_nothing_on_the_screen(director: Director) -> None:
    before = director.stage(1, MORNING)
    director.receive(msgspec.structs.replace(VIEW, beat=1), 1, MORNING)
    assert director.stage(1, MORNING) == before


def test_an_enrolment_ends_when_the_daemon_says_so(director: Director) -> None:
    director.receive(with_card(1, "enrol_lift", show_ms=30_000), 10, MORNING)
    assert shown(director, 12)
    director.receive(VIEW, 13, MORNING)
    assert shown(director, 13) is None


def test_the_kiosks_clock_is_the_systems_plus_the_offset(director: Director) -> None:
    director.receive(msgspec.structs.replace(VIEW, clock=ClockView("centre", 90_000)), 1, MORNING)
    assert f"{director.stage(1, MORNING).now:%H:%M:%S}" == "06:53:44"


@pytest.mark.parametrize(
    ("hour", "source", "theme"),
    [
        (6, "ntp", "light"),
        (17, "ntp", "light"),
        (18, "ntp", "night"),
        (4, "rtc", "night"),
        (23, "none", "light"),
    ],
)
def test_night_follows_a_clock_that_is_trusted(hour: int, source: Any, theme: str) -> None:
    director = Director()
    director.receive(msgspec.structs.replace(VIEW, clock=ClockView(source, 0)), 0, MORNING)
    now = wall_ms(datetime(2026, 11, 23, hour, 30, tzinfo=ZONES["WIB"]))
    assert director.stage(0, now).theme == theme


def test_a_card_appears_within_150_ms_and_then_stands_still(director: Director) -> None:
    assert APPEAR_MS <= 150
    director.receive(with_card(1), 10, MORNING)
    steps = [director.stage(10 + ms / 1000, MORNING).appear_milli for ms in range(0, 151, 10)]
    assert steps == sorted(steps)
    assert steps[0] == 0
    assert steps[-1] == 1000


def test_an_idle_screen_is_due_only_for_its_clock_and_its_glow(director: Director) -> None:
    now_s, frames = 0.0, 0
    while now_s < 60:
        due_s = director.due_s(now_s, MORNING + round(now_s * 1000))
        assert due_s > now_s
        now_s, frames = due_s, frames + 1
    assert frames < 60 * 4


def test_whatever_changes_by_itself_changes_when_it_is_due(director: Director) -> None:
    director.receive(with_card(1), 10, MORNING)
    due_s, before = 0.0, None
    for ms in range(10_000, 22_000, 2):
        now_s, wall = ms / 1000, MORNING + ms
        stage = director.stage(now_s, wall)
        standing = before is not None and before.appear_milli == stage.appear_milli == 1000
        if stage != before and standing:
            assert now_s >= due_s - 0.002, (before, stage)
        if stage != before or now_s >= due_s:
            due_s = director.due_s(now_s, wall)
        before = stage


def test_the_footer_names_the_finger_reader_first_when_all_is_well() -> None:
    view = SAMPLES["idle_camera"]
    assert view
    director = Director("id", "light")
    director.receive(msgspec.structs.replace(view, devices=view.devices[::-1]), 0, MORNING)
    items = compose(director.stage(0, MORNING), Metrics(800, 480)).items
    words = [item.text for item in items if isinstance(item, Text)]
    assert "Pembaca jari" in words
    assert "Kamera" not in words
