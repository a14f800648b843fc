"""docs/rules.md: every example worked out by hand is what the rules say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from kiosk.core.policy import Calendar, Policy
from kiosk.core.policy_file import read_calendar, read_policy
from kiosk.core.recap import Frame, Taken, person_recap
from kiosk.core.record import TimeBlock
from kiosk.core.rules import Direction, Event, Leave, Past, Subject, Verdict, decide
from kiosk.core.shifts import Stay
from kiosk.core.zone import ZONES, wall_ms

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
KINDS = ("leave", "permission", "sick", "field_duty")


class Example(NamedTuple):
    title: str
    policy: Policy
    calendar: Calendar
    lines: list[str]


def examples() -> Iterator[Example]:
    usual = ""
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, rest = section.partition("\n")
        toml = "\n".join(re.findall(r"```toml\n(.*?)```", rest, re.DOTALL))
        holidays = toml if "[[holiday]]" in toml else ""
        toml = "" if holidays else toml
        usual = usual or toml
        whole = (
            toml if "[[session]]" in toml else f"{toml}\n{usual}" if "[" not in toml else f"{usual}\n{toml}"
        )
        text = 'version = "page"\n' + whole
        (lines,) = re.findall(r"```example\n(.*?)```", rest, re.DOTALL)
        calendar = read_calendar(holidays, "page")
        yield Example(title, read_policy(text, "page"), calendar, lines.splitlines())


ALL = list(examples())


def block(text: str) -> TimeBlock:
    moment = wall_ms(datetime.fromisoformat(text).replace(tzinfo=ZONES["WIB"]))
    return TimeBlock(moment, "ntp", 50, "b", moment - 1_700_000_000_000)


def said(verdict: Verdict) -> str:
    words = [verdict.code, verdict.direction, verdict.session]
    for key, value in (("late", verdict.late_s), ("early", verdict.early_s), ("over", verdict.overtime_s)):
        words += [key, str(value)] if value else []
    return " ".join(word for word in [*words, f"away {verdict.absence}" if verdict.absence else ""] if word)


class Reader:
    def __init__(self, example: Example) -> None:
        self.example = example
        self.person = Subject("p", "PNS", active=True, number="1")
        self.history: list[Past] = []
        self.taken: list[Taken] = []

    def line(self, text: str) -> None:
        word, *rest = text.split()
        if word in KINDS:
            leave = Leave(word, *rest)  # type: ignore[arg-type]
            self.person = self.changed(absences=(*self.person.absences, leave))
        elif word in ("number", "category"):
            self.person = self.changed(**{word: rest[0]})
        elif word == "staff":
            since, until = (block(text[at : at + 19]).wall_ms for at in (6, 29))
            self.person = self.changed(stays=(Stay(since, until),))
        elif word == "day":
            self.day(date.fromisoformat(rest[0]), " ".join(rest[2:]))
        elif word == "total":
            self.total(date.fromisoformat(rest[0]), date.fromisoformat(rest[1]), int(rest[3]))
        else:
            self.punch(text)

    def changed(self, **what: object) -> Subject:
        import msgspec

        return msgspec.structs.replace(self.person, **what)

    def punch(self, text: str) -> None:
        moment, _, expected = text.partition(" -> ")
        at, chosen = block(moment[:19]), moment[19:].strip() or "none"
        event = Event(at, "WIB", "finger", chosen)  # type: ignore[arg-type]
        verdict = decide(self.person, event, self.history, self.example.policy, self.example.calendar)
        assert said(verdict) == expected, text
        if verdict.outcome == "take":
            self.history.append(Past(len(self.history), at, verdict.direction))
            self.taken.append(Taken(len(self.taken), at, _direction(chosen)))

    def recap(self, days: list[date]):  # type: ignore[no-untyped-def]
        frame = Frame(self.example.policy, self.example.calendar, "WIB", block("2026-04-01 00:00:00").wall_ms)
        return person_recap(self.person, "N", self.taken, days, frame)

    def day(self, day: date, expected: str) -> None:
        (line,) = self.recap([day]).days
        words = [line.status]
        for key, value in (
            ("in", line.time_in), ("out", line.time_out), ("late", line.late_s), ("early", line.early_s),
            ("over", line.overtime_s), ("missing", " ".join(line.missing)), ("cut", line.cut_bp),
        ):  # fmt: skip
            words += [key, str(value)] if value else []
        assert " ".join(words) == expected, line

    def total(self, first: date, last: date, cut: int) -> None:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        assert self.recap(days).totals.cut_bp == cut


def _direction(text: str) -> Direction:
    return "in" if text == "in" else "out" if text == "out" else "none"


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.title)
def test_the_example_is_what_the_rules_say(example: Example) -> None:
    reader = Reader(example)
    for line in example.lines:
        reader.line(line)


def test_there_is_an_example_for_every_rule() -> None:
    assert len(ALL) >= 14
    assert sum("->" in line for example in ALL for line in example.lines) >= 50
