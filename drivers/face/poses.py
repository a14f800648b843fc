"""The poses of an enrolment: whether a head is held as asked, measured against the person's own front view.

Limits from generated heads (turned 10 to 22 degrees, raised and lowered 8 to 22): enough to differ from the
front, and still so near it that embeddings agree with the front view's (0.93 and more).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from drivers.base.face import Points
from drivers.face import geometry


class Pose(Enum):
    """Left and right are the person's own."""

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


class Held(Enum):
    """How a head is held, compared with the pose that is asked for."""

    YES = "yes"
    NOT_YET = "not_yet"
    TOO_FAR = "less"
    ASKEW = "straight"


@dataclass(frozen=True, slots=True)
class Attitude:
    """Where a head points: `turn` to the person's left, `nod` downwards, both in face heights."""

    turn: float
    nod: float

    @classmethod
    def of(cls, points: Points) -> Attitude:
        """Read off the 68 points."""
        return cls(geometry.turn(points).cheeks, geometry.nod(points))


@dataclass(frozen=True, slots=True)
class PoseLimits:
    """In face heights."""

    front: float = 0.10
    turn: tuple[float, float] = (0.12, 0.34)
    nod: tuple[float, float] = (0.055, 0.18)
    aside: float = 0.10
    """How far the head may move the other way meanwhile."""


def held(pose: Pose, now: Attitude, front: Attitude, limits: PoseLimits) -> Held:
    """Whether the head is held as `pose` says; `front` is what the front view measured."""
    if pose is Pose.FRONT:
        return Held.YES if abs(now.turn) <= limits.front else Held.ASKEW
    turn, nod = now.turn - front.turn, now.nod - front.nod
    along, across, (least, most) = {
        Pose.LEFT: (turn, nod, limits.turn),
        Pose.RIGHT: (-turn, nod, limits.turn),
        Pose.UP: (-nod, turn, limits.nod),
        Pose.DOWN: (nod, turn, limits.nod),
    }[pose]
    if along < least:
        return Held.NOT_YET
    if abs(across) > limits.aside:
        return Held.ASKEW
    return Held.YES if along <= most else Held.TOO_FAR
