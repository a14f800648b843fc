"""What leaves an emulated ZKTeco terminal: messages in order, each through the fault plan."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from random import Random

from drivers.emulated import zk_wire as wire
from drivers.emulated.fault import Chunk, FaultPlan, Outcome
from drivers.emulated.zk_wire import Packet

QUIRKS = ("short", "overtake", "reorder", "lost_data")
"""How a large answer goes wrong; over TCP only `short` and `lost_data` make sense."""
_COALESCE_S = 0.1


def _wrong_reply(message: bytes, _rng: Random) -> Outcome:
    """The answer carries the number of another command."""
    top = message[:8] if message.startswith(wire.MAGIC) else b""
    packet = wire.parse(message[len(top) :])
    if packet is None:
        return Outcome("wrong_reply", (Chunk(0.0, message),), intact=True)
    other = Packet(packet.command, packet.session, (packet.reply + 7) & 0xFFFF, packet.data)
    return Outcome("wrong_reply", (Chunk(0.0, top + other.to_bytes()),), intact=False)


def _coalesce(message: bytes, _rng: Random) -> Outcome:
    """Held back to leave together with the next message."""
    return Outcome("coalesce", (Chunk(0.0, message),), intact=True)


def wire_plan(seed: int) -> FaultPlan:
    """What can happen to each message of a terminal."""
    return FaultPlan(seed, extra={"wrong_reply": _wrong_reply, "coalesce": _coalesce})


def quirk_plan(seed: int) -> FaultPlan:
    """What can happen to each large answer of a terminal."""
    return FaultPlan(seed, extra={kind: _named(kind) for kind in QUIRKS})


def _named(kind: str) -> Callable[[bytes, Random], Outcome]:
    return lambda _message, _rng: Outcome(kind, (), intact=False)


class Outbox:
    """Sends messages one after another, each through the fault plan, without keeping the machine waiting."""

    def __init__(self, plan: FaultPlan, write: Callable[[bytes], None], hang_up: Callable[[], None]) -> None:
        self._plan = plan
        self._write = write
        self._hang_up = hang_up
        self._queue: SimpleQueue[tuple[Sequence[bytes], bool] | None] = SimpleQueue()
        self._stopped = threading.Event()
        self._held = b""
        self._thread = threading.Thread(target=self._run, name="zk-outbox", daemon=True)
        self._thread.start()

    def put(self, messages: Sequence[bytes], *, hang_up: bool = False) -> None:
        """Send these, then hang up if so wished."""
        self._queue.put((messages, hang_up))

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()
        self._queue.put(None)

    def _run(self) -> None:
        while (item := self._next()) is not None and not self._stopped.is_set():
            messages, hang_up = item
            with suppress(OSError):
                hang_up = any(self._send(message) for message in messages) or hang_up
            if hang_up:
                self._hang_up()

    def _next(self) -> tuple[Sequence[bytes], bool] | None:
        if self._held:
            with suppress(Empty):
                return self._queue.get(timeout=_COALESCE_S)
            held, self._held = self._held, b""
            with suppress(OSError):
                self._write(held)
        return self._queue.get()

    def _send(self, message: bytes) -> bool:
        """Returns whether the fault ends with hanging up."""
        outcome = self._plan.apply(message)
        if outcome.kind == "coalesce":
            self._held += message
            return False
        held, self._held = self._held, b""
        for number, chunk in enumerate(outcome.chunks):
            self._stopped.wait(chunk.delay_ms / 1000)
            self._write(held + chunk.data if number == 0 else chunk.data)
        return outcome.hang_up
