"""The desk: every command beside a plain tap, and what must happen by itself meanwhile."""

from __future__ import annotations

import logging
import threading

from kiosk.core import api, desk, setup
from kiosk.daemon.desk.parts import DeskParts, Do
from kiosk.daemon.desk.pins import Pins
from kiosk.daemon.desk.presence import Presence
from kiosk.daemon.desk.privacy import Privacy
from kiosk.daemon.desk.recaps import Recaps
from kiosk.daemon.desk.setup import Setup
from kiosk.daemon.desk.staff import Staff
from kiosk.daemon.desk.ways import Ways
from kiosk.daemon.store import PersonState

log = logging.getLogger(__name__)
RETENTION_MS = 3_600_000
ROLES_CHANGE = (desk.PutRole, desk.SetPin, desk.Erase, setup.ClaimAdmin)


class Desk:
    """Carries out the commands of `kiosk.core.desk`."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        pins = Pins(parts)
        self._staff, self._privacy = Staff(parts, pins), Privacy(parts)
        self._setup = Setup(parts, pins, self._staff)
        self._presence, self._ways = Presence(parts), Ways(parts, pins)
        self._swept_ms = parts.now().boot_ms - RETENTION_MS
        self._commands: dict[type, Do] = {
            **pins.commands(), **self._ways.commands(), **self._staff.commands(), **self._presence.commands(),
            **self._privacy.commands(), **self._setup.commands(), **Recaps(parts).commands(),
        }  # fmt: skip
        parts.core.punching.waiting = parts.waiting
        parts.photos.flagged = self._ways.count_queue
        parts.core.punching.confirm = self._presence.tap

    @property
    def commands(self) -> tuple[type, ...]:
        """The types of command answered here."""
        return tuple(self._commands)

    def handle(self, command: api.Command, authority: str) -> object:
        """Do `command`. Raises `Refusal`."""
        done = self._commands[type(command)](command, self._staff.actor(authority))
        if isinstance(command, ROLES_CHANGE):
            self._parts.on_engine(self._setup.show)
        return done

    def require_consent(self, person: PersonState, agreed: str, authority: str) -> None:
        """Raises `Refusal` unless the person has agreed to be enrolled."""
        self._privacy.require(person, agreed, self._staff.actor(authority))

    def cancel(self) -> None:
        """Whoever waits for a finger waits no longer."""
        self._parts.waiting.cancel()

    def started(self) -> None:
        """Once the engine runs: what waited when the kiosk stopped."""
        self._ways.show_queue()
        self._parts.on_engine(self._setup.show)

    def tick(self) -> None:
        """About once a second, on the engine's thread."""
        now = self._parts.now()
        self._staff.tick()
        self._presence.tick(now)
        if now.boot_ms - self._swept_ms >= RETENTION_MS:
            self._swept_ms = now.boot_ms
            threading.Thread(target=self._sweep, name="retention", daemon=True).start()

    def _sweep(self) -> None:
        try:
            self._privacy.retention()
        except Exception:
            log.exception("old photos could not be deleted; tried again within the hour")
