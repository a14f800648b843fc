"""Today's punches, newest first."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core import api
from ui.flows import asking
from ui.panes import Listing, Row, Seconds, say
from ui.screens.result import VERDICTS
from ui.visit import Flow, Known

MOST_SHOWN = 500


def today(known: Callable[[], Known]) -> Flow[None]:
    """The list of the kiosk's own day."""
    day = known().now.date().isoformat()
    found = yield from asking.ask(api.GetPunches(limit=MOST_SHOWN, day=day), api.Punches)
    lead = say("today.total", n=found.total)
    yield from asking.browse(Listing(say("menu.today"), tuple(map(_row, found.punches)), lead))


def _row(punch: api.PunchRow) -> Row:
    shown = punch.shown
    tone, icon = VERDICTS.get(shown.code, VERDICTS["other"])
    late_s = Seconds(shown.late_s or shown.early_s)
    verdict = say(f"short.{shown.code}", duration=late_s, time=punch.local[11:16])
    return Row(punch.name, verdict, punch.local[11:16], icon=icon, tone=tone)
