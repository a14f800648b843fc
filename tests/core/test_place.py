from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.place import Position, distance_m, judge_place, plausible

SITE = (-8.1724, 113.7005)


def at(north_m: float, *, error_m: float = 5.0, satellites: int = 8, at_s: float = 100.0) -> Position:
    return Position(SITE[0] + north_m / 111_195, SITE[1], error_m, satellites, at_s)


def test_a_degree_of_latitude_is_a_hundred_and_eleven_kilometres() -> None:
    assert round(distance_m((0, 110), (1, 110))) == 111_195


def test_the_receivers_own_error_is_in_the_persons_favour() -> None:
    assert judge_place(at(104), None, SITE, 100) == ("ok", 104)
    assert judge_place(at(106), None, SITE, 100) == ("outside", 106)
    assert judge_place(at(5_000), None, SITE, 0) == ("ok", 5_000)
    assert judge_place(None, None, SITE, 100) == ("no_fix", 0)


def test_a_jump_and_a_fix_too_good_are_doubted() -> None:
    assert judge_place(at(0, at_s=101), at(9_000), SITE, 100)[0] == "doubtful"
    assert not plausible(at(0, error_m=0.1), None)
    assert not plausible(at(0, satellites=2), None)
    assert plausible(at(0, at_s=101), at(40))


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_distance_is_the_same_both_ways_and_never_beyond_half_the_earth(
    a: float, b: float, c: float, d: float
) -> None:
    assert abs(distance_m((a, b), (c, d)) - distance_m((c, d), (a, b))) < 1e-3
    assert 0 <= distance_m((a, b), (c, d)) <= 20_015_200
