from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.checked import BadFileError
from kiosk.core.policy import WEEKDAYS, Policy, Session
from kiosk.core.policy_faults import placed_faults
from kiosk.core.policy_file import read_policy

POLICIES = sorted((Path(__file__).parents[2] / "config" / "policies").glob("*.toml"))
MORNING = Session(name="morning", kind="in", opens=time(6), due=time(7), closes=time(9))


def faults(text: str) -> list[str]:
    with pytest.raises(BadFileError) as caught:
        read_policy(text, "policy.toml")
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_the_policies_we_ship_are_sound(path: Path) -> None:
    policy = read_policy(path.read_text(), path.name)
    assert policy.version.startswith(path.stem)
    assert {session.kind for session in policy.sessions} >= {"in", "out"}


def test_there_are_policies_to_start_from() -> None:
    assert {path.stem for path in POLICIES} >= {"office", "school"}


def test_types_and_sense_are_said_with_lines() -> None:
    text = """\
version = "x"
mode = "lenent"
[[session]]
name = "morning"
kind = "in"
opens = 06:00
due = 07:00:00
closes = 09:00:00
days = ["monday"]
"""
    days = "mon, tue, wed, thu, fri, sat, sun"
    assert faults(text) == [
        "line 2: mode: 'lenent' is not one of lenient, strict; did you mean 'lenient'?",
        "line 6: not TOML: expected newline or end of document after a statement; a time is written 06:00:00",
        f"line 9: session[1].days: entry 1: 'monday' is not one of {days}; did you mean 'mon'?",
    ]


def test_sessions_that_cannot_be_are_named() -> None:
    text = """\
version = "x"
duplicate_window_s = 100000
[[session]]
name = "morning"
kind = "in"
opens = 06:00:00
due = 05:00:00
closes = 09:00:00
[[session]]
name = "late"
kind = "in"
opens = 08:00:00
due = 08:30:00
closes = 10:00:00
grace_min = 500
days = ["mon"]
"""
    assert faults(text) == [
        "line 2: duplicate_window_s must be between 0 and 86400",
        "line 3: session 'morning': must open, be due and close in this order on one day",
        "line 9: session 'late': grace_min must be between 0 and 240",
        "line 9: sessions 'morning' and 'late' overlap on mon",
    ]


def test_a_session_on_no_day_and_two_of_one_name_are_faults() -> None:
    twice = Policy(version="x", sessions=(MORNING, Session(
        name="morning", kind="out", opens=time(12), due=time(13), closes=time(14), days=())))  # fmt: skip
    assert [words for _, words in placed_faults(twice)] == [
        "session 'morning': days is empty, it would never apply",
        "two sessions are called 'morning'",
    ]


def test_sessions_that_touch_do_not_overlap() -> None:
    noon = Session(name="noon", kind="out", opens=time(9), due=time(12), closes=time(13))
    assert placed_faults(Policy(version="x", sessions=(MORNING, noon))) == []


@given(
    st.lists(
        st.builds(
            Session,
            name=st.sampled_from("abc"),
            kind=st.sampled_from(["in", "out"]),
            opens=st.times(),
            due=st.times(),
            closes=st.times(),
            days=st.lists(st.sampled_from(WEEKDAYS), max_size=3).map(tuple),
        ),
        max_size=4,
    ).map(tuple)
)
def test_a_sound_policy_has_at_most_one_session_at_any_moment(sessions: tuple[Session, ...]) -> None:
    policy = Policy(version="x", sessions=sessions)
    if placed_faults(policy):
        return
    for day in WEEKDAYS:
        for moment in [s.opens for s in sessions]:
            assert sum(day in s.days and s.opens <= moment < s.closes for s in sessions) <= 1


def test_what_two_tables_cannot_both_say_is_named_with_its_line_all_at_once() -> None:
    text = """\
version = "x"
[[timetable]]
name = "a"
units = ["U"]
[[timetable.session]]
name = "s"
kind = "in"
opens = 20:00:00
due = 21:00:00
closes = 02:00:00
over_midnight = true
next_day = true
[[timetable]]
name = "b"
units = ["U"]
[[override]]
name = "Ramadan"
from = 2026-03-19
to = 2026-02-18
timetable = "c"
[[deduction]]
kind = "late"
basis_points = 50
[[deduction]]
kind = "late"
from_min = 30
basis_points = 100
"""
    assert faults(text) == [
        "line 5: session 's': over_midnight or next_day, not both; it would last three days",
        "line 13: timetable 'b' has no [[timetable.session]]; for no set hours use [exempt]",
        "line 15: 'U' has two timetables, 'a' and 'b'",
        "line 19: override 'Ramadan' ends before it begins; swap from and to",
        "line 20: override 'Ramadan': no timetable 'c'",
        "line 24: deductions 1 and 2 both fit late; make their minutes apart",
    ]
