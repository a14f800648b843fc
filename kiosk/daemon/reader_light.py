"""The light in a reader that has one: ready, busy while somebody enrols, and what became of a finger."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

from drivers.base.errors import NotSupported, Rejected
from drivers.base.reader import Led, Reader
from kiosk.core.view import CardKind, View

RESULT_S = 1.5
STATES: Mapping[CardKind, Led] = {
    "taken": Led.ACCEPTED, "repeat": Led.ACCEPTED, "refused": Led.REFUSED, "unknown": Led.REFUSED,
    "poor_image": Led.REFUSED, "not_stored": Led.REFUSED,
}  # fmt: skip


class Light:
    """The light of one reader; `show` from any thread, the rest on the reader's."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._wanted: Led | None = None
        self._shown: Led | None = None
        self._until_s = 0.0

    def show(self, state: Led) -> None:
        """For a moment, as soon as the reader is free."""
        self._wanted = state

    def connected(self) -> None:
        """A reader that was just opened shows nothing of ours."""
        self._shown = None
        self._until_s = 0.0

    def busy(self) -> None:
        """Something else than looking for fingers begins, an enrolment for one. Raises `DeviceError`."""
        self._wanted = Led.BUSY
        self.tend()

    def tend(self) -> None:
        """Between two polls: change the light when it is time to. Raises `DeviceError`."""
        info = self._reader.info
        if info is None or not info.has_led:
            return
        wanted, self._wanted = self._wanted, None
        if wanted is None and self._shown is not Led.READY and time.monotonic() >= self._until_s:
            wanted = Led.READY
        if wanted is not None:
            with suppress(NotSupported, Rejected):
                self._reader.led(wanted)
            self._shown, self._until_s = wanted, time.monotonic() + RESULT_S


class Lit(Protocol):
    """Something with a light."""

    @property
    def light(self) -> Light:
        """Its light."""


class Lights:
    """Shows each card on the reader that it is about: after the commit, like the screen."""

    def __init__(self, readers: Mapping[str, Lit]) -> None:
        self._readers = readers
        self._number = 0

    def see(self, view: View) -> None:
        """A new view; any thread."""
        card = view.card
        if card is None or card.number == self._number:
            return
        self._number = card.number
        reader, state = self._readers.get(card.device), STATES.get(card.kind)
        if reader is not None and state is not None:
            reader.light.show(state)
