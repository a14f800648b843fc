"""Presence checks: today's, each with those who did not confirm, and calling one now."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core import api, desk
from ui.flows import asking
from ui.panes import Choice, Listing, Row, Seconds, Tile, say
from ui.visit import BackError, Flow, Known

WINDOWS_S = (300, 600, 900, 1800)


def presence(known: Callable[[], Known]) -> Flow[None]:
    """Today's checks and the key that calls one."""
    while True:
        found = yield from asking.ask(desk.GetPresence(), desk.PresenceList)
        touch = yield from asking.browse(listing_of(found.checks))
        try:
            if touch.value == "call":
                yield from _call()
                return
            yield from asking.browse(names_of(found.checks[int(touch.value.removeprefix("row"))]))
        except BackError:
            continue


def _call() -> Flow[None]:
    tiles = tuple(Tile(str(one), "clock", say("presence.window", duration=Seconds(one))) for one in WINDOWS_S)
    window = yield from asking.choose(Choice(say("presence.call"), tiles, say("presence.call.lead")))
    yield from asking.ask(desk.CallPresence(window_s=int(window)), api.Done)


def listing_of(checks: tuple[desk.PresenceState, ...]) -> Listing:
    """Today's checks."""
    keys = (Tile("call", "bell", say("presence.call")),)
    rows = tuple(_row(number, check) for number, check in enumerate(checks))
    return Listing(say("menu.presence"), rows, empty=say("presence.empty"), keys=keys)


def _row(number: int, check: desk.PresenceState) -> Row:
    counts = say(
        "presence.counts", confirmed=len(check.confirmed), rest=len(check.rest), excused=len(check.excused)
    )
    icon = "waiting" if check.open else "check"
    return Row(check.called_local[11:16], counts, value=f"row{number}", icon=icon)


def names_of(check: desk.PresenceState) -> Listing:
    """Who did not confirm, who is excused, who did."""
    rest = tuple(Row(name, say("presence.rest"), icon="question_clock", tone="late") for name in check.rest)
    excused = tuple(Row(name, say("presence.excused"), icon="calendar") for name in check.excused)
    seen = tuple(Row(name, say("presence.seen"), icon="check", tone="ok") for name in check.confirmed)
    return Listing(check.called_local[:16], rest + excused + seen)
