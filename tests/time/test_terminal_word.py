"""A terminal's clock tells a kiosk the time after a power cut, as far as it was compared before."""

from __future__ import annotations

import pytest

from kiosk.daemon.terminal_word import TerminalWord
from tests.time.world import DAY, HOUR, MINUTE, World

SERIAL = "CK7211200123"


@pytest.fixture
def world(world: World) -> World:
    world.power_on()
    world.start()
    return world


def hear(world: World, terminal_ms: float) -> None:
    """The terminal, whose clock shows `terminal_ms`, is read."""
    boot_ms = round(world.boot_ms)
    TerminalWord(world.folder, world.core.keeper).heard(SERIAL, round(terminal_ms) - boot_ms, boot_ms)


def power_cut(world: World, ms: float) -> None:
    world.without_power(ms)
    world.power_on()
    world.start()


@pytest.mark.parametrize("ahead_ms", [0, 20 * MINUTE, -7 * HOUR])
def test_a_clock_that_was_compared_tells_the_time(world: World, ahead_ms: int) -> None:
    world.hear("centre")
    hear(world, world.true_ms + ahead_ms)
    power_cut(world, 2 * DAY)
    before = world.tap()
    hear(world, world.true_ms + ahead_ms + 900)
    after = world.recorded(world.tap())
    assert (world.known(before).source, after.source) == ("terminal", "terminal")
    assert (after.uncertainty_ms or 0) < MINUTE


def test_a_clock_that_nobody_compared_tells_nothing(world: World) -> None:
    hear(world, world.true_ms)
    assert world.recorded(world.tap()).source == "none"


@pytest.mark.parametrize("off_ms", [-30 * DAY, 400 * DAY, 57 * 365 * DAY])
def test_a_clock_that_lost_its_battery_is_not_believed(world: World, off_ms: int) -> None:
    world.hear("centre")
    hear(world, world.true_ms)
    power_cut(world, DAY)
    hear(world, world.true_ms + off_ms)
    assert world.recorded(world.tap()).source == "none"


def test_a_clock_that_was_set_meanwhile_is_compared_anew(world: World) -> None:
    world.hear("centre")
    hear(world, world.true_ms - HOUR)
    world.go_on(MINUTE)
    hear(world, world.true_ms)
    power_cut(world, HOUR)
    hear(world, world.true_ms)
    assert world.recorded(world.tap()).source == "terminal"
