"""Where the kiosk is, by its GPS: beside each punch, and on the screen when it is not where it belongs."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from kiosk.core.payload import Place
from kiosk.core.place import Position, judge_place
from kiosk.core.view import PlaceView
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.rules_files import RuleBook

Fix = Callable[[], Position | None]


class Placing:
    """Used on the engine's thread only."""

    def __init__(self, fix: Fix, site: tuple[float, float], book: RuleBook, hub: ViewHub) -> None:
        self._fix, self._site, self._book, self._hub = fix, site, book, hub
        self._before: Position | None = None

    def now(self, site: Place) -> Place:
        """The site with what the receiver proves at this moment."""
        status, away_m = judge_place(self._fix(), self._before, self._site, self._book.policy.radius_m)
        return msgspec.structs.replace(site, fix=status, distance_m=None if status == "no_fix" else away_m)

    def tick(self) -> None:
        """Remember the last plausible position, tell the screen."""
        found = self._fix()
        status, away_m = judge_place(found, self._before, self._site, self._book.policy.radius_m)
        if found is not None and status != "doubtful":
            self._before = found
        self._hub.change(place=PlaceView(status, away_m))
