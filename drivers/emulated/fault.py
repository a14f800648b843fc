"""A seeded plan of what goes wrong on the wire between an emulated device and its host.

The plan takes each message the device wants to send and returns what really leaves it. The same seed, rates
and messages give the same faults, so a failure seen once can be seen again. A device adds kinds of its own,
which need to know its frames, through `extra`.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

LATE_MS = 4000.0
"""A delay after which the host has given up (its deadline is 2.5 s); a plan may have its own."""

JITTER_MS = 300.0
"""A delay that the host must live with."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes leaving the device `delay_ms` after the ones before them."""

    delay_ms: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What leaves the device instead of one message.

    `intact` tells whether a host that keeps to the protocol still gets the whole message in time, so that
    an emulator knows whether the person in front of it has seen an answer.
    """

    kind: str
    chunks: tuple[Chunk, ...]
    intact: bool
    hang_up: bool = False


Fault = Callable[[bytes, random.Random], Outcome]


def _whole(message: bytes, _rng: random.Random) -> Outcome:
    return Outcome("none", (Chunk(0.0, message),), intact=True)


def _silence(_message: bytes, _rng: random.Random) -> Outcome:
    return Outcome("silence", (), intact=False)


def _delay(message: bytes, rng: random.Random) -> Outcome:
    return Outcome("delay", (Chunk(rng.uniform(0.1, 1.0) * JITTER_MS, message),), intact=True)


def _byte_by_byte(message: bytes, _rng: random.Random) -> Outcome:
    return Outcome(
        "byte_by_byte",
        tuple(Chunk(0.5, bytes([byte])) for byte in message),
        intact=True,
    )


def _split(message: bytes, rng: random.Random) -> Outcome:
    cut = rng.randrange(1, max(2, len(message)))
    return Outcome("split", (Chunk(0.0, message[:cut]), Chunk(30.0, message[cut:])), intact=True)


def _corrupt(message: bytes, rng: random.Random) -> Outcome:
    at = rng.randrange(len(message))
    flipped = message[at] ^ (1 << rng.randrange(8))
    return Outcome(
        "corrupt",
        (Chunk(0.0, message[:at] + bytes([flipped]) + message[at + 1 :]),),
        intact=False,
    )


def _truncate(message: bytes, rng: random.Random) -> Outcome:
    return Outcome(
        "truncate",
        (Chunk(0.0, message[: rng.randrange(1, max(2, len(message)))]),),
        intact=False,
    )


def _lose_byte(message: bytes, rng: random.Random) -> Outcome:
    at = rng.randrange(len(message))
    return Outcome("lose_byte", (Chunk(0.0, message[:at] + message[at + 1 :]),), intact=False)


def _stray(message: bytes, rng: random.Random) -> Outcome:
    noise = bytes([0x55]) + rng.randbytes(rng.randrange(4))
    return Outcome("stray", (Chunk(0.0, noise + message),), intact=True)


def _duplicate(message: bytes, _rng: random.Random) -> Outcome:
    return Outcome("duplicate", (Chunk(0.0, message), Chunk(0.0, message)), intact=True)


def _hang_up(message: bytes, rng: random.Random) -> Outcome:
    part = message[: rng.randrange(len(message))]
    return Outcome("hang_up", (Chunk(0.0, part),) if part else (), intact=False, hang_up=True)


KINDS: Mapping[str, Fault] = {
    "none": _whole,
    "silence": _silence,
    "delay": _delay,
    "byte_by_byte": _byte_by_byte,
    "split": _split,
    "corrupt": _corrupt,
    "truncate": _truncate,
    "lose_byte": _lose_byte,
    "stray": _stray,
    "duplicate": _duplicate,
    "hang_up": _hang_up,
}


class FaultPlan:
    """Decides, message by message, which fault happens.

    `rates` gives each kind's probability per message; `arm` puts faults in front of those.
    """

    def __init__(
        self,
        seed: int,
        rates: Mapping[str, float] | None = None,
        extra: Mapping[str, Fault] | None = None,
    ) -> None:
        self.seed = seed
        self._rng = random.Random(seed)
        self.late_ms = LATE_MS
        self._kinds = {**KINDS, "late": self._late, **(extra or {})}
        self._armed: deque[str] = deque()
        self._rates: dict[str, float] = {}
        self.happened: dict[str, int] = {}
        self.set_rates(rates or {})

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind this plan knows."""
        return frozenset(self._kinds)

    def set_rates(self, rates: Mapping[str, float]) -> None:
        """Replace the probabilities; raises `ValueError` for a kind that does not exist."""
        if unknown := set(rates) - set(self._kinds):
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        self._rates = dict(rates)

    def reseed(self, seed: int) -> None:
        """Draw anew from here on."""
        self.seed, self._rng = seed, random.Random(seed)

    def arm(self, kind: str, count: int = 1, after: int = 0) -> None:
        """Let `after` messages pass whole, then do `kind` to the next `count`."""
        if kind not in self._kinds:
            raise ValueError(f"no such fault: {kind}")
        self._armed.extend(["none"] * after + [kind] * count)

    def clear(self) -> None:
        """No more faults: the end of every one of them."""
        self._armed.clear()
        self._rates = {}

    def apply(self, message: bytes) -> Outcome:
        """What leaves the device instead of `message`."""
        try:
            kind = self._armed.popleft()
        except IndexError:
            kind = self._draw()
        outcome = self._kinds[kind](message, self._rng)
        if kind != "none":
            self.happened[kind] = self.happened.get(kind, 0) + 1
        return outcome

    def _late(self, message: bytes, _rng: random.Random) -> Outcome:
        return Outcome("late", (Chunk(self.late_ms, message),), intact=False)

    def _draw(self) -> str:
        if not self._rates:
            return "none"
        point = self._rng.random()
        for kind, rate in self._rates.items():
            point -= rate
            if point < 0:
                return kind
        return "none"
