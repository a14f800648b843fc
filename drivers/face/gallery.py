"""Everybody enrolled, as one matrix: a probe is compared with 13,000 people in a quarter of a millisecond."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    """An immutable set of people of one engine family; `changed` gives another when somebody is enrolled.

    Of each person only the mean is kept, as a row of one matrix.
    """

    def __init__(self, people: Mapping[str, Sequence[Vector]]) -> None:
        known = {who: merged(vectors) for who, vectors in people.items() if len(vectors)}
        self._fill(tuple(known), np.array(list(known.values()), dtype=np.float32))

    def changed(self, put: Mapping[str, Sequence[Vector]], drop: Collection[str] = ()) -> Gallery:
        """The same with these people put in or replaced; who has no vectors, or is dropped, is out."""
        new, gone = Gallery(put), {*drop, *put}
        kept = [row for row, who in enumerate(self.person_ids) if who not in gone]
        models = self._models if len(kept) == len(self) else self._models[kept]
        parts = [part for part in (models, new._models) if len(part)]
        gallery = Gallery({})
        gallery._fill(
            (*(self.person_ids[row] for row in kept), *new.person_ids),
            np.concatenate(parts) if len(parts) == 2 else (parts or [models])[0],
        )
        return gallery

    def _fill(self, person_ids: tuple[str, ...], models: NDArray[np.float32]) -> None:
        self.person_ids, self._models = person_ids, models
        self._rows = {person: row for row, person in enumerate(person_ids)}

    def __contains__(self, person_id: str) -> bool:
        return person_id in self._rows

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
