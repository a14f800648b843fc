"""What the pipeline tells: guidance for the screen, and one result for each visitor."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from drivers.base.camera import Pixels
from drivers.base.face import Box
from drivers.face.decision import Decision
from drivers.face.liveness.session import Asked
from drivers.face.quality import Advice


class ResultKind(Enum):
    """How a visit ended."""

    RECOGNISED = "recognised"
    AMBIGUOUS = "ambiguous"
    """Two people are too alike: ask for digits of the NIP, or a finger."""
    UNKNOWN = "unknown"
    ATTACK = "attack"
    """Passive signs of a print or a screen, or another face answered the challenge."""
    UNPROVEN = "unproven"
    """Recognised, but the challenge was not met."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """What the screen shows beside one face; sent only when it changes."""

    track: int
    box: Box
    advice: Advice | None = None
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """A face has left."""

    track: int


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """How the visit of one track ended, with what explains it."""

    kind: ResultKind
    track: int
    at_s: float
    first_s: float
    """When the face was first seen."""
    usable_frames: int
    decision: Decision
    provenance: str
    """Where the threshold comes from."""
    suspect: bool
    """In mode `flag`: the liveness check failed, and the punch is to be reviewed."""
    evidence: tuple[str, ...]
    """Liveness, in the order it happened."""
    frame: Pixels
    """The evidence picture with its background, RGB."""
    attempt: int = 1
    """Which look at somebody who stays this was."""
    again: bool = False
    """Whether they are looked at once more if they stay."""

    @property
    def person_id(self) -> str | None:
        """Who it is, or would be."""
        return self.decision.best.person_id if self.decision.best else None


Event = Guidance | Gone | Result
