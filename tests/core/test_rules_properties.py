"""Properties of the rules over a whole year, for any sound policy."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.core.policy import WEEKDAYS, Calendar, Policy, Session, Timetable
from kiosk.core.policy_faults import placed_faults
from kiosk.core.recap import Frame, Taken, days_of, person_recap
from kiosk.core.record import TimeBlock
from kiosk.core.rules import Event, Subject, decide
from kiosk.core.shifts import hours_of, slots_on
from kiosk.core.zone import local, wall_ms

YEAR = (wall_ms(datetime(2026, 1, 1, tzinfo=UTC)), wall_ms(datetime(2027, 1, 1, tzinfo=UTC)))
MOMENTS = st.integers(*YEAR)
SESSIONS = st.builds(
    Session,
    name=st.sampled_from("abcd"),
    kind=st.sampled_from(["in", "out", "stay"]),
    opens=st.times(),
    due=st.times(),
    closes=st.times(),
    grace_min=st.integers(0, 60),
    days=st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=5, unique=True).map(tuple),
    over_midnight=st.booleans(),
    next_day=st.booleans(),
)
POLICIES = st.builds(
    Policy,
    version=st.just("x"),
    mode=st.sampled_from(["lenient", "strict"]),
    flexible_min=st.integers(0, 120),
    overtime_from_min=st.integers(0, 60),
    sessions=st.lists(SESSIONS, min_size=1, max_size=3).map(tuple),
).filter(lambda policy: not placed_faults(policy))
ANNA = Subject("p", "PNS", active=True)


def at(moment_ms: int) -> TimeBlock:
    return TimeBlock(moment_ms, "ntp", 50, "b", moment_ms - YEAR[0])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(policy=POLICIES, moment=MOMENTS)
def test_every_instant_has_exactly_one_session_or_none_and_strict_takes_only_inside(
    policy: Policy, moment: int
) -> None:
    verdict = decide(ANNA, Event(at(moment), "WITA", "finger"), [], policy, Calendar())
    here = local(moment, "WITA")
    hours = hours_of(ANNA, policy)
    holding = [
        slot
        for back in range(3)
        for slot in slots_on(ANNA, hours, here.date() - timedelta(days=back), policy, Calendar())
        if slot.opens_s
        <= (here.replace(tzinfo=None) - datetime.combine(slot.day, time())).total_seconds()
        < slot.closes_s
    ]
    assert len(holding) <= 1
    assert verdict.late_s >= 0
    assert verdict.early_s >= 0
    assert verdict.overtime_s >= 0
    if policy.mode == "strict":
        assert (verdict.outcome == "refuse") == (not holding)
    if verdict.session:
        assert verdict.session == holding[0].session.name


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    policy=POLICIES,
    offsets=st.lists(st.integers(0, 7 * 86_400_000), max_size=12, unique=True),
    data=st.data(),
)
def test_no_recap_depends_on_the_order_in_which_punches_are_read(
    policy: Policy, offsets: list[int], data: st.DataObject
) -> None:
    punches = [Taken(n, at(YEAR[0] + offset)) for n, offset in enumerate(offsets)]
    shuffled = data.draw(st.permutations(punches))
    frame = Frame(policy, Calendar(), "WIB", YEAR[1])
    days = days_of("week", date(2026, 1, 1))
    first, second = (person_recap(ANNA, "A", order, days, frame) for order in (punches, shuffled))
    assert first == second
    assert all(line.late_s >= 0 and line.early_s >= 0 and line.cut_bp >= 0 for line in first.days)


@given(names=st.permutations(["a", "b", "c"]))
def test_no_verdict_depends_on_the_order_of_timetables(names: list[str]) -> None:
    session = Session(name="pagi", kind="in", opens=time(6), due=time(7), closes=time(9))
    tables = {
        "a": Timetable(name="a", people=("1",), sessions=(session,)),
        "b": Timetable(name="b", units=("U",), flexible_min=30, sessions=(session,)),
        "c": Timetable(name="c", categories=("PNS",), mode="strict", sessions=(session,)),
    }
    policy = Policy(version="x", timetables=tuple(tables[name] for name in names))
    assert hours_of(Subject("p", "PNS", active=True, number="1", unit="U"), policy).timetable.name == "a"
    assert hours_of(Subject("p", "PNS", active=True, number="2", unit="U"), policy).timetable.name == "b"
    assert hours_of(Subject("p", "PNS", active=True, number="2"), policy).timetable.name == "c"
