"""One connection to kioskd: its settings and people, and the loop from camera to what is told."""

from __future__ import annotations

import gc
import logging
import threading
import time

from drivers.base.camera import Frame
from drivers.base.errors import DeviceError
from drivers.face.embedder import ProcessEmbedder
from kiosk.core.config import Camera, Face
from kiosk.core.facing import (
    CameraState,
    Cancel,
    DropPerson,
    Enrol,
    EnrolPicture,
    FromDaemon,
    PutPeople,
    Setup,
    TakePhoto,
)  # fmt: skip
from kiosk.face import engines
from kiosk.face.jobs import Jobs
from kiosk.face.link import Link
from kiosk.face.memory import PreviewMemory
from kiosk.face.mirror import Mirror
from kiosk.face.pulse import Pulse
from kiosk.face.recognising import Recogniser
from kiosk.face.telling import line_of
from kiosk.face.watching import Watching

IDLE_S = 0.2
"""Between two looks while nobody is there."""
SOON_S = 0.02
"""Between two looks for an answer of the network while no frame wakes us."""

log = logging.getLogger(__name__)


class Session:
    """Lives as long as its link; the main thread runs it."""

    def __init__(self, link: Link, memory: PreviewMemory, pulse: Pulse) -> None:
        self._link, self._mirror, self._pulse = link, Mirror(memory), pulse
        self._watching = Watching(link.say)
        self._embedder: ProcessEmbedder | None = None
        self._recogniser: Recogniser | None = None
        self._jobs = Jobs(link.say)
        self._setup: Setup | None = None
        self._frames = 0
        self._looked_s = 0.0

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set or the link is lost."""
        while not stop.is_set() and not self._link.lost:
            self._pulse.turned(self._frames, busy=self._busy)
            self._take_lines(self._pause_s())
            try:
                self._step()
            except DeviceError as error:
                log.warning("%s; beginning with a fresh one", error)
                self._network_lost()

    def close(self) -> None:
        """Let go of camera and network."""
        self._watching.close()
        if self._embedder is not None:
            self._embedder.stop()

    @property
    def _busy(self) -> bool:
        watched = self._recogniser is not None and self._recogniser.pipeline.busy
        return watched or self._jobs.want_frames

    def _pause_s(self) -> float:
        """How long a line from kioskd may be waited for."""
        if self._recogniser is None or not self._watching.fitted:
            return SOON_S if self._jobs.waiting else IDLE_S
        return 0.0 if self._busy else max(0.0, self._looked_s + IDLE_S - time.monotonic())

    def _take_lines(self, wait_s: float) -> None:
        line = self._link.next(wait_s)
        while line is not None:
            self._obey(line)
            line = self._link.next(0.0)

    def _obey(self, line: FromDaemon) -> None:
        match line:
            case Setup():
                self._set_up(line)
                _settle()
            case PutPeople() if self._recogniser:
                self._recogniser.put(line)
                if line.done and len(line.people) > 1:
                    _settle()
            case DropPerson() if self._recogniser:
                self._recogniser.drop(line.person_id)
            case TakePhoto() | Enrol() | EnrolPicture():
                self._jobs.begin(line, self._recogniser, camera=self._watching.fitted)
            case Cancel():
                self._jobs.cancel(line.job)
            case _:
                log.warning("people came before any settings, and are passed over")

    def _set_up(self, setup: Setup) -> None:
        before, self._setup = self._setup, setup
        camera = setup.camera
        try:
            self._set_up_engine(setup, before)
        except DeviceError as error:
            log.error("%s: %s", error, error.hint)
            self._recogniser = None
            self._watching.use(Camera())
            cause = type(error).__name__.lower()
            self._link.say(CameraState(status="fault", cause=cause, info=f"{error}; {error.hint}"))
            return
        self._watching.use(camera)

    def _set_up_engine(self, setup: Setup, before: Setup | None) -> None:
        if before is not None and self._recogniser and _same_engine(before.face, setup.face):
            if (before.face, before.calibration) != (setup.face, setup.calibration):
                self._recogniser.retune(setup.face, setup.calibration)
            return
        if self._embedder is not None:
            self._embedder.stop()
        self._jobs.end("cancelled")
        self._embedder = ProcessEmbedder(engines.maker(setup.face))
        self._embedder.start()
        with self._pulse.loading():
            self._recogniser = Recogniser(setup.face, setup.calibration, self._embedder, self._link.say)

    def _step(self) -> None:
        recogniser = self._recogniser
        if recogniser is None:
            return
        frame = self._watching.frame()
        self._looked_s = time.monotonic()
        self._frames += frame is not None
        if frame is not None and not self._jobs.enrolling:
            self._look(recogniser, frame)
        self._jobs.step(frame)
        self._mirror.mark(self._jobs.tracks or recogniser.pipeline.tracks)
        self._watching.follow(self._mirror.show if self._busy else None)

    def _look(self, recogniser: Recogniser, frame: Frame) -> None:
        for event in recogniser.pipeline.feed(frame):
            photos = recogniser.face.photos
            self._link.say(line_of(event, frame, time.monotonic(), photos=photos))

    def _network_lost(self) -> None:
        if self._recogniser is not None:
            self._recogniser.pipeline.restart()
        self._jobs.network_lost()


def _same_engine(one: Face, other: Face) -> bool:
    return (one.engine, one.models_dir) == (other.engine, other.models_dir)


def _settle() -> None:
    """What is loaded now stays: looking through it for garbage held the preview up for 10 ms a time."""
    gc.collect()
    gc.freeze()
