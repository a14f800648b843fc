"""What is on stage: from the views received and the time gone by to the one thing the screen shows.

No pygame, no socket, no clock of its own: all of it is tested as plain data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from kiosk.core.view import SILENT_S, Card, ClockView, LinkView, SiteView, View
from kiosk.core.zone import ZoneName, local
from ui.panes import Pane
from ui.preview import Shot
from ui.strings import Language
from ui.theme import ThemeName

APPEAR_MS = 140
GLOW_EVERY_S, GLOW_S, GLOW_FRAMES = 10.0, 0.9, 12
FRAME_S = 1 / 60
SHOT_S = 1 / 40
"""How often the camera's pictures are looked for while they are shown: somewhat oftener than they come."""
BEATS_A_S = 2.0
LAST_MS = 253_000_000_000_000  # in the year 9987
NIGHT_FROM_HOUR, NIGHT_TO_HOUR = 18, 5
ThemeChoice = Literal["auto", "light", "night"]
NOTHING_YET = View(
    revision=0,
    language="id",
    site=SiteView(name="", zone="WIB"),
    clock=ClockView(source="none", offset_ms=0),
    link=LinkView(status="off", backlog=0),
    devices=(),
)


@dataclass(frozen=True)
class Stage:
    """Everything a screen is drawn from; equal stages look the same.

    `away`: no daemon, `silent`: one that hangs. `card` is the card still on show, `appear_milli` how far
    it has come in (1000: fully), `glow` the frame of the idle fingerprint's glow, `pressed` the value of the
    target under a finger, `pane` what somebody at the screen is asked or shown.
    """

    view: View
    card: Card | None
    away: bool
    silent: bool
    language: Language
    theme: ThemeName
    now: datetime
    appear_milli: int = 1000
    glow: int = 0
    pressed: str = ""
    pane: Pane | None = None
    shot: Shot | None = None
    beat: int = 0

    @property
    def simulated(self) -> bool:
        """Whether any device is an emulated one."""
        return any(device.simulated for device in self.view.devices)


class Director:
    """Keeps what the screen was told and for how long to show it."""

    def __init__(self, language: Language = "id", theme: ThemeChoice = "auto") -> None:
        self.view = NOTHING_YET
        self.language = language
        self._theme = theme
        self._away = True
        self._heard_s: float | None = None
        self._last_number: int | None = None
        self._card: Card | None = None
        self._card_since_s = self._card_until_s = 0.0

    @property
    def away(self) -> bool:
        """Whether no daemon is there."""
        return self._away

    @property
    def card(self) -> Card | None:
        """The card on show."""
        return self._card

    @property
    def watched(self) -> bool:
        """Whether somebody before the camera is to see themselves."""
        face = self.view.face
        return face is not None and not self._away and bool(face.guides or face.enrol)

    def lost(self) -> None:
        """The daemon is away; the card it sent last stays for its time."""
        self._away, self._heard_s = True, None

    def dismiss(self) -> None:
        """The card has been read."""
        self._card = None

    def receive(self, view: View, now_s: float, wall_ms: int) -> Card | None:
        """Take a new view; the card that begins to show, if one does.

        The first view of a connection brings the last card the daemon ever showed: it counts only if it is
        as recent as its own showing time.
        """
        fresh_connection, self._away = self._away, False
        self._heard_s = now_s if view.beat else None
        self.view, self.language = msgspec.structs.replace(view, beat=0), view.language
        card = view.card
        seen, self._last_number = self._last_number, card.number if card else None
        if card is None:
            if self._card and self._card.kind in ("enrol", "refill"):
                self._card = None
            return None
        if fresh_connection:
            age_ms = wall_ms + view.clock.offset_ms - card.at_ms
            if card.kind == "repeat" or not 0 <= age_ms < card.show_ms:
                return None
        elif card.number == seen:
            return None
        self._card, self._card_since_s = card, now_s
        self._card_until_s = now_s + card.show_ms / 1000
        return card

    def stage(
        self,
        now_s: float,
        wall_ms: int,
        *,
        pressed: str = "",
        pane: Pane | None = None,
        shot: Shot | None = None,
    ) -> Stage:
        """What to show at `now_s` (monotonic seconds) and `wall_ms` (the system's UTC clock)."""
        if self._card and now_s >= self._card_until_s:
            self._card = None
        now = moment(wall_ms + self.view.clock.offset_ms, self.view.site.zone)
        return Stage(
            view=self.view,
            card=self._card,
            away=self._away,
            silent=self._heard_s is not None and now_s - self._heard_s >= SILENT_S,
            language=self.language,
            theme=self._theme_at(now),
            now=now.replace(microsecond=0),
            appear_milli=self._appear_milli(now_s) if self._card else 1000,
            glow=0 if self._card or pane else _glow(now_s),
            pressed=pressed,
            pane=pane,
            shot=shot if self.watched else None,
            beat=int(now_s * BEATS_A_S) if self.watched else 0,
        )

    def due_s(self, now_s: float, wall_ms: int) -> float:
        """The monotonic time at which the stage differs next although nothing happens."""
        tick_s = now_s + 1 - (wall_ms + self.view.clock.offset_ms) % 1000 / 1000
        if self._card and self._appear_milli(now_s) < 1000:
            return now_s + FRAME_S
        if self._card:
            return min(tick_s, self._card_until_s)
        if self.watched:
            return min(tick_s, now_s + SHOT_S)
        return min(tick_s, now_s + _next_glow_s(now_s))

    def _appear_milli(self, now_s: float) -> int:
        share = min(1.0, (now_s - self._card_since_s) * 1000 / APPEAR_MS)
        return round(1000 * (1 - (1 - share) ** 3))

    def _theme_at(self, now: datetime) -> ThemeName:
        if self._theme != "auto":
            return self._theme
        night = now.hour >= NIGHT_FROM_HOUR or now.hour < NIGHT_TO_HOUR
        return "night" if night and self.view.clock.source != "none" else "light"


def moment(wall_ms: int, zone: ZoneName) -> datetime:
    """The local date and time to show; a clock gone mad is shown at the end it went to."""
    return local(max(0, min(wall_ms, LAST_MS)), zone)


def _glow(now_s: float) -> int:
    share = now_s % GLOW_EVERY_S / GLOW_S
    return 1 + int(share * GLOW_FRAMES) if share < 1 else 0


def _next_glow_s(now_s: float) -> float:
    into_s = now_s % GLOW_EVERY_S
    return GLOW_S / GLOW_FRAMES if into_s < GLOW_S else GLOW_EVERY_S - into_s
