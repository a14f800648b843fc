"""One person's proof of life: passive signs from the first frame, a challenge when it is asked for."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from drivers.face.liveness import challenge
from drivers.face.liveness.challenge import Act, Answer, ChallengeLimits
from drivers.face.liveness.passive import PassiveWatch
from drivers.face.liveness.reading import Neutral, Reading

HISTORY_S = 1.2
"""How much of the past says what neutral is."""
FEWEST_READINGS = 5
BACK_S = 3.0
"""Time to look straight and be calm before an act is asked."""
CALM_TURN = 0.07
"""Cheek reading, in face heights, that a face at rest may wander; an asked turn shows 0.25 and more."""
CALM_GROWTH = 1.06
SETTLE_S = 1.5
"""After a failed attempt: time to come back from whatever was done, unjudged."""
_BIG = (Act.LEFT, Act.RIGHT, Act.CLOSER)


class Proof(Enum):
    """How far the proof has come."""

    OPEN = "open"
    LIVE = "live"
    UNPROVEN = "unproven"
    """The challenge was not met; no more attempts."""
    ATTACK = "attack"
    """Passive signs of a print or a screen."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the screen asks for: act `number` of `count`, to be done by `until_s`."""

    act: Act
    number: int
    count: int
    until_s: float


@dataclass(slots=True)
class LivenessSession:
    """Feed it every reading of one track. `source` decides the acts; give a seeded one only in tests."""

    source: random.Random = field(default_factory=random.SystemRandom)
    limits: ChallengeLimits = field(default_factory=ChallengeLimits)
    acts_per_attempt: tuple[int, ...] = (2, 3)
    """How many acts each attempt asks for; a second chance is worth more of a proof."""
    proof: Proof = Proof.OPEN
    passive: PassiveWatch = field(default_factory=PassiveWatch)
    evidence: list[str] = field(default_factory=list)
    """What happened, in order, e.g. `left done 0.9`; stored with the punch."""
    _readings: deque[Reading] = field(default_factory=lambda: deque(maxlen=200))
    _acts: tuple[Act, ...] = ()
    _attempt: int = 0
    _unseen: Act | None = None
    _step: int = 0
    _neutral: Neutral | None = None
    _asked_s: float | None = None
    _back_by_s: float = 0.0
    _ask_at_s: float = 0.0
    _rest_from_s: float = 0.0

    @property
    def asked(self) -> Asked | None:
        """The act to show now, if any."""
        if self._asked_s is None or self.proof is not Proof.OPEN:
            return None
        until = self._asked_s + self.limits.time_s
        return Asked(self._acts[self._step], self._step + 1, len(self._acts), until)

    @property
    def challenging(self) -> bool:
        """Whether a challenge is under way."""
        return bool(self._acts) and self.proof is Proof.OPEN

    def begin(self, at_s: float) -> None:
        """Draw the acts now; the first is asked as soon as the face has been seen long enough."""
        if not self.challenging and self.proof is Proof.OPEN:
            self._draw(at_s)

    def observe(self, reading: Reading) -> None:
        """Take one frame of this face."""
        if self.proof is not Proof.OPEN:
            return
        self._readings.append(reading)
        self.passive.observe(reading)
        if self.passive.sign is not None:
            self.proof = Proof.ATTACK
            self.evidence.append(self.passive.sign)
        elif self._asked_s is not None:
            self._judge(self._asked_s, reading.at_s)
        elif self._acts:
            self._ask_when_back(reading)

    def _draw(self, at_s: float) -> None:
        count = self.acts_per_attempt[self._attempt]
        self._acts = challenge.draw(self.source, count, self._unseen)
        self._step, self._asked_s, self._neutral = 0, None, None
        self._back_by_s = at_s + BACK_S

    def _ask_when_back(self, reading: Reading) -> None:
        """Ask the next act once the face looks straight, so that what follows is an answer to it."""
        recent = [r for r in self._readings if r.at_s >= reading.at_s - HISTORY_S]
        if len(recent) < FEWEST_READINGS:
            return
        neutral = self._neutral or Neutral.of(recent)
        unasked = self._unasked(neutral, recent)
        if unasked is not None:
            self.evidence.append(f"{unasked.value} unasked")
            self._fail(reading.at_s)
            return
        if reading.at_s >= self._back_by_s:
            self.evidence.append("restless")
            self._fail(reading.at_s)
        elif not self._calm(neutral, recent):
            self._ask_at_s = reading.at_s + self.source.uniform(0.0, self.limits.pause_s)
        elif reading.at_s >= self._ask_at_s:
            self._neutral = replace(neutral, size_px=reading.size_px)
            self._asked_s = reading.at_s

    def _unasked(self, neutral: Neutral, recent: list[Reading]) -> Act | None:
        """A person at rest does nothing big between two questions; a clip goes on."""
        last = self._acts[self._step - 1] if self._step else None
        rest = [reading for reading in recent if reading.at_s >= self._rest_from_s]
        others = [act for act in _BIG if act is not last]
        return next((act for act in others if challenge.lasts(act, neutral, rest, self.limits)), None)

    def _calm(self, neutral: Neutral, recent: list[Reading]) -> bool:
        """Whether the face has looked straight at one distance for a while."""
        last = recent[-1]
        rest = [r for r in recent if r.at_s >= last.at_s - self.limits.calm_s]
        if last.at_s - self._readings[0].at_s < self.limits.calm_s:
            return False
        turned = [abs(neutral.turned(r).cheeks) for r in rest]
        sizes = [r.size_px for r in rest]
        still = max(sizes) < min(sizes) * CALM_GROWTH
        return still and float(np.percentile(turned, 80)) <= CALM_TURN

    def _judge(self, asked_s: float, now_s: float) -> None:
        since = [r for r in self._readings if r.at_s > asked_s]
        act = self._acts[self._step]
        assert self._neutral is not None
        answer = challenge.judge(act, asked_s, self._neutral, since, self.limits)
        if answer is Answer.PENDING:
            return
        self.evidence.append(f"{act.value} {answer.value} {now_s - asked_s:.1f}")
        self._asked_s, self._back_by_s = None, now_s + BACK_S
        if answer is Answer.DONE:
            self._step += 1
            self.proof = Proof.LIVE if self._step == len(self._acts) else Proof.OPEN
        else:
            # Some eyes are too small to be seen blinking: what was missed is not asked again.
            self._unseen = act if answer is Answer.LATE else None
            self._fail(now_s)

    def _fail(self, now_s: float) -> None:
        self._attempt += 1
        self._rest_from_s = now_s + SETTLE_S
        if self._attempt == len(self.acts_per_attempt):
            self.proof = Proof.UNPROVEN
        else:
            self._draw(now_s)
