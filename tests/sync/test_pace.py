from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.pace import SMALLEST_BATCH_BYTES, Pace


def pace() -> Pace:
    return Pace(window=8, batch_bytes=65_536, first_timeout_s=5.0, max_timeout_s=60.0)


def test_quick_answers_open_the_window_and_grow_batches() -> None:
    learned = pace()
    for _ in range(10):
        learned.acknowledged(0.05, 0.01)
    assert (learned.window, learned.batch_bytes, learned.timeout_s) == (8, 65_536, 1.0)


def test_a_slow_link_gets_small_batches_and_long_patience() -> None:
    learned = pace()
    for _ in range(10):
        learned.acknowledged(9.0, 8.0)
    assert learned.batch_bytes == SMALLEST_BATCH_BYTES
    assert learned.timeout_s > 9.0


def test_a_busy_centre_gets_fewer_batches_and_not_smaller_ones() -> None:
    learned = pace()
    for _ in range(10):
        learned.acknowledged(0.05, 0.01)
    learned.timed_out(0.01)
    assert (learned.window, learned.batch_bytes) == (1, 65_536)
    for _ in range(5):
        learned.acknowledged(0.05, 0.01)
    for _ in range(20):
        learned.acknowledged(6.0, 0.01)
    assert (learned.window, learned.batch_bytes) == (1, 65_536)


def test_silence_doubles_the_wait_up_to_its_bound_and_an_answer_forgives() -> None:
    learned = pace()
    waits = []
    for _ in range(6):
        waits.append(learned.timeout_s)
        learned.timed_out(0.1)
    assert waits == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    assert learned.window == 1
    learned.acknowledged(0.1, 0.05)
    assert learned.timeout_s == 1.0


@given(st.lists(st.one_of(st.none(), st.floats(0, 1_000)), max_size=60))
def test_it_stays_within_its_bounds_whatever_happens(history: list[float | None]) -> None:
    learned = pace()
    for rtt in history:
        if rtt is None:
            learned.timed_out(1.0)
        else:
            learned.acknowledged(rtt, rtt / 2)
        assert 1 <= learned.window <= 8
        assert SMALLEST_BATCH_BYTES <= learned.batch_bytes <= 65_536
        assert 0 < learned.timeout_s <= 60.0
