"""Enrolment from a picture of a file."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.base.camera import Frame, Pixels
from drivers.base.errors import ProtocolError
from drivers.base.face import FaceTemplate
from drivers.face import images, looking
from drivers.face.quality import QualityLimits, assess
from kiosk.core.facing import Enrolled, EnrolPicture, JobFailed
from kiosk.face.job import Job
from kiosk.face.recognising import Recogniser

LIMITS = QualityLimits(eye_distance_px=30.0, turn=0.22)
"""A passport picture is smaller than a face before the kiosk, and nobody can be asked to look up."""


class PictureJob(Job):
    """Answers with one template, or with what is wrong with the picture."""

    def __init__(self, ask: EnrolPicture, recogniser: Recogniser) -> None:
        super().__init__(ask.job)
        self._ask, self._recogniser = ask, recogniser
        self._port = recogniser.port()
        self._chip: Pixels | None = None
        self._sent = False

    @property
    def wants_frames(self) -> bool:
        """It has its picture."""
        return False

    def network_lost(self) -> None:
        """Once more."""
        self._sent = False

    def _go_on(self, frame: Frame | None) -> Iterator[Enrolled | JobFailed]:
        if self._chip is None:
            found = self._look()
            if isinstance(found, JobFailed):
                yield found
                return
            self._chip = found
        if not self._sent:
            self._port.submit(0, self._chip)
            self._sent = True
        for _, vector in self._port.finished():
            template = FaceTemplate(self._recogniser.engine.family, vector)
            near = self._recogniser.look_alikes([vector], self._ask.person_id)
            yield Enrolled(job=self.number, templates=(template.to_bytes(),), look_alikes=near)

    def _look(self) -> Pixels | JobFailed:
        """The face, cut out."""
        try:
            rgb = images.from_jpeg(self._ask.jpeg)
        except ProtocolError:
            return self.fail("bad_picture")
        engine = self._recogniser.engine
        picture, faces = looking.in_picture(engine, rgb)
        if not faces:
            return self.fail("no_face")
        if not looking.alone(faces):
            return self.fail("two_faces")
        chip = engine.align(picture, faces[0])
        advice = assess(chip, faces[0], picture).advice(LIMITS)
        return self.fail(advice.value) if advice else chip
