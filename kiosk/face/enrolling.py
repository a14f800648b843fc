"""Enrolment before the camera: five poses, several views of each, the best of them kept."""

from __future__ import annotations

import time
from collections.abc import Iterator

from drivers.base.camera import Frame
from drivers.base.face import FaceTemplate, Points, Vector
from drivers.face.poses import Attitude, Held, Pose, PoseLimits, held
from drivers.face.quality import QualityLimits, assess
from drivers.face.tracker import FaceTracker, Track
from drivers.face.visit import APART_S, View
from kiosk.core.facing import POSES, Enrol, Enrolled, EnrolStep, JobFailed
from kiosk.face.job import Job
from kiosk.face.recognising import Recogniser
from kiosk.face.telling import jpeg

VIEWS = 5
"""Usable views of a pose, of which the best is kept."""
SAME_BELOW = 0.04
"""How far below the one-to-one threshold a pose may lie from the front view; another person lies lower."""
NO_FRAME_S = 5.0
LASTS_S = 0.3
"""An advice must have lasted this long to be given: it would only flicker."""
LIMITS = QualityLimits(turn=1.0, eye_opening=0.12)
"""The pose says how the head is to be held, and eyes narrow when it is raised or lowered."""
_BIG = 1.6


class EnrolJob(Job):
    """Guides one person; whoever else is about is asked to step aside."""

    def __init__(self, ask: Enrol, recogniser: Recogniser) -> None:
        super().__init__(ask.job)
        self._ask, self._recogniser = ask, recogniser
        self._port = recogniser.port()
        self._tracker = FaceTracker(recogniser.engine)
        self._poses = [Pose(name) for name in POSES]
        self._views: list[View] = []
        self._kept: dict[Pose, View] = {}
        self._vectors: dict[Pose, Vector] = {}
        self._front = Attitude(0.0, 0.0)
        self._said: EnrolStep | None = None
        self._heard, self._heard_s = "", 0.0
        self._framed_s = 0.0
        recogniser.pipeline.restart()

    @property
    def tracks(self) -> list[Track]:
        """The faces in view, for the preview."""
        return self._tracker.tracks

    def network_lost(self) -> None:
        """Whatever has no vector yet is sent again."""
        self._port = self._recogniser.port()
        for pose in self._kept:
            if pose not in self._vectors:
                self._submit(pose)

    def _go_on(self, frame: Frame | None) -> Iterator[EnrolStep | Enrolled | JobFailed]:
        self._take_vectors()
        if len(self._vectors) == len(POSES):
            yield self._enrolled()
        elif self.age_s > self._ask.timeout_s:
            yield self.fail("timeout")
        elif frame is None:
            if self.age_s - self._framed_s > NO_FRAME_S:
                yield self.fail("no_camera")
        else:
            self._framed_s = self.age_s
            yield from self._say(self._watch(frame), frame.at_s)

    @property
    def _pose(self) -> Pose | None:
        """The one wanted now; None while the last vectors are awaited."""
        return next((pose for pose in self._poses if pose not in self._kept), None)

    def _watch(self, frame: Frame) -> str:
        """Take a usable view; the advice otherwise."""
        tracks = sorted(self._tracker.step(frame, moved=True), key=lambda track: -track.box.width)
        pose = self._pose
        if pose is None:
            return ""
        if not tracks:
            return "nobody"
        if len(tracks) > 1 and tracks[1].box.width * _BIG > tracks[0].box.width:
            return "alone"
        return self._judge(pose, frame, tracks[0].points)

    def _judge(self, pose: Pose, frame: Frame, points: Points) -> str:
        chip = self._recogniser.engine.align(frame.pixels, points)
        quality = assess(chip, points, frame.pixels)
        advice = quality.advice(LIMITS)
        if advice:
            return advice.value
        now = Attitude.of(points)
        how = held(pose, now, self._front, PoseLimits())
        if how is Held.YES:
            self._take(pose, View(frame.at_s, chip, quality, frame.pixels), now)
        return "" if how in (Held.YES, Held.NOT_YET) else how.value

    def _take(self, pose: Pose, view: View, now: Attitude) -> None:
        if self._views and view.at_s - self._views[-1].at_s < APART_S:
            return
        self._views.append(view)
        if len(self._views) < VIEWS:
            return
        self._kept[pose] = max(self._views, key=_worth)
        self._views = []
        if pose is Pose.FRONT:
            self._front = now
        self._submit(pose)

    def _submit(self, pose: Pose) -> None:
        self._port.submit(self._poses.index(pose), self._kept[pose].chip)

    def _take_vectors(self) -> None:
        for ticket, vector in self._port.finished():
            self._vectors[self._poses[ticket]] = vector
        front = self._vectors.get(Pose.FRONT)
        if front is None:
            return
        least = self._recogniser.one_to_one - SAME_BELOW
        for pose in [pose for pose, vector in self._vectors.items() if float(front @ vector) < least]:
            # Somebody else's face, or hardly a face: that pose once more.
            del self._vectors[pose], self._kept[pose]

    def _say(self, advice: str, at_s: float) -> Iterator[EnrolStep]:
        if advice != self._heard:
            self._heard, self._heard_s = advice, at_s
        pose = self._pose or self._poses[-1]
        settled = at_s - self._heard_s >= LASTS_S
        shown = advice if settled or self._said is None else self._said.advice
        step = EnrolStep(job=self.number, pose=pose.value, done=len(self._kept), of=len(POSES), advice=shown)
        if step != self._said:
            self._said = step
            yield step

    def _enrolled(self) -> Enrolled:
        # They are still there, and have come to be enrolled, not to punch.
        self._recogniser.pipeline.pass_over(self._ask.person_id, time.monotonic())
        family = self._recogniser.engine.family
        vectors = [self._vectors[pose] for pose in self._poses]
        return Enrolled(
            job=self.number,
            templates=tuple(FaceTemplate(family, vector).to_bytes() for vector in vectors),
            look_alikes=self._recogniser.look_alikes(vectors, self._ask.person_id),
            jpeg=jpeg(self._kept[Pose.FRONT].frame),
        )


def _worth(view: View) -> float:
    """Orders views of one pose: size and sharpness; the pose itself has been judged."""
    quality = view.quality
    return min(quality.eye_distance_px / 70.0, 1.0) * (0.4 + 0.6 * min(quality.sharpness / 30.0, 1.0))
