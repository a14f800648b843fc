"""Who can be recognised and how surely: engine, gallery, operating point and the pipeline that uses them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np

from drivers.base.errors import ProtocolError
from drivers.base.face import Box, FaceEngine, FaceTemplate, Vector
from drivers.face.calibration import Calibration
from drivers.face.decision import OperatingPoint, operating_point
from drivers.face.embedder import Embedder, Port, SharedEmbedder
from drivers.face.gallery import Gallery
from drivers.face.pipeline import Pipeline
from drivers.face.settings import LivenessMode, PipelineSettings
from kiosk.core.config import Face
from kiosk.core.facing import LookAlike, Person, PutPeople, Ready
from kiosk.face import engines

log = logging.getLogger(__name__)
Say = Callable[[Ready], None]


class Recogniser:
    """The engine of one `Setup` and the people who were sent since."""

    def __init__(self, face: Face, calibration: str, embedder: Embedder, say: Say) -> None:
        """Raises `DeviceError` when there is no such engine or calibration."""
        self.engine: FaceEngine = engines.maker(face)()
        self.face = face
        self.gallery = Gallery({})
        self._say = say
        self._shared = SharedEmbedder(embedder)
        self._calibration = _calibration(calibration, self.engine.family)
        self._coming: Gallery | None = None
        # Both sides load what they need now, not at the first face; nobody waits for this one's vector.
        blank = np.zeros((200, 200, 3), np.uint8)
        points = self.engine.landmarks(blank[..., 0].copy(), Box(50, 50, 150, 150))
        embedder.submit(0, self.engine.align(blank, points))
        self.point = self._point()
        self.pipeline = self._pipeline()

    @property
    def one_to_one(self) -> float:
        """The similarity from which a face fits one person, whom something else has named."""
        return self._calibration.threshold(1, self.face.false_accept)

    def port(self) -> Port:
        """The network, for a user of its own."""
        return self._shared.port()

    def look_alikes(self, vectors: Sequence[Vector], but: str) -> tuple[LookAlike, ...]:
        """Enrolled people other than `but` who are closer than the operating point."""
        near = self.gallery.look_alikes(vectors, self.point.threshold, but)
        return tuple(LookAlike(who.person_id, round(1000 * who.score)) for who in near)

    def retune(self, face: Face, calibration: str) -> None:
        """Other thresholds or another liveness mode; raises `DeviceError`, and then nothing has changed."""
        self._calibration = _calibration(calibration, self.engine.family)
        self.face = face
        self.pipeline = self._pipeline()
        self._in_force()

    def put(self, line: PutPeople) -> None:
        """Take people in; they count once the last of them has come."""
        so_far = self.gallery if self._coming is None else self._coming
        before = Gallery({}) if line.whole else so_far
        self._coming = before.changed({person.person_id: self._vectors(person) for person in line.people})
        if line.done:
            self.gallery, self._coming = self._coming, None
            self._in_force()

    def drop(self, person_id: str) -> None:
        """Forget somebody at once."""
        if self._coming is not None:
            self._coming = self._coming.changed({}, (person_id,))
        self.gallery = self.gallery.changed({}, (person_id,))
        self._in_force()

    def _in_force(self) -> None:
        self.point = self._point()
        self.pipeline.gallery, self.pipeline.point = self.gallery, self.point
        threshold = round(1000 * self.point.threshold)
        people, family = len(self.gallery), self.engine.family
        log.info("%d people, threshold %.3f (%s)", people, self.point.threshold, family)
        self._say(
            Ready(family=family, people=people, threshold_milli=threshold, provenance=self.point.provenance)
        )

    def _point(self) -> OperatingPoint:
        return operating_point(self._calibration, len(self.gallery), self.face.false_accept)

    def _pipeline(self) -> Pipeline:
        settings = PipelineSettings(mode=LivenessMode(self.face.liveness))
        return Pipeline(self.engine, self.port(), self.gallery, self.point, settings)

    def _vectors(self, person: Person) -> list[Vector]:
        vectors = []
        for data in person.templates:
            try:
                template = FaceTemplate.from_bytes(data)
            except ProtocolError as error:
                log.warning("a template is passed over: %s", error)
                continue
            if template.family == self.engine.family and len(template.vector) == self.engine.dimensions:
                vectors.append(template.vector)
            else:
                log.warning(
                    "a template of %s is passed over: this is %s", template.family, self.engine.family
                )
        return vectors


def _calibration(text: str, family: str) -> Calibration:
    if not text:
        return Calibration.shipped(family)
    calibration = Calibration.from_json(text)
    if calibration.family != family:
        raise ProtocolError(f"the calibration is for {calibration.family}, the engine is {family}")
    return calibration
