"""Who it is: named, ambiguous or unknown, from the mean of a few frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from drivers.base.face import Vector
from drivers.face.calibration import Calibration
from drivers.face.gallery import Candidate, Gallery, merged

LATER = 0.1
"""What of the allowed false accepts each attempt after the first may use."""


class Outcome(Enum):
    """What the frames say so far."""

    IDENTIFIED = "identified"
    AMBIGUOUS = "ambiguous"
    """Two people are too alike: ask for the last four digits of the NIP, or for a finger."""
    UNKNOWN = "unknown"
    WAIT = "wait"
    """Too few frames yet."""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The thresholds in force. `provenance` goes with every punch they decided."""

    threshold: float
    margin: float = 0.005
    """How much better than the second best; asked of the winner on top of the threshold."""
    frames: int = 2
    later: float = 1.0
    """The threshold from the second attempt on: a stranger who stays must not gain by it."""
    slack: float = 0.08
    """How far below the threshold a single frame may lie; somebody else lies 0.1 below it and more."""
    provenance: str = ""

    @property
    def single_frame(self) -> float:
        """The similarity every single frame must reach."""
        return self.threshold - self.slack

    def at(self, attempt: int) -> OperatingPoint:
        """What counts at this attempt, the first being 1."""
        return self if attempt == 1 else replace(self, threshold=max(self.threshold, self.later))


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome with the two best candidates that explain it."""

    outcome: Outcome
    best: Candidate | None = None
    second: Candidate | None = None
    threshold: float = 0.0


def operating_point(calibration: Calibration, people: int, false_accept: float = 0.003) -> OperatingPoint:
    """For a gallery of `people` and this chance for a stranger passing by to be taken for one of them."""
    threshold = calibration.threshold(people, false_accept)
    note = f"{calibration.source}; {people} people, {false_accept:.2%} of strangers"
    later = calibration.threshold(people, false_accept * LATER)
    return OperatingPoint(threshold, frames=calibration.frames, later=later, provenance=note)


def decide(gallery: Gallery, frames: Sequence[Vector], point: OperatingPoint) -> Decision:
    """Compare the mean of the frames with everybody enrolled. Pure."""
    if len(frames) < point.frames:
        return Decision(Outcome.WAIT, threshold=point.threshold)
    best, second = [*gallery.best(merged(frames)), None, None][:2]
    if best is None or best.score < point.threshold:
        return Decision(Outcome.UNKNOWN, best, second, point.threshold)
    doubtful = second is not None and best.score - second.score < point.margin
    doubtful |= gallery.worst(best.person_id, frames) < point.single_frame
    return Decision(Outcome.AMBIGUOUS if doubtful else Outcome.IDENTIFIED, best, second, point.threshold)
