"""One's own last thirty days, with a receipt to photograph."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core import desk
from ui.flows import asking
from ui.flows.punches import WAIT_S
from ui.panes import Record, say
from ui.visit import Flow, Known, Refused


def mine(known: Callable[[], Known]) -> Flow[None]:
    """The record of whoever's finger comes next."""
    try:
        record = yield from asking.ask(desk.GetMyRecord(wait_s=WAIT_S), desk.MyRecord)
    except Refused as error:
        yield from asking.refused(error, say("record.title"))
    else:
        yield from asking.read(Record(record))
