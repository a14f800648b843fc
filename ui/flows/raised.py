"""The raised screen: PIN and finger, then the menu of whoever they belong to."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core import api, desk
from ui.flows import asking, courier, first_run, people, presence, queue, recap, technician, today
from ui.flows.punches import WAIT_S
from ui.panes import Choice, Entry, Says, Tile, say
from ui.visit import BackError, Flow, Known, Refused

Menu = Callable[[Callable[[], Known]], Flow[None]]
PARTS: dict[str, tuple[str, Menu]] = {
    "people": ("people", people.people),
    "queue": ("waiting", queue.queue),
    "today": ("list", today.today),
    "presence": ("bell", presence.presence),
    "recap": ("sum", recap.recap),
    "seal": ("qr", courier.seal),
    "stick": ("stick", courier.stick),
    "network": ("online", technician.network),
    "readers": ("finger", technician.devices),
    "clock": ("clock", technician.clock),
    "diagnostics": ("tools", technician.diagnostics),
    "log": ("list", technician.log),
}
BY_ROLE: dict[str, tuple[str, ...]] = {
    "operator": ("people", "queue", "today", "presence", "recap", "seal", "stick", "clock", "diagnostics"),
    "head": ("queue", "today", "presence", "recap", "seal"),
    "technician": ("network", "readers", "clock", "stick", "diagnostics", "log", "people"),
}


def desk_menu(known: Callable[[], Known]) -> Flow[None]:
    """Raise the screen unless it is, then offer what the role may do until they leave."""
    if known().view.raised is None and known().view.first_run:
        yield from first_run.first_admin(known)
    elif known().view.raised is None:
        yield from _raise()
    while True:
        raised = known().view.raised
        role = raised.role if raised else "operator"
        title = say("menu.of", name=raised.name if raised else "")
        tiles = tuple(_tile(name, known().view.queue) for name in BY_ROLE[role])
        chosen = yield from asking.choose(Choice(title, tiles, patience_s=120.0))
        yield from _part(chosen, known)


def _raise() -> Flow[None]:
    title = say("raise.title")
    number, lost = "", Tile("lost", "question_clock", say("raise.lost"))
    while True:
        number = yield from asking.number(title, number)
        try:
            pin = yield from asking.type_in(
                Entry(title, say("entry.pin"), secret=True, least=6, most=12, other=lost)
            )
            yield from asking.ask(desk.Raise(number=number, pin=pin, wait_s=WAIT_S), api.Done)
            # The view that says who they are comes before the answer to anything asked after this one.
            yield from asking.ask(api.GetStatus(), api.Status)
        except BackError:
            continue
        except asking.OtherWay:
            yield from _lost(number, title)
        except Refused as error:
            yield from asking.refused(error, title)
        else:
            return


def _lost(number: str, title: Says) -> Flow[None]:
    try:
        yield from first_run.lost_pin(number)
    except BackError:
        return
    except Refused as error:
        yield from asking.refused(error, title)


def _part(name: str, known: Callable[[], Known]) -> Flow[None]:
    try:
        yield from PARTS[name][1](known)
    except BackError:
        return
    except Refused as error:
        yield from asking.refused(error, say(f"menu.{name}"))


def _tile(name: str, waiting: int) -> Tile:
    return Tile(name, PARTS[name][0], say(f"menu.{name}"), waiting if name == "queue" else 0)
