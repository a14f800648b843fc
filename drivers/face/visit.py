"""One visitor: the best views collected, what the network said of them, and how far the decision has come."""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.base.camera import Pixels
from drivers.base.face import Vector
from drivers.face.decision import Decision
from drivers.face.liveness.session import Asked, LivenessSession
from drivers.face.quality import Advice, Quality
from drivers.face.tracker import Track

APART_S = 0.06
"""Views nearer in time than this are the same view twice."""
LASTS_S = 0.25
"""An advice shorter than this would only flicker."""
Guided = tuple[Advice | None, Asked | None]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One usable look at the face, and the whole picture it was taken from."""

    at_s: float
    chip: Pixels
    quality: Quality
    frame: Pixels


@dataclass(slots=True, eq=False)
class Visit:
    """The state of one track from its first frame to its last."""

    track: Track
    liveness: LivenessSession
    since_s: float
    """When this face was first seen: later than its track where it has taken another's place."""
    views: list[View] = field(default_factory=list)
    """Usable and not yet embedded."""
    usable: int = 0
    """Usable views seen so far."""
    used: int = 0
    """Usable views seen when the decision's were chosen: more came while the network computed."""
    asked_for: int = 0
    """Embeddings that are being computed."""
    vectors: list[Vector] = field(default_factory=list)
    decision: Decision | None = None
    best: View | None = None
    """The best view of all: the evidence."""
    advice: Advice | None = None
    named_by: int = 0
    """How many vectors the decision rests on."""
    verifying: bool = False
    """Whether the next embedding is to show that the challenge was met by the same person."""
    finished: bool = False
    attempt: int = 1
    """Which look at this person it is: somebody unknown who stays gets a few."""
    retry_s: float | None = None
    """When the next one begins; None when there is none."""
    again_s: float = 0.0
    """When to make sure that it is still the same face, once finished."""
    guided: Guided | None = None
    """What the screen was told last; None while it was told nothing."""
    _heard: Guided | None = None
    _heard_s: float = 0.0

    def offer(self, view: View) -> None:
        """Keep a usable view, unless it repeats the one before."""
        if self.views and view.at_s - self.views[-1].at_s < APART_S:
            return
        self.usable += 1
        self.views = [*self.views, view][-8:]
        if self.best is None or view.quality.score > self.best.quality.score:
            self.best = view

    def news(self, now: Guided, at_s: float) -> bool:
        """Whether the screen should be told: what is asked at once, an advice once it has lasted a moment."""
        if now != self._heard:
            self._heard, self._heard_s = now, at_s
        if self.guided is None or now[1] != self.guided[1]:
            return True
        return now != self.guided and at_s - self._heard_s >= LASTS_S

    def take_best(self, count: int) -> list[View]:
        """The best of the views that wait, in order of time; the others are forgotten."""
        chosen = sorted(self.views, key=lambda view: -view.quality.score)[:count]
        self.views = []
        return sorted(chosen, key=lambda view: view.at_s)
