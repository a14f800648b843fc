"""Sticks and the day's seal: what waits, sending it, pairing a new stick, the code to photograph."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core import api, courier, desk
from kiosk.core.request import AnyCommand
from ui.flows import asking
from ui.panes import Listing, Row, Says, Sealed, Tile, Told, say
from ui.visit import BackError, Flow, Known, Refused

KEYS = (Tile("pair", "plus", say("stick.pair")), Tile("export", "stick", say("stick.send")))


def stick(known: Callable[[], Known]) -> Flow[None]:
    """What waits for a stick, and the keys that write to one."""
    while True:
        state = yield from asking.ask(courier.GetCourier(), courier.CourierState)
        touch = yield from asking.browse(listing_of(state, KEYS))
        try:
            if touch.value == "export":
                yield from asking.ask(courier.CourierExport(), courier.CourierDone)
            elif touch.value == "pair":
                yield from asking.ask(courier.CourierPair(), api.Done)
                yield from asking.tell(Told("ok", "check", say("stick.paired"), say("menu.stick")))
        except BackError:
            continue
        except Refused as error:
            yield from asking.tell(why(error, known()))


def carry(command: AnyCommand, title: Says, known: Callable[[], Known]) -> Flow[None]:
    """Files onto the next stick; how it ended."""
    try:
        done = yield from asking.ask(command, desk.Carried, say("stick.plug"))
    except Refused as error:
        timed_out = error.error.code == "timeout"
        yield from asking.tell(
            Told("help", "stick", say("stick.none"), title, (say("stick.none.1"),))
            if timed_out
            else why(error, known())
        )
        return
    steps = (say("stick.files", n=len(done.paths)), done.paths[0].rpartition("/")[0] if done.paths else "")
    yield from asking.tell(Told("ok", "check", say("stick.carried"), title, steps))


def seal(known: Callable[[], Known]) -> Flow[None]:
    """Today's seal."""
    made = yield from asking.ask(courier.GetSeal(), courier.SealOut)
    yield from asking.read(Sealed(made))


def listing_of(state: courier.CourierState, keys: tuple[Tile, ...]) -> Listing:
    """What waits and the last exports."""
    waiting = (
        Row(say("stick.records"), say("stick.of_them", n=state.exported), f"{state.records}", icon="saved"),
        Row(say("stick.photos_waiting"), end=f"{state.photos}", icon="camera"),
    )
    visits = tuple(
        Row(
            say("stick.visit", n=visit.records),
            say("stick.answered" if visit.answered else "stick.unanswered"),
            visit.stick[:8],
            icon="check" if visit.answered else "waiting",
            tone="ok" if visit.answered else None,
        )
        for visit in state.visits
    )
    return Listing(say("menu.stick"), (*waiting, *visits), keys=keys)


def why(error: Refused, known: Known) -> Told:
    """The notice for a stick that could not be used, as the screen has been told of it."""
    view = known.view.stick
    if error.error.code != "device" or view is None or view.state != "failed":
        return asking.why(error.error, say("menu.stick"))
    return Told("bad", "warning", say("stick.failed"), say("menu.stick"), (say(f"stick_code.{view.code}"),))
