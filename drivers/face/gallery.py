"""Everybody enrolled, as one matrix: a probe is compared with 13,000 people in a quarter of a millisecond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drivers.base.face import Vector

NOISE_EXPONENT = 1.2
"""1 would bring the mean back to unit length, 2 would undo all that disagreement takes off the similarity."""


def merged(vectors: Sequence[Vector]) -> Vector:
    """Several embeddings of one person as one: their mean, a little longer the more they disagree.

    Noise in the pictures shortens their mean and lowers its similarity to everything; the exponent gives
    part of that back (the psychometricians' correction for attenuation). A single picture stays as it is.
    """
    mean = np.mean(np.asarray(vectors, dtype=np.float32), axis=0)
    longer: Vector = (mean / max(float(np.linalg.norm(mean)), 1e-6) ** NOISE_EXPONENT).astype(np.float32)
    return longer


@dataclass(frozen=True, slots=True)
class Candidate:
    """One enrolled person and the similarity to the probe, about a cosine (-1 to 1)."""

    person_id: str
    score: float


class Gallery:
    """An immutable set of people of one engine family; build a new one when somebody is enrolled."""

    def __init__(self, people: Mapping[str, Sequence[Vector]]) -> None:
        known = {person: vectors for person, vectors in people.items() if len(vectors)}
        self.person_ids = tuple(known)
        self.pictures = min((len(vectors) for vectors in known.values()), default=0)
        """The fewest pictures anybody is enrolled with."""
        self._rows = {person: row for row, person in enumerate(self.person_ids)}
        self._models = np.array([merged(vectors) for vectors in known.values()], dtype=np.float32)

    def __len__(self) -> int:
        return len(self.person_ids)

    def best(self, probe: Vector, count: int = 2) -> list[Candidate]:
        """The `count` most similar people, best first; fewer when fewer are enrolled."""
        if not self.person_ids:
            return []
        scores = self._models @ probe
        count = min(count, len(scores))
        top = np.argpartition(scores, -count)[-count:]
        order = top[np.argsort(-scores[top])]
        return [Candidate(self.person_ids[i], float(scores[i])) for i in order]

    def worst(self, person_id: str, frames: Sequence[Vector]) -> float:
        """The least similarity of any single frame to this person."""
        model = self._models[self._rows[person_id]]
        return min(float(model @ frame) for frame in frames)

    def look_alikes(self, vectors: Sequence[Vector], threshold: float, but: str = "") -> list[Candidate]:
        """Enrolled people other than `but` who are closer to these pictures than `threshold`, best first."""
        if not self.person_ids:
            return []
        scores = self._models @ merged(vectors)
        near = [int(i) for i in np.flatnonzero(scores >= threshold) if self.person_ids[i] != but]
        return [
            Candidate(self.person_ids[i], float(scores[i])) for i in sorted(near, key=lambda i: -scores[i])
        ]
