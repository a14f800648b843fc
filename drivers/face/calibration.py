"""The operating point: the similarity that names a person, for a gallery's size and a share of strangers.

A stranger passes a gallery of N people when one of N comparisons is a false match: at a target of 0.3 % and
100 people a single comparison may err once in 33,000 times, beyond what a few hundred people can show. The
upper tail of the impostors' similarities is therefore fitted (generalised Pareto over a high threshold,
probability-weighted moments; Hosking and Wallis 1987) and read where the gallery needs it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.base.errors import NotSupported, ProtocolError, Rejected
from drivers.base.face import Vector
from drivers.face.gallery import merged

TAIL_PART = 0.005
"""The part of the impostor comparisons that is taken as the tail."""
FEWEST_IMPOSTORS = 20_000

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The tail of impostor similarities of one engine, and where it comes from."""

    family: str
    pictures: int
    """Enrolment pictures of each person."""
    frames: int
    """Frames of each probe."""
    tail_from: float
    tail_part: float
    shape: float
    scale: float
    impostors: int
    people: int
    source: str
    """What was measured, when, by whom: the provenance that an auditor asks for."""

    def false_match(self, threshold: float) -> float:
        """The chance that one comparison with somebody else scores above `threshold`."""
        beyond = max(0.0, threshold - self.tail_from) / self.scale
        if abs(self.shape) < 1e-6:
            return self.tail_part * float(np.exp(-beyond))
        return self.tail_part * float(max(0.0, 1 + self.shape * beyond) ** (-1 / self.shape))

    def threshold(self, people: int, false_accept: float) -> float:
        """The similarity that a stranger reaches against a gallery of `people` with this chance."""
        chance = -np.log1p(-min(false_accept, 0.5)) / max(people, 1)
        ratio = min(float(chance) / self.tail_part, 1.0)
        if abs(self.shape) < 1e-6:
            return self.tail_from - self.scale * float(np.log(ratio))
        return self.tail_from + self.scale / self.shape * (float(ratio**-self.shape) - 1)

    def to_json(self) -> str:
        """One readable object."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def shipped(cls, family: str) -> Calibration:
        """The one that comes with the package; raises `NotSupported` for a family without."""
        try:
            return cls.from_json((Path(__file__).parent / f"{family}.json").read_text("utf-8"))
        except FileNotFoundError as error:
            hint = "use an engine that has been calibrated"
            raise NotSupported(f"there is no calibration for {family}", hint=hint) from error

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """The inverse of `to_json`; raises `ProtocolError` for anything else."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise ProtocolError(f"this is no face calibration: {error}") from error


def impostor_scores(people: Mapping[str, Sequence[Vector]], pictures: int, frames: int) -> Scores:
    """Everybody with enough pictures as a gallery entry against everybody else as a probe."""
    models = {person: merged(views[:pictures]) for person, views in people.items() if len(views) >= pictures}
    probes = {person: merged(views[-frames:]) for person, views in people.items() if views}
    scores = np.array(list(models.values()), np.float32) @ np.array(list(probes.values()), np.float32).T
    other = np.array(list(models))[:, None] != np.array(list(probes))[None, :]
    return np.asarray(scores[other], np.float64)


def calibrate(
    family: str, people: Mapping[str, Sequence[Vector]], *, pictures: int, frames: int, source: str
) -> Calibration:
    """Fit the tail; raises `Rejected` (`too_few_people`) when there is too little to fit."""
    enough = sum(len(views) >= pictures for views in people.values())
    if enough * (len(people) - 1) < FEWEST_IMPOSTORS:
        raise Rejected("too_few_people", f"{enough} people with {pictures} pictures are too few to calibrate")
    scores = impostor_scores(people, pictures, frames)
    start = float(np.quantile(scores, 1 - TAIL_PART))
    shape, scale = _pareto(np.sort(scores[scores > start]) - start)
    return Calibration(
        family, pictures, frames, start, TAIL_PART, shape, scale, len(scores), len(people), source
    )


def _pareto(excess: Scores) -> tuple[float, float]:
    """Shape and scale by probability-weighted moments, of `(1 + shape x / scale) ** (-1 / shape)`."""
    count = len(excess)
    first = float(excess.mean())
    weights = (count - 1 - np.arange(count)) / (count - 1)
    second = float((excess * weights).mean())
    spread = first - 2 * second
    return 2 - first / spread, 2 * first * second / spread
