"""Frames and times in, events out: who walks past the camera, each once.

No clock and no thread of its own: tests and the process `kiosk-face` feed the same object.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from drivers.base.camera import Frame
from drivers.base.face import FaceEngine
from drivers.face import geometry
from drivers.face.decision import Decision, OperatingPoint, Outcome, decide
from drivers.face.embedder import Embedder
from drivers.face.events import Event, Gone, Guidance, Result, ResultKind
from drivers.face.gallery import Gallery, merged
from drivers.face.liveness.reading import Reading
from drivers.face.liveness.session import LivenessSession, Proof
from drivers.face.motion import MotionGate
from drivers.face.quality import assess
from drivers.face.settings import LivenessMode, PipelineSettings
from drivers.face.tracker import FaceTracker, Track
from drivers.face.visit import View, Visit


class Pipeline:
    """All visitors in view. `gallery` and `point` may be replaced between frames."""

    def __init__(
        self,
        engine: FaceEngine,
        embedder: Embedder,
        gallery: Gallery,
        point: OperatingPoint,
        settings: PipelineSettings | None = None,
        source: random.Random | None = None,
    ) -> None:
        self.gallery, self.point = gallery, point
        self.settings = settings or PipelineSettings()
        self._source = source or random.SystemRandom()
        self._engine, self._embedder = engine, embedder
        self._motion, self._tracker = MotionGate(), FaceTracker(engine)
        self._visits: dict[int, Visit] = {}
        self._told: dict[str, float] = {}

    @property
    def busy(self) -> bool:
        """Whether somebody is being looked at: every frame counts then, else a few a second are enough."""
        return any(not visit.finished and self._near(visit.track) for visit in self._visits.values())

    def feed(self, frame: Frame) -> list[Event]:
        """Take one frame; returns what is new."""
        tracks = self._tracker.step(frame, self._motion.moved(frame.small))
        events: list[Event] = list(self._forget({track.number for track in tracks}))
        self._take_finished()
        for track in sorted(tracks, key=lambda track: -track.box.width):
            visit = self._visits.setdefault(track.number, self._new(track, track.since_s))
            ended = visit.finished
            events += self._watch(visit, frame)
            events += self._guide(visit, frame.at_s, just_ended=visit.finished and not ended)
        return events

    def restart(self) -> None:
        """Forget whoever is in view: they are looked at anew. For when the embedder has lost its queue."""
        self._visits.clear()

    def pass_over(self, person_id: str, at_s: float) -> None:
        """Tell nothing of this person for a while, as if they had just been told."""
        self._told[person_id] = at_s

    @property
    def tracks(self) -> list[Track]:
        """The faces in the frame that was fed last."""
        return self._tracker.tracks

    def _guide(self, visit: Visit, at_s: float, *, just_ended: bool) -> Iterator[Event]:
        """What has changed for the screen: nothing about a face too far away to be spoken to."""
        number, now = visit.track.number, (visit.advice, visit.liveness.asked)
        if just_ended:
            yield from [Gone(number)] if visit.guided is not None else []
        elif not visit.finished and self._near(visit.track) and visit.news(now, at_s):
            visit.guided = now
            yield Guidance(number, visit.track.box, *now)

    def _near(self, track: Track) -> bool:
        return geometry.eye_distance_px(track.points) >= self.settings.quality.tiny_px

    def _new(self, track: Track, since_s: float, attempt: int = 1) -> Visit:
        session = LivenessSession(self._source, self.settings.challenge)
        return Visit(track, session, since_s, attempt=attempt)

    def _forget(self, present: set[int]) -> Iterator[Gone]:
        for number in [number for number in self._visits if number not in present]:
            del self._visits[number]
            yield Gone(number)

    def _take_finished(self) -> None:
        """Vectors that have come back; their visitor may have left meanwhile."""
        for ticket, vector in self._embedder.finished():
            visit = self._visits.get(ticket)
            if visit is not None:
                visit.asked_for -= 1
                visit.vectors.append(vector)

    def _watch(self, visit: Visit, frame: Frame) -> list[Event]:
        grey = self._tracker.grey
        if visit.finished:
            if not self._tries_again(visit, frame):
                self._look_again(visit, frame)
            return []
        if grey is None:
            return []
        if self.settings.mode is not LivenessMode.OFF:
            visit.liveness.observe(Reading.of(frame.at_s, visit.track.points, grey))
        self._look(visit, frame)
        if visit.liveness.proof is Proof.ATTACK and self.settings.mode is LivenessMode.ENFORCE:
            return self._end(visit, frame, ResultKind.ATTACK)
        concluded = self._conclude(visit, frame)  # with what has come, before more is asked for
        if concluded or visit.finished:
            return concluded
        self._ask_network(visit)
        return self._conclude(visit, frame)

    def _tries_again(self, visit: Visit, frame: Frame) -> bool:
        """Whether somebody unknown is to be looked at once more; begins it when they have had a moment."""
        if visit.retry_s is None:
            return False
        if frame.at_s >= visit.retry_s and self._near(visit.track):
            self._visits[visit.track.number] = self._new(visit.track, frame.at_s, visit.attempt + 1)
        return True

    def _look_again(self, visit: Visit, frame: Frame) -> None:
        """A queue moves up so closely that the next face may take over a track: ask who it is."""
        if visit.asked_for or not visit.named_by or not self._near(visit.track):
            return
        known, later = visit.vectors[: visit.named_by], visit.vectors[visit.named_by :]
        visit.vectors = known
        if later and float(merged(known) @ later[-1]) < self.settings.same_face:
            self._visits[visit.track.number] = self._new(visit.track, frame.at_s)
        elif frame.at_s >= visit.again_s:
            chip = self._engine.align(frame.pixels, visit.track.points)
            if assess(chip, visit.track.points, frame.pixels).advice(self.settings.quality) is None:
                visit.again_s = frame.at_s + self.settings.again_s
                visit.asked_for += 1
                self._embedder.submit(visit.track.number, chip)

    def _look(self, visit: Visit, frame: Frame) -> None:
        """Judge the view and keep it when it can be used."""
        points = visit.track.points
        if visit.liveness.challenging or not self._near(visit.track):
            return
        chip = self._engine.align(frame.pixels, points)
        quality = assess(chip, points, frame.pixels)
        visit.advice = quality.advice(self.settings.quality)
        if visit.advice is None:
            visit.offer(View(frame.at_s, chip, quality, frame.pixels))

    def _ask_network(self, visit: Visit) -> None:
        """Send the best views when enough wait and an answer is still open."""
        if visit.asked_for or visit.liveness.challenging:
            return
        if visit.verifying:
            wanted, enough = 1, 1
        elif visit.decision is None or visit.decision.outcome is not Outcome.IDENTIFIED:
            wanted = min(self.point.frames, self.settings.most_frames - len(visit.vectors))
            enough = max(wanted, self.settings.choose_from)
        else:
            return
        if wanted > 0 and len(visit.views) >= enough:
            visit.used = visit.used if visit.verifying else visit.usable
            for view in visit.take_best(wanted):
                self._embedder.submit(visit.track.number, view.chip)
                visit.asked_for += 1
            self._take_finished()

    def _conclude(self, visit: Visit, frame: Frame) -> list[Event]:
        if visit.asked_for or len(visit.vectors) < self.point.frames or visit.best is None:
            return []
        if visit.verifying:
            return self._verify(visit, frame)
        if visit.decision is None or visit.decision.outcome is not Outcome.IDENTIFIED:
            visit.decision = decide(self.gallery, visit.vectors, self.point.at(visit.attempt))
            visit.named_by = len(visit.vectors)
        if visit.decision.outcome is not Outcome.IDENTIFIED:
            spent = len(visit.vectors) >= self.settings.most_frames
            return self._end(visit, frame, _UNNAMED[visit.decision.outcome]) if spent else []
        return self._prove(visit, frame)

    def _prove(self, visit: Visit, frame: Frame) -> list[Event]:
        """The person is named; what does the liveness mode still ask for?"""
        proof, mode = visit.liveness.proof, self.settings.mode
        if mode is LivenessMode.OFF:
            return self._end(visit, frame, ResultKind.RECOGNISED)
        if proof is Proof.OPEN:
            return self._watch_or_challenge(visit, frame)
        if mode is LivenessMode.FLAG:
            return self._end(visit, frame, ResultKind.RECOGNISED, suspect=proof is not Proof.LIVE)
        if proof is not Proof.LIVE:
            return self._end(visit, frame, _UNPROVEN[proof])
        visit.verifying, visit.views = True, []
        return []

    def _watch_or_challenge(self, visit: Visit, frame: Frame) -> list[Event]:
        """In mode `flag` a second's look is enough, unless it raises a doubt."""
        if self.settings.mode is LivenessMode.FLAG and not visit.liveness.challenging:
            if frame.at_s - visit.since_s < self.settings.flag_watch_s:
                return []
            if not visit.liveness.passive.doubtful:
                return self._end(visit, frame, ResultKind.RECOGNISED)
        visit.liveness.begin(frame.at_s)
        return []

    def _verify(self, visit: Visit, frame: Frame) -> list[Event]:
        """Whoever met the challenge must be the person who was recognised."""
        assert visit.decision is not None
        assert visit.decision.best is not None
        if len(visit.vectors) == visit.named_by:
            return []
        after = visit.vectors[visit.named_by :]
        same = self.gallery.worst(visit.decision.best.person_id, after)
        visit.liveness.evidence.append(f"same person {same:.2f}")
        passed = same >= self.point.single_frame
        return self._end(visit, frame, ResultKind.RECOGNISED if passed else ResultKind.ATTACK)

    def _end(self, visit: Visit, frame: Frame, kind: ResultKind, *, suspect: bool = False) -> list[Event]:
        visit.finished, visit.again_s = True, frame.at_s + self.settings.again_s
        visit.named_by = visit.named_by or len(visit.vectors)
        decision = visit.decision or Decision(Outcome.WAIT)
        shown = visit.best.frame if visit.best else frame.pixels
        again = kind is ResultKind.UNKNOWN and visit.attempt < self.settings.attempts
        visit.retry_s = frame.at_s + self.settings.retry_s if again else None
        result = Result(
            kind, visit.track.number, frame.at_s, visit.since_s, visit.used, decision, self.point.provenance,
            suspect, tuple(visit.liveness.evidence), shown, visit.attempt, again,
        )  # fmt: skip
        return [] if self._told_already(result) else [result]

    def _told_already(self, result: Result) -> bool:
        if result.kind is not ResultKind.RECOGNISED or result.person_id is None:
            return False
        last_s = self._told.get(result.person_id, float("-inf"))
        self._told[result.person_id] = result.at_s
        return result.at_s - last_s < self.settings.repeat_s


_UNNAMED = {Outcome.AMBIGUOUS: ResultKind.AMBIGUOUS, Outcome.UNKNOWN: ResultKind.UNKNOWN}
_UNPROVEN = {Proof.ATTACK: ResultKind.ATTACK, Proof.UNPROVEN: ResultKind.UNPROVEN}
