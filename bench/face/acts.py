"""The challenge alone, on the moving points of people who are never drawn: many trials for rare outcomes.

The rendered clips of `liveness` pass through the real landmarks, a few hundred; here the same people act
a thousand times, with the landmarks' noise added. Passive signs see nothing: replays leave no trace.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy as np

from bench.face.liveness import FPS, LONGEST_S, NAMED_AFTER_S, act_at_random
from bench.face.pictures import People
from bench.figure import Figure
from drivers.face import geometry
from drivers.face.liveness.reading import Reading
from drivers.face.liveness.session import LivenessSession, Proof
from kiosk.demo.faces import person

TRIALS, REPLAYS = 400, 1200
NOISE_PX = 0.5
"""The landmarks' jitter from frame to frame at 60 pixels between the eyes."""


def figures(people: People) -> Iterator[Figure]:
    frontal = [pictures[0] for pictures in people.values() if pictures[0].frontal][:20]
    heads = [person.of_picture(p.pixels(), p.points).shape for p in frontal]
    refused = accepted = 0
    for number in range(TRIALS):
        living = person.Person(heads[number % len(heads)], number)
        living.blink_by_itself(LONGEST_S)
        refused += play(living, number, living.answer).proof is not Proof.LIVE
    for number in range(REPLAYS):
        filmed = person.Person(heads[number % len(heads)], number)
        act_at_random(filmed, number)
        accepted += play(filmed, number, None).proof is Proof.LIVE
    yield _figure(f"challenge alone: living people refused ({refused} of {TRIALS})", refused / TRIALS)
    yield _figure(
        f"challenge alone: replays of random acts accepted ({accepted} of {REPLAYS})", accepted / REPLAYS
    )


def play(who: person.Person, seed: int, obey: Callable[[person.Act, float], None] | None) -> LivenessSession:
    session, noise, told = LivenessSession(random.Random(f"kiosk {seed}")), np.random.default_rng(seed), ""
    for number in range(round(LONGEST_S * FPS)):
        at_s = number / FPS
        session.observe(_reading(who, at_s, noise))
        if at_s >= NAMED_AFTER_S:
            session.begin(at_s)
        if session.proof is not Proof.OPEN:
            break
        if session.asked and obey and told != (told := str(session.asked)):
            obey(session.asked.act.value, at_s)
    return session


def _reading(who: person.Person, at_s: float, noise: np.random.Generator) -> Reading:
    points = np.asarray(who.points(at_s) + noise.normal(0, NOISE_PX, (68, 2)), np.float32)
    turn, opening = geometry.turn(points), geometry.eye_opening(points)
    shut = who.shut(at_s)
    eyes = np.asarray(_OPEN * (1 - shut) + _SHUT * shut, np.float32)
    return Reading(at_s, points, turn, opening, eyes, geometry.face_size_px(points), moire=1.0)


def _figure(name: str, share: float) -> Figure:
    return Figure("face", name, 100 * share, "%", 5.0, "limit")


_OPEN, _SHUT = np.random.default_rng(0).normal(100, 30, (2, 2, 32, 48)).astype(np.float32)
