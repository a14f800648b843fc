"""A GPS receiver's reports as gpsd passes them on, and what a kiosk without a network learns from them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from drivers.gpsd import Gpsd
from kiosk.daemon.gps_time import LATE_MS, GpsTime, Moment
from tests.time.world import DAY, MINUTE, World


@pytest.fixture
def world(world: World) -> World:
    world.power_on()
    world.start()
    return world


def report(utc_ms: float, **more: object) -> bytes:
    """One TPV report of that moment."""
    moment = datetime.fromtimestamp(utc_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    fix = {"class": "TPV", "mode": 3, "lat": -8.17, "lon": 113.7, "time": moment, "ept": 0.005}
    return json.dumps({**fix, **more}).encode()


def hear(gpsd: Gpsd, raw: bytes) -> Moment | None:
    gpsd.heard(raw)
    fix = gpsd.fix
    return Moment(fix.utc_ms, fix.time_error_ms, fix.at_s) if fix and fix.utc_ms is not None else None


def listening(world: World, told: Moment | None) -> GpsTime:
    """It has just been told."""
    return GpsTime(lambda: told, world.core.keeper, lambda: told.at_s if told else 0.0)


@pytest.mark.parametrize("late_ms", [0, 400, LATE_MS])
def test_a_report_that_comes_late_is_within_its_bound(world: World, late_ms: int) -> None:
    gpsd = Gpsd()
    told = hear(gpsd, report(world.true_ms - late_ms))
    before = world.tap()
    listening(world, told).tick()
    after = world.tap()
    assert (world.known(before).source, world.recorded(after).source) == ("gps", "gps")
    assert (world.recorded(after).uncertainty_ms or 0) <= LATE_MS


def test_a_report_counts_once(world: World) -> None:
    told = hear(Gpsd(), report(world.true_ms))
    clock = listening(world, told)
    clock.tick()
    world.go_on(10 * MINUTE)
    clock.tick()
    world.tap()  # its time is checked at the end


def test_a_receiver_that_has_lost_a_thousand_weeks_is_not_believed(world: World) -> None:
    listening(world, Moment(round(world.true_ms - 1024 * 7 * DAY), 5, 1.0)).tick()
    assert world.recorded(world.tap()).source == "none"


@pytest.mark.parametrize(
    "strange", [{"time": "now"}, {"time": 7}, {"mode": 1}, {"time": "2026-10-06T00:00:30"}]
)
def test_a_report_without_a_sure_time_tells_none(strange: dict[str, object]) -> None:
    assert hear(Gpsd(), report(1_791_244_800_000, **strange)) is None
