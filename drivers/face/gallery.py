"""Everybody enrolled, as one matrix: a probe is compared with 13,000 people in a quarter of a millisecond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drivers.base.face import Vector, unit


def merged(vectors: Sequence[Vector]) -> Vector:
    """Several embeddings of one person as one: their mean, brought back to unit length."""
    return unit(np.mean(np.asarray(vectors, dtype=np.float32), axis=0))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One enrolled person and the similarity to the probe, a cosine (-1 to 1)."""

    person_id: str
    score: float


class Gallery:
    """An immutable set of people of one engine family; build a new one when somebody is enrolled."""

    def __init__(self, people: Mapping[str, Sequence[Vector]]) -> None:
        known = {person: vectors for person, vectors in people.items() if len(vectors)}
        self.person_ids = tuple(known)
        self.pictures = min((len(vectors) for vectors in known.values()), default=0)
        """The fewest pictures anybody is enrolled with."""
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

    def look_alikes(self, vectors: Sequence[Vector], threshold: float, but: str = "") -> list[Candidate]:
        """Enrolled people other than `but` who are closer to these pictures than `threshold`, best first."""
        if not self.person_ids:
            return []
        scores = self._models @ merged(vectors)
        near = [int(i) for i in np.flatnonzero(scores >= threshold) if self.person_ids[i] != but]
        return [
            Candidate(self.person_ids[i], float(scores[i])) for i in sorted(near, key=lambda i: -scores[i])
        ]
