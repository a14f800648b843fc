"""The photo beside a punch, and whether the face on it fits whoever punched."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.base.camera import Frame
from drivers.base.face import Points, Vector
from drivers.face import looking
from drivers.face.quality import QualityLimits
from kiosk.core.facing import JobFailed, Photo, TakePhoto
from kiosk.face.job import Job
from kiosk.face.recognising import Recogniser
from kiosk.face.telling import jpeg, milli

LOOK_S = 1.2
"""How long a face is waited for: people look at the reader while they tap."""
NO_FRAME_S = 3.0
NETWORK_S = 10.0
MOST_FACES = 3


class PhotoJob(Job):
    """The first frame with a face, else the first frame."""

    def __init__(self, ask: TakePhoto, recogniser: Recogniser) -> None:
        super().__init__(ask.job)
        self._person_id, self._recogniser = ask.person_id, recogniser
        self._port = recogniser.port()
        self._frame: Frame | None = None
        self._asked = 0
        self._vectors: list[Vector] = []

    @property
    def wants_frames(self) -> bool:
        """Until the picture is taken."""
        return self._asked == 0

    def network_lost(self) -> None:
        """Then without a comparison."""
        self._person_id = ""

    def _go_on(self, frame: Frame | None) -> Iterator[Photo | JobFailed]:
        if self._asked:
            yield from self._compare()
        elif frame is None:
            if self.age_s > NO_FRAME_S:
                yield JobFailed(job=self.number, reason="no_camera")
        else:
            yield from self._look(frame)

    def _look(self, frame: Frame) -> Iterator[Photo]:
        limits = QualityLimits()
        faces = looking.in_frame(self._recogniser.engine, frame, limits.tiny_px)
        if faces or self._frame is None:
            self._frame = frame
        if faces and self._person_id in self._recogniser.gallery:
            self._ask_network(frame, faces)
        elif faces or self.age_s > LOOK_S:
            yield self._photo()

    def _ask_network(self, frame: Frame, faces: list[Points]) -> None:
        for points in faces[:MOST_FACES]:
            self._port.submit(self._asked, self._recogniser.engine.align(frame.pixels, points))
            self._asked += 1

    def _compare(self) -> Iterator[Photo]:
        self._vectors += [vector for _, vector in self._port.finished()]
        gallery = self._recogniser.gallery
        if self._person_id not in gallery or self.age_s > NETWORK_S:
            yield self._photo()
        elif len(self._vectors) == self._asked:
            fit = max(gallery.worst(self._person_id, [vector]) for vector in self._vectors)
            yield self._photo(fit)

    def _photo(self, fit: float | None = None) -> Photo:
        assert self._frame is not None
        return Photo(
            job=self.number,
            jpeg=jpeg(self._frame.pixels),
            fit_milli=None if fit is None else milli(fit),
            fits=None if fit is None else fit >= self._recogniser.one_to_one,
        )
