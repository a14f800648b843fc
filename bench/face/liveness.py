"""Presentation attacks and living people in front of the liveness check: APCER for each kind, and BPCER.

ISO/IEC 30107-3: APCER is the part of attacks of one kind taken for living people, BPCER the part of living
people refused. Clips come from `kiosk.demo.faces`, which shares no code with the detector. A living person
answers what is asked; a replay shows somebody who does random acts all the time; a print is moved about.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from multiprocessing import get_context

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.face.pictures import People, Picture
from bench.face.speed import frame_of
from bench.figure import Figure
from drivers.base.camera import Pixels
from drivers.face.dlib_engine import DlibEngine
from drivers.face.liveness.reading import Reading
from drivers.face.liveness.session import LivenessSession, Proof
from drivers.face.quality import QualityLimits, assess
from drivers.face.tracker import FaceTracker
from kiosk.demo.faces import attack, person

FPS, LONGEST_S = 15, 16.0
NAMED_AFTER_S = 0.7
"""When the person would have been recognised, and the challenge begins."""
LIVE = "living people"


@dataclass(frozen=True, slots=True)
class Trial:
    """One clip: a living person, or an attack of one of `attack.KINDS`."""

    kind: str
    picture: Picture
    seed: int


def figures(people: People) -> Iterator[Figure]:
    clips = int(os.environ.get("FACE_CLIPS", "40"))
    faces = [next((p for p in pictures if p.frontal), None) for pictures in people.values()]
    chosen = [picture for picture in faces if picture is not None and usable(picture)]
    random.Random(7).shuffle(chosen)
    trials = [Trial(LIVE, p, n) for n, p in enumerate(chosen[:clips])]
    for turn, kind in enumerate(attack.KINDS):
        start = turn * 7 % max(len(chosen) - clips, 1)
        trials += [Trial(kind, p, 1000 + n) for n, p in enumerate(chosen[start : start + clips])]
    yield from _rates(_outcomes(trials))


def usable(picture: Picture) -> bool:
    """Whether the kiosk would speak to this view at all: nobody else is ever challenged."""
    seen = picture.pixels()
    chip = _engine().align(seen, picture.points)
    return assess(chip, picture.points, seen).advice(QualityLimits()) is None


def _rates(outcomes: Iterator[tuple[str, list[Proof]]]) -> Iterator[Figure]:
    """Each as soon as its clips are through: the whole takes more than an hour."""
    worst = 0.0
    for kind, proofs in outcomes:
        accepted = sum(proof is Proof.LIVE for proof in proofs)
        if kind == LIVE:
            yield _rate(f"BPCER: {kind} refused", len(proofs) - accepted, len(proofs))
            continue
        worst = max(worst, 100 * accepted / len(proofs))
        yield _rate(f"APCER: {kind}", accepted, len(proofs))
    yield Figure("face", "APCER of the worst attack kind", worst, "%", 5.0, "limit")


def _rate(name: str, count: int, of: int) -> Figure:
    return Figure("face", f"{name} ({count} of {of})", 100 * count / max(of, 1), "%", 5.0, "limit")


def _outcomes(trials: list[Trial]) -> Iterator[tuple[str, list[Proof]]]:
    """What became of the trials of each kind, in their order."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        proofs = pool.map(run_trial, trials, chunksize=4)
        for kind, group in groupby(zip(trials, proofs, strict=True), key=lambda pair: pair[0].kind):
            yield kind, [proof for _, proof in group]


def run_trial(trial: Trial) -> Proof:
    who = person.of_picture(trial.picture.pixels(), trial.picture.points, trial.seed)
    if trial.kind == LIVE:
        who.blink_by_itself(LONGEST_S)
        return film(who.draw, trial.seed, who.answer).proof
    act_at_random(who, trial.seed)
    return film(attack.of_kind(trial.kind, who, trial.seed).draw, trial.seed, None).proof


def act_at_random(who: person.Person, seed: int) -> None:
    """The clip a thief would take: every act, again and again, at a person's own rhythm."""
    draw = random.Random(seed)
    at_s = draw.uniform(0.5, 1.5)
    while at_s < LONGEST_S:
        act = draw.choice(person.ACTS)
        who.motions.append(person.Motion(act, at_s, 0.4 if act == "blink" else 1.2))
        at_s += draw.uniform(1.2, 3.0)


def film(
    draw: Callable[[float], Pixels], seed: int, obey: Callable[[person.Act, float], None] | None
) -> LivenessSession:
    """Show the clip to a liveness session until it decides, with a sensor's noise."""
    session, tracker = LivenessSession(random.Random(f"kiosk {seed}")), FaceTracker(_engine())
    noise, told = np.random.default_rng(seed), ""
    for number in range(round(LONGEST_S * FPS)):
        at_s = number / FPS
        frame = frame_of(number, _noisy(draw(at_s), noise), FPS)
        tracks = tracker.step(frame, moved=True)
        if not tracks or tracker.grey is None:
            continue
        middle = min(tracks, key=lambda track: abs(track.box.centre[0] - person.SIZE[0] / 2))
        session.observe(Reading.of(at_s, middle.points, tracker.grey))
        if at_s >= NAMED_AFTER_S:
            session.begin(at_s)
        if session.proof is not Proof.OPEN:
            break
        if session.asked and obey and told != (told := str(session.asked)):
            obey(session.asked.act.value, at_s)
    return session


def _noisy(picture: Pixels, draw: np.random.Generator) -> Pixels:
    """With a sensor's noise; a stretch of a longer one, which is many times quicker than drawing it anew."""
    noise = _sensor_noise()
    start = int(draw.integers(0, len(noise) - picture.size))
    seen = cv2.add(picture, noise[start : start + picture.size].reshape(picture.shape), dtype=cv2.CV_8U)
    return np.asarray(seen, np.uint8)


@cache
def _sensor_noise() -> NDArray[np.int16]:
    return np.round(np.random.default_rng(0).normal(0, 2, 5_000_000)).astype(np.int16)


_ENGINES: list[DlibEngine] = []


def _engine() -> DlibEngine:
    """One for each worker process."""
    if not _ENGINES:
        _ENGINES.append(DlibEngine())
    return _ENGINES[0]
