"""The app: one thread, one `select`, and a frame only when something looks different."""

from __future__ import annotations

import logging
import os
import select
import signal
import time
from collections.abc import Callable
from types import FrameType

import pygame

from kiosk.core.api import Intent
from kiosk.core.view import View
from ui.canvas import Canvas
from ui.client import Client
from ui.flows import FLOWS, punches
from ui.items import Page, Target
from ui.metrics import Metrics
from ui.preview import Preview
from ui.screens import compose
from ui.sounds import Speaker, sound_for
from ui.speech import Voice, spoken
from ui.stage import Director, Stage
from ui.strings import LANGUAGES, words
from ui.visit import Known, Touch, Visit

POLL_S, TOUCHED_POLL_S, TOUCHED_S = 0.05, 0.02, 20.0
BEAT_S = 10.0
log = logging.getLogger(__name__)


class App:
    """Draws what the director puts on stage and passes touches on, until told to stop."""

    def __init__(
        self,
        client: Client,
        director: Director,
        screen: pygame.Surface,
        speaker: Speaker,
        diagonal_in: float,
        wall_ms: Callable[[], int],
        notify: Callable[[str], None],
    ) -> None:
        self._client, self._director, self._speaker = client, director, speaker
        self._diagonal_in, self._wall_ms, self._notify = diagonal_in, wall_ms, notify
        self._voice = Voice()
        self._stage: Stage | None = None
        self._page: Page | None = None
        self._pressed: Target | None = None
        self._visit = Visit(FLOWS, lambda command: client.send(command, time.monotonic()), self._known)
        self._preview = Preview(lambda command: client.send(command, time.monotonic()))
        self._stopping = False
        self._due_s = self._beat_s = 0.0
        self._touched_s = -TOUCHED_S
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._fit(screen)

    def run(self) -> None:
        """Until SIGTERM, SIGINT or the window's closing."""
        old = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        old_fd = signal.set_wakeup_fd(self._wake_write)
        try:
            readable = False
            while not self._stopping:
                readable = self._turn(readable)
        finally:
            signal.set_wakeup_fd(old_fd)
            for number, handler in old.items():
                signal.signal(number, handler)
            self._client.close()
            self._voice.hush()
            os.close(self._wake_read)
            os.close(self._wake_write)

    def _turn(self, readable: bool) -> bool:
        now_s = time.monotonic()
        if readable or self._client.unsent or not self._client.connected:
            for view in self._client.pump(now_s):
                self._take(view, now_s)
            for answer in self._client.answers():
                if not self._preview.answered(answer, self._client.take_descriptor):
                    self._visit.answered(answer, now_s)
            if not self._client.connected:
                self._director.lost()
                self._preview.lost()
                self._visit.lost()
            self._due_s = now_s
        for event in pygame.event.get():
            self._handle(event)
            self._due_s = now_s
        if now_s >= self._due_s:
            self._visit.tick(now_s)
            self._draw(now_s)
        if now_s >= self._beat_s:
            self._beat(now_s)
        return self._wait(min(self._poll_s(now_s), max(0.0, self._due_s - time.monotonic())))

    def _poll_s(self, now_s: float) -> float:
        """How long a touch may go unseen: less while somebody is typing."""
        return TOUCHED_POLL_S if now_s - self._touched_s < TOUCHED_S else POLL_S

    def _take(self, view: View, now_s: float) -> None:
        called = view.presence is not None and self._director.view.presence is None
        card = self._director.receive(view, now_s, self._wall_ms())
        self._preview.follow(view.face)
        if card and card.kind != "refill":  # a card each half second
            self._speaker.play(sound_for(card))
            if view.speak:
                self._voice.say(spoken(words(view.language), card, view.site.zone), view.language)
        elif called:
            self._speaker.play("call")

    def _known(self) -> Known:
        director = self._director
        now = director.stage(time.monotonic(), self._wall_ms()).now
        return Known(director.view, director.language, now)

    def _draw(self, now_s: float) -> None:
        wall_ms = self._wall_ms()
        pressed = self._pressed.value if self._pressed else ""
        shot = self._preview.shot() if self._director.watched else None
        stage = self._director.stage(now_s, wall_ms, pressed=pressed, pane=self._visit.pane, shot=shot)
        self._due_s = self._director.due_s(now_s, wall_ms)
        if stage == self._stage:
            return
        self._stage, self._page = stage, compose(stage, self._metrics)
        pygame.display.update(self._canvas.show(self._page))

    def _beat(self, now_s: float) -> None:
        """Tell systemd (`sd_notify`) that the screen is alive, once what is on it was put there again."""
        pygame.display.update()
        first = self._beat_s == 0.0
        self._notify("READY=1\nSTATUS=drawing" if first else "WATCHDOG=1")
        self._beat_s = now_s + BEAT_S

    def _wait(self, seconds: float) -> bool:
        """Sleep until a signal, a message or the time; whether there is a message."""
        # Not pygame.event.wait(): under most drivers SDL polls every millisecond in it (3 % of a core).
        number = self._client.fileno()
        waiting = [self._wake_read] if number is None else [self._wake_read, number]
        ready, _, _ = select.select(waiting, [], [], seconds)
        if self._wake_read in ready:
            os.read(self._wake_read, 64)
        return number in ready

    def _handle(self, event: pygame.event.Event) -> None:
        if event.type == pygame.QUIT:
            self._stopping = True
        elif event.type == pygame.VIDEORESIZE:
            self._fit(pygame.display.get_surface() or pygame.display.set_mode(event.size))
        elif event.type in (pygame.WINDOWEXPOSED, pygame.WINDOWRESTORED):
            pygame.display.update()
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._pressed, self._touched_s = self._target_at(event.pos), time.monotonic()
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            pressed, self._pressed = self._pressed, None
            if pressed and pressed == self._target_at(event.pos):
                self._touched(pressed)

    def _touched(self, target: Target) -> None:
        for language in LANGUAGES:
            if target.name == "language" and target.value == language:
                self._director.language = language
                self._client.send(Intent(name="language", value=language), time.monotonic())
        if target.name == "start":
            self._director.dismiss()  # the card that offered it
        if target.name == "turn":
            self._director.dismiss()
            direction, _, seq = target.value.partition(":")
            self._visit.begin(punches.turn(int(seq), direction), time.monotonic())
        elif target.name != "language":
            self._visit.touch(Touch(target.name, target.value), time.monotonic())

    def _target_at(self, place: tuple[int, int]) -> Target | None:
        return self._page.target_at(*place) if self._page else None

    def _fit(self, screen: pygame.Surface) -> None:
        self._metrics = Metrics(*screen.get_size(), self._diagonal_in)
        self._canvas = Canvas(screen)
        self._stage = None

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del frame
        log.info("stopping on signal %d", number)
        self._stopping = True
