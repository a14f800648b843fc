"""What kioskd has asked for: photos, enrolments, pictures; each answered, whatever happens."""

from __future__ import annotations

from collections.abc import Callable

from drivers.base.camera import Frame
from drivers.face.tracker import Track
from kiosk.core.facing import Enrol, EnrolPicture, JobFailed, TakePhoto
from kiosk.face.enrolling import EnrolJob
from kiosk.face.from_picture import PictureJob
from kiosk.face.job import Job, Told
from kiosk.face.photo import PhotoJob
from kiosk.face.recognising import Recogniser

MOST = 64


class Jobs:
    """Done side by side, enrolments before the camera one after another."""

    def __init__(self, say: Callable[[Told], None]) -> None:
        self._say = say
        self._jobs: list[Job] = []

    @property
    def waiting(self) -> bool:
        """Whether anything is to be done."""
        return bool(self._jobs)

    @property
    def want_frames(self) -> bool:
        """Whether every frame counts."""
        return any(job.wants_frames for job in self._jobs)

    @property
    def enrolling(self) -> EnrolJob | None:
        """The enrolment before the camera: nobody is recognised meanwhile."""
        return next((job for job in self._jobs if isinstance(job, EnrolJob)), None)

    @property
    def tracks(self) -> list[Track]:
        """The faces an enrolment follows."""
        return self.enrolling.tracks if self.enrolling else []

    def begin(
        self, ask: TakePhoto | Enrol | EnrolPicture, recogniser: Recogniser | None, *, camera: bool
    ) -> None:
        """Take a job on; `camera` tells whether one is fitted."""
        if recogniser is None or (not camera and not isinstance(ask, EnrolPicture)):
            self._say(JobFailed(job=ask.job, reason="no_camera"))
        elif len(self._jobs) >= MOST or (self.enrolling and isinstance(ask, Enrol)):
            self._say(JobFailed(job=ask.job, reason="busy"))
        else:
            self._jobs.append(_made(ask, recogniser))

    def cancel(self, number: int) -> None:
        """Give one up; a number that is not there any more is no fault."""
        for job in self._jobs:
            if job.number == number:
                self._say(job.fail("cancelled"))
        self._sweep()

    def end(self, reason: str) -> None:
        """Give all of them up."""
        for job in self._jobs:
            self._say(job.fail(reason))
        self._sweep()

    def step(self, frame: Frame | None) -> None:
        """Go on with each of them. Raises `DeviceError` when the network has died."""
        for job in self._jobs:
            for line in job.step(frame):
                self._say(line)
        self._sweep()

    def network_lost(self) -> None:
        """The network begins anew."""
        for job in self._jobs:
            job.network_lost()

    def _sweep(self) -> None:
        self._jobs = [job for job in self._jobs if not job.ended]


def _made(ask: TakePhoto | Enrol | EnrolPicture, recogniser: Recogniser) -> Job:
    match ask:
        case TakePhoto():
            return PhotoJob(ask, recogniser)
        case Enrol():
            return EnrolJob(ask, recogniser)
        case EnrolPicture():
            return PictureJob(ask, recogniser)
