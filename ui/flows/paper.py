"""A late entry from the paper sheet: which day, what time, why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

from kiosk.core import api, desk
from ui.flows import asking
from ui.panes import Choice, Entry, Tile, Told, say
from ui.visit import Flow, Known

DAYS_BACK = 9


def late_entry(person: api.PersonOut, known: Callable[[], Known]) -> Flow[None]:
    """For one person; it then waits for a validation."""
    today = known().now.date()
    days = [today - timedelta(days=back) for back in range(DAYS_BACK)]
    tiles = tuple(Tile(day.isoformat(), "calendar", say("day.named", date=day)) for day in days)
    day = yield from asking.choose(Choice(person.name, tiles, say("paper.day")))
    clock = yield from _time(Entry(person.name, say("paper.time"), least=4, most=4))
    reason = yield from asking.type_in(Entry(person.name, say("paper.reason"), "letters", least=3, most=120))
    command = desk.PunchPaper(number=person.number, local=f"{day} {clock}", reason=reason)
    yield from asking.ask(command, desk.Punched)
    steps = (f"{day} {clock}", say("special.queued.1"))
    yield from asking.tell(Told("unsure", "waiting", say("verdict.queued"), person.name, steps))


def _time(entry: Entry) -> Flow[str]:
    while True:
        typed = yield from asking.type_in(entry)
        try:
            return f"{time(int(typed[:2]), int(typed[2:])):%H:%M}"
        except ValueError:
            entry = replace(entry, text=typed, problem=say("paper.no_time"))
