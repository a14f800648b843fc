from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.policy import Calendar, Policy, Session
from kiosk.core.record import TimeBlock, TimeSource
from kiosk.core.rules import Direction, Event, Past, Subject, Verdict, decide, elapsed_s
from kiosk.core.shifts import hours_of, slot_at
from kiosk.core.zone import ZONES, local, wall_ms

MORNING = Session(name="morning", kind="in", opens=time(6), due=time(7, 30), closes=time(12), grace_min=5)
AFTERNOON = Session(name="afternoon", kind="out", opens=time(12), due=time(16), closes=time(22))
LENIENT = Policy(version="t", sessions=(MORNING, AFTERNOON))
STRICT = Policy(version="t", mode="strict", sessions=(MORNING, AFTERNOON))
NEVER = Calendar()
ANNA = Subject("p1", "PNS", active=True)


def at(
    clock: str, *, day: int = 2, source: TimeSource = "ntp", boot: str = "b", boot_ms: int = 0
) -> TimeBlock:
    """A moment of March 2026, in WIB; the 2nd is a Monday."""
    moment = datetime.combine(datetime(2026, 3, day, tzinfo=UTC), time.fromisoformat(clock), ZONES["WIB"])
    return TimeBlock(wall_ms(moment), source, 50, boot, boot_ms or wall_ms(moment) % 86_400_000)


def verdict(
    moment: TimeBlock,
    *history: Past,
    policy: Policy = LENIENT,
    calendar: Calendar = NEVER,
    person: Subject = ANNA,
    override: Direction = "none",
) -> Verdict:
    return decide(person, Event(moment, "WIB", "finger", override), history, policy, calendar)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("06:00", Verdict("take", "on_time", "in", "morning")),
        ("07:30:00", Verdict("take", "on_time", "in", "morning")),
        ("07:35:00", Verdict("take", "on_time", "in", "morning")),
        ("07:35:01", Verdict("take", "late", "in", "morning", late_s=301)),
        ("11:59:59", Verdict("take", "late", "in", "morning", late_s=16_199)),
        ("12:00", Verdict("take", "early_leave", "out", "afternoon", early_s=14_400)),
        ("15:59:59", Verdict("take", "early_leave", "out", "afternoon", early_s=1)),
        ("16:00", Verdict("take", "out", "out", "afternoon")),
        ("21:59:59", Verdict("take", "out", "out", "afternoon")),
        ("22:00", Verdict("take", "outside")),
        ("05:59:59", Verdict("take", "outside")),
    ],
)
def test_the_edges_of_a_day(clock: str, expected: Verdict) -> None:
    assert verdict(at(clock)) == expected


def test_strict_refuses_outside_every_window() -> None:
    assert verdict(at("22:00"), policy=STRICT) == Verdict("refuse", "closed")
    assert verdict(at("07:00", day=7), policy=STRICT) == Verdict("refuse", "closed")


def test_on_a_holiday_nobody_is_late() -> None:
    feast = Calendar(holidays=("2026-03-02",))
    assert verdict(at("09:00"), calendar=feast) == Verdict("take", "outside", absence="holiday")


def test_the_inactive_are_refused_first() -> None:
    left = Subject("p1", "PNS", active=False)
    assert verdict(at("07:00"), person=left) == Verdict("refuse", "inactive")


def test_a_second_tap_repeats_the_first_inside_the_window_only() -> None:
    first = Past(9, at("07:00"), "in")
    assert verdict(at("07:04:59"), first) == Verdict("repeat", "duplicate", "in", of_seq=9)
    assert verdict(at("07:05:00"), first).outcome == "take"


def test_without_a_trusted_clock_the_punch_is_taken_and_no_lateness_is_claimed() -> None:
    assert verdict(at("09:00", source="none")) == Verdict("take", "time_unknown")
    assert verdict(at("09:00", source="none"), policy=STRICT).outcome == "take"


def test_what_the_person_chose_against_the_session_stands() -> None:
    assert verdict(at("09:00"), override="out") == Verdict("take", "outside", "out", "morning")
    assert verdict(at("09:00"), override="in").code == "late"


@dataclass(frozen=True)
class Step:
    before: TimeBlock
    after: TimeBlock
    seconds: float


@pytest.mark.parametrize(
    "step",
    [
        Step(at("07:00", boot_ms=1_000), at("06:00", boot_ms=61_000), 60.0),
        Step(at("07:00", boot_ms=5_000), at("07:00", boot_ms=4_000), 0.0),
        Step(at("07:00", boot="a"), at("07:10", boot="b", boot_ms=10), 600.0),
        Step(at("07:00", boot="a"), at("06:00", boot="b", boot_ms=10), 0.0),
        Step(at("07:00", boot="a"), at("07:00", boot="b", boot_ms=90_000, source="none"), 90.0),
        Step(at("07:00", boot="a"), at("07:10", boot="b", boot_ms=90_000, source="none"), 600.0),
    ],
)
def test_what_has_surely_passed_between_two_taps(step: Step) -> None:
    assert elapsed_s(step.before, step.after) == step.seconds


MOMENTS = st.integers(wall_ms(datetime(2026, 1, 1, tzinfo=UTC)), wall_ms(datetime(2027, 1, 1, tzinfo=UTC)))
SOURCES: st.SearchStrategy[TimeSource] = st.sampled_from(["ntp", "rtc", "none"])
MODES: st.SearchStrategy[Literal["lenient", "strict"]] = st.sampled_from(["lenient", "strict"])


@given(
    moment=MOMENTS, source=SOURCES, mode=MODES, earlier=st.none() | MOMENTS, seconds=st.integers(0, 86_400)
)
def test_a_verdict_never_contradicts_itself(
    moment: int, source: TimeSource, mode: Literal["lenient", "strict"], earlier: int | None, seconds: int
) -> None:
    policy = Policy(version="t", mode=mode, duplicate_window_s=seconds, sessions=LENIENT.sessions)
    now = TimeBlock(moment, source, None, "b", moment % 10**9)
    past = [Past(3, TimeBlock(earlier, "ntp", 0, "a", 5), "in")] if earlier is not None else []
    found = decide(ANNA, Event(now, "WIT", "finger"), past, policy, NEVER)
    assert found == decide(ANNA, Event(now, "WIT", "finger"), past, policy, NEVER)
    assert not (found.late_s and found.early_s)
    assert (found.code == "late") == (found.late_s > 0)
    assert (found.code == "early_leave") == (found.early_s > 0)
    assert (found.outcome == "repeat") == (found.of_seq == 3)
    if mode == "lenient" and not past:
        assert found.outcome == "take"
    if found.session:
        slot = slot_at(local(moment, "WIT"), ANNA, hours_of(ANNA, policy), policy, NEVER)
        assert slot is not None
        assert slot.session.name == found.session
