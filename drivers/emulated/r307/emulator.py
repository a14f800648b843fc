"""The emulated device: sensor, line, time and faults together, in one thread."""

from __future__ import annotations

import heapq
import itertools
import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from drivers.emulated.control import REFUSALS
from drivers.emulated.fault import FaultPlan
from drivers.emulated.r307 import finger
from drivers.emulated.r307.finger import Pad, Touch
from drivers.emulated.r307.flash import Flash, Settings
from drivers.emulated.r307.frame import Decoder, Frame
from drivers.emulated.r307.line import PtyLine
from drivers.emulated.r307.sensor import Sensor

Result = TypeVar("Result")
BITS_PER_BYTE = 10
POWER_ON = b"\x55"
GEN_IMG = b"\x01"
FRAME_STARTS = re.compile(rb"(?=\xef\x01\xff\xff\xff\xff)")
"""Faults on the way to the sensor happen to single frames, however many are read at once."""
REPLUG_MS = 500.0
NMEA = b"$GPRMC,235947.000,V,0000.0000,N,00000.0000,E,,,041299,,*1D\r\n"
IMPOSTORS: Mapping[str, tuple[float, bytes]] = {
    "gps": (100.0, NMEA),
    "flood": (2.0, bytes(range(33, 127)) * 8),
}


class Emulator:
    """One emulated sensor on one link. `speed` scales every delay: 1 is real, 0 is none."""

    def __init__(
        self, link: Path, settings: Settings, state: Path | None, speed: float, plan: FaultPlan
    ) -> None:
        self.selector = selectors.DefaultSelector()
        self.speed = speed
        self.plan = plan
        self.inbound = FaultPlan(plan.seed)
        self.pad = Pad()
        self.impostor = ""
        self.replug_ms = REPLUG_MS
        self._state = state
        self._flash = Flash(settings, state)
        self._line = PtyLine(link)
        self._decoder = Decoder()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._busy_until_s = 0.0
        self._told_all = True
        self._plugged_at = 0
        self.sensor = Sensor(self._flash, self.pad)
        self._orders: deque[Callable[[], None]] = deque()
        self._bell, self._ear = socket.socketpair()
        self.selector.register(self._ear, selectors.EVENT_READ, self._obey)
        self.plug()

    @property
    def plugged(self) -> bool:
        """Whether the device is on the bus."""
        return self._line.plugged

    def plug(self) -> None:
        """Power on: a fresh state machine that says 0x55."""
        if self._line.plugged:
            return
        self.sensor = Sensor(self._flash, self.pad)
        self._decoder.reset()
        self._busy_until_s = 0.0
        self._plugged_at += 1
        self._line.plug()
        self.selector.register(self._line.master, selectors.EVENT_READ, self._from_host)
        self._line.write(POWER_ON)
        if self.impostor:
            self._chatter(self._plugged_at)

    def unplug(self) -> None:
        """Pull the cable: what was still to be sent is lost."""
        if self._line.plugged:
            self.selector.unregister(self._line.master)
            self._line.unplug()

    def swap(self, **changes: object) -> None:
        """Put another, empty sensor in its place; `changes` are fields of `Settings`."""
        self.unplug()
        self._flash.close()
        fresh = replace(self._flash.settings, password=0, notepad="")
        self._flash = Flash(replace(fresh, **changes), self._state, fresh=True)  # type: ignore[arg-type]
        self.plug()

    def enrol_foreign(self, label: str, slot: int) -> None:
        """A template that nobody's host has stored."""
        first, second = (finger.features(label, n, self._flash.settings.template_bytes) for n in (1, 2))
        template = finger.merge(first, second)
        if template is not None:
            self._flash.store(slot, template)

    def put(self, label: str, quality: str, hold_ms: float | None) -> Touch:
        """Put a finger on, for `hold_ms` or until the person has been told the result."""
        touch = self.pad.put(label, quality, hold_ms is None)
        if hold_ms is not None:
            self.after(hold_ms / 1000, lambda: self._lift(touch))
        return touch

    def impersonate(self, kind: str) -> None:
        """Another device answers from now on: `gps`, `flood`, or empty for the sensor itself."""
        if kind and kind not in IMPOSTORS:
            raise ValueError(f"impostor is one of {', '.join(IMPOSTORS)}")
        self.impostor = kind
        self.unplug()
        self.plug()

    def after(self, delay_s: float, action: Callable[[], None]) -> None:
        """Do `action` in `delay_s` seconds."""
        self.at(time.monotonic() + delay_s, action)

    def at(self, moment_s: float, action: Callable[[], None]) -> None:
        """Do `action` at a moment on the monotonic clock."""
        heapq.heappush(self._due, (moment_s, next(self._order), action))

    def do(self, action: Callable[[], Result]) -> Result:
        """Do `action` in the thread that runs the emulator, from another; what it returns or refuses."""
        done: Future[Result] = Future()

        def order() -> None:
            try:
                done.set_result(action())
            except REFUSALS as error:
                done.set_exception(error)

        self._orders.append(order)
        self._bell.send(b"!")
        return done.result()

    def run(self, until: Callable[[], bool]) -> None:
        """Serve until `until` says so; it is asked at least every half second."""
        while not until():
            self.turn(0.5)

    def turn(self, timeout_s: float) -> None:
        """Wait for input at most `timeout_s`, then do what is due."""
        if self._due:
            timeout_s = min(timeout_s, max(0.0, self._due[0][0] - time.monotonic()))
        for key, _events in self.selector.select(timeout_s):
            key.data()
        while self._due and self._due[0][0] <= time.monotonic():
            heapq.heappop(self._due)[2]()

    def close(self) -> None:
        """Leave nothing behind."""
        self.unplug()
        self._flash.close()
        self.selector.close()
        self._bell.close()
        self._ear.close()

    def _obey(self) -> None:
        self._ear.recv(1)
        self._orders.popleft()()

    def _lift(self, touch: Touch) -> None:
        if self.pad.finger is touch:
            self.pad.lift()

    def _from_host(self) -> None:
        if not self._line.plugged:  # by an order that came in the same turn
            return
        data = self._line.read()
        pieces = [self.inbound.apply(piece) for piece in FRAME_STARTS.split(data) if piece]
        data = b"".join(chunk.data for piece in pieces for chunk in piece.chunks)
        if self.impostor or self._line.host_baud() != self._flash.settings.baud:
            return
        for frame in self._decoder.feed(data):
            self._receive(frame, len(frame.payload) + 11)

    def _receive(self, frame: Frame, size_bytes: int) -> None:
        """The line is busy while the bytes arrive; then the sensor works; then its answer takes its time."""
        arrived_s = max(time.monotonic(), self._busy_until_s) + self._wire_s(size_bytes)
        self._busy_until_s = arrived_s
        plugged_at = self._plugged_at
        if arrived_s <= time.monotonic():
            self._answer(frame, plugged_at)
        else:
            self.at(arrived_s, lambda: self._answer(frame, plugged_at))

    def _answer(self, frame: Frame, plugged_at: int) -> None:
        if plugged_at != self._plugged_at:
            return
        answer = self.sensor.handle(frame)
        moment_s = max(time.monotonic(), self._busy_until_s) + answer.delay_ms / 1000 * self.speed
        intact = True
        for message in answer.frames:
            outcome = self.plan.apply(message)
            intact = intact and outcome.intact
            for chunk in outcome.chunks:
                moment_s += chunk.delay_ms / 1000 + self._wire_s(len(chunk.data))
                self._send_at(moment_s, chunk.data, plugged_at)
            if outcome.hang_up:
                self.at(moment_s, self._hang_up)
                break
        self._busy_until_s = moment_s
        self._told_all = intact and (self._told_all or frame.payload[:1] == GEN_IMG)
        if answer.seen is not None and self._told_all:
            self.at(moment_s, answer.seen)

    def _send_at(self, moment_s: float, data: bytes, plugged_at: int) -> None:
        def send() -> None:
            if plugged_at == self._plugged_at:
                self._line.write(data)

        self.at(moment_s, send)

    def _wire_s(self, size_bytes: int) -> float:
        return size_bytes * BITS_PER_BYTE / self._flash.settings.baud * self.speed

    def _hang_up(self) -> None:
        self.unplug()
        self.after(self.replug_ms / 1000, self.plug)

    def _chatter(self, plugged_at: int) -> None:
        if self.impostor and plugged_at == self._plugged_at and self._line.plugged:
            every_ms, noise = IMPOSTORS[self.impostor]
            self._line.write(noise)
            self.after(every_ms / 1000, lambda: self._chatter(plugged_at))
