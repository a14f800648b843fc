"""What waits for somebody's yes or no."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core import api, desk
from ui.flows import asking
from ui.panes import Listing, Moment, Reading, Row, Says, Tile, say
from ui.visit import BackError, Flow, Known, Refused


def queue(known: Callable[[], Known]) -> Flow[None]:
    """The list, oldest first; a touch opens one."""
    while True:
        found = yield from asking.ask(desk.GetQueue(), desk.Queue)
        touch = yield from asking.browse(listing_of(found.rows))
        try:
            yield from _one(found.rows[int(touch.value.removeprefix("row"))])
        except BackError:
            continue
        except Refused as error:
            yield from asking.refused(error, say("menu.queue"))


def listing_of(rows: tuple[desk.QueueRow, ...]) -> Listing:
    """What waits, as a list."""
    shown = tuple(
        Row(
            one.name,
            say("queue.row", time=Moment(one.local), what=_what(one)),
            value=f"row{number}",
            icon="waiting",
        )
        for number, one in enumerate(rows)
    )
    return Listing(say("menu.queue"), shown, empty=say("queue.empty"))


def reading_of(row: desk.QueueRow) -> Reading:
    """One of them, with what was said about it."""
    lines: list[Says] = [say("queue.when", time=Moment(row.local)), say("queue.what", what=_what(row))]
    if row.letter:
        lines.append(say("queue.letter", text=row.letter))
    if row.note:
        lines.append(say("queue.note", text=row.note))
    keys = (Tile("reject", "cross", say("queue.reject")), Tile("accept", "check", say("queue.accept")))
    return Reading(row.name, tuple(lines), keys)


def _one(row: desk.QueueRow) -> Flow[None]:
    answer = yield from asking.read(reading_of(row))
    yield from asking.ask(desk.Validate(seq=row.seq, accept=answer == "accept"), api.Done)


def _what(row: desk.QueueRow) -> Says:
    return say(f"category.{row.category}") if row.category else say(f"method.{row.method}")
