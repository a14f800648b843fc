from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.zone import ZONES, local, wall_ms


@pytest.mark.parametrize(("zone", "clock"), [("WIB", "07:30"), ("WITA", "08:30"), ("WIT", "09:30")])
def test_one_moment_in_three_zones(zone: str, clock: str) -> None:
    moment = wall_ms(datetime(2026, 3, 2, 0, 30, tzinfo=UTC))
    assert f"{local(moment, zone):%H:%M}" == clock


def test_local_midnight_is_another_day_in_the_east() -> None:
    moment = wall_ms(datetime(2026, 3, 1, 15, 30, tzinfo=UTC))
    assert local(moment, "WIB").day == 1
    assert local(moment, "WIT").day == 2


@given(st.integers(-(2**40), 2**43), st.sampled_from(sorted(ZONES)))
def test_there_and_back_is_exact(moment: int, zone: str) -> None:
    assert wall_ms(local(moment, zone)) == moment
    assert local(moment, zone).utcoffset() in (timedelta(hours=7), timedelta(hours=8), timedelta(hours=9))
