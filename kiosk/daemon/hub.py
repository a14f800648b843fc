"""The view hub: puts the parts of the view state together and hands each new whole to the watchers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from kiosk.core.config import KioskConfig
from kiosk.core.view import BEAT_S, Card, ClockView, DeviceView, LinkView, SiteView, View
from kiosk.daemon.clock import Clock

Publish = Callable[[View], None]


class CardWaiter:
    """Waits for the next card of one device; `wait` gives `None` when none came in time."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._came = threading.Event()
        self._card: Card | None = None

    def offer(self, card: Card) -> None:
        """Keep the first card of this device."""
        if card.device == self.device and not self._came.is_set():
            self._card = card
            self._came.set()

    def wait(self, timeout_s: float) -> Card | None:
        """The card, or `None` after `timeout_s`."""
        self._came.wait(timeout_s)
        return self._card


def first_view(config: KioskConfig, clock: Clock) -> View:
    """What the screen is told before anything has happened."""
    return View(
        revision=1,
        language=config.screen.language,
        speak=config.screen.speak,
        site=SiteView(config.site.name, config.site.zone),
        clock=ClockView(clock.anchor.source, clock.offset_ms),
        link=LinkView("connecting" if config.sync.host else "off", 0),
        devices=(),
    )


class ViewHub:
    """Holds the current `View`; every method may be called from any thread."""

    def __init__(self, first: View) -> None:
        self._lock = threading.RLock()  # held while publishing: watchers get the states in order
        self._view = first
        self._cards = first.card.number if first.card else 0
        self._publishers: list[Publish] = []
        self._waiters: list[CardWaiter] = []
        self._beat_s = 0.0

    @property
    def view(self) -> View:
        """The state as it is now."""
        return self._view

    def attach(self, publish: Publish) -> None:
        """Send the state as it is, and every new one, to `publish`, which must not block."""
        with self._lock:
            self._publishers.append(publish)
            publish(self._view)

    def change(self, **parts: Any) -> None:
        """Replace parts of the view; nothing is sent when nothing differs."""
        with self._lock:
            if all(getattr(self._view, name) == value for name, value in parts.items()):
                return
            self._view = msgspec.structs.replace(self._view, revision=self._view.revision + 1, **parts)
            for publish in self._publishers:
                publish(self._view)

    def show(self, card: Card) -> None:
        """Show `card` (its number is given here) and hand it to whoever waits for its device."""
        with self._lock:
            self._cards += 1
            card = msgspec.structs.replace(card, number=self._cards)
            self.change(card=card)
            for waiter in self._waiters:
                waiter.offer(card)

    def device(self, state: DeviceView) -> None:
        """Put `state` in the place of the device of that name."""
        with self._lock:
            devices = self._view.devices
            kept = tuple(state if device.name == state.name else device for device in devices)
            self.change(devices=kept if state in kept else (*kept, state))

    def link(self, link: LinkView) -> None:
        """The way to the centre changed."""
        self.change(link=link)

    def beat(self) -> None:
        """Tell the watchers that the engine turns round; called often, sent every `BEAT_S`."""
        now_s = time.monotonic()
        if now_s - self._beat_s >= BEAT_S:
            self._beat_s = now_s
            self.change(beat=self._view.beat + 1)

    def expect(self, device: str) -> CardWaiter:
        """A waiter for the next card of `device`; give it back to `forget`."""
        waiter = CardWaiter(device)
        with self._lock:
            self._waiters.append(waiter)
        return waiter

    def forget(self, waiter: CardWaiter) -> None:
        """Stop handing cards to `waiter`."""
        with self._lock:
            self._waiters.remove(waiter)
