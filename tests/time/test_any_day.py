"""Whatever happens to power, servers and clocks: the true time lies within what is stated."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.time.world import DAY, HOUR, MINUTE, START_MS, World

STEPS = st.lists(
    st.sampled_from(
        ["tap", "tap", "minutes", "hours", "ntp", "no_ntp", "step", "centre", "gps", "cut", "dead_battery",
         "restart", "straggler"]
    ),
    min_size=4, max_size=18,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, rtc_off_ms=st.sampled_from([None, 0, -7 * HOUR, 900]), ppm=st.integers(-90, 90))
def test_the_true_time_lies_within_the_stated_uncertainty(
    steps: list[str], rtc_off_ms: int | None, ppm: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), ppm=ppm)
        if rtc_off_ms is not None:
            world.rtc_ms = START_MS + rtc_off_ms
        world.power_on()
        world.start()
        try:
            for step in steps:
                do(world, step)
            world.check()
            for seq in world.truth:
                world.check_block(seq, world.recorded(seq))
            world.sync_ntp()
            world.check()
            assert all(world.known(seq).uncertainty_ms is not None for seq in world.truth)
        finally:
            world.cut()


def do(world: World, step: str) -> None:
    doings: dict[str, Callable[[World], object]] = {
        "tap": World.tap,
        "minutes": lambda world: world.go_on(7 * MINUTE),
        "hours": lambda world: world.go_on(9 * HOUR),
        "ntp": World.sync_ntp,
        "no_ntp": World.lose_ntp,
        "step": step_clock,
        "centre": lambda world: world.hear("centre", off_ms=120),
        "gps": lambda world: world.hear("gps", off_ms=-300, within_ms=500),
        "restart": restart,
        "straggler": straggler,
        "cut": lambda world: power_cut(world, None),
        "dead_battery": lambda world: power_cut(world, 946_684_800_000),
    }
    doings[step](world)


def step_clock(world: World) -> None:
    world.ntp = False
    world.system_ms += 3 * DAY * (1 if world.boot % 2 else -1)
    world.go_on(1000)


def restart(world: World) -> None:
    world.cut()
    world.start()


def straggler(world: World) -> None:
    """A finger seen before the clock is known, written after."""
    seen, then = world.core.clock.now(), world.true_ms
    world.go_on(900)
    world.sync_ntp()
    world.truth[world.tap(seen=seen)] = then
    world.go_on(1000)


def power_cut(world: World, rtc_ms: float | None) -> None:
    world.without_power(HOUR, rtc_ms=rtc_ms)
    world.power_on()
    world.start()
