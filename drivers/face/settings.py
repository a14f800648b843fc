"""What a technician may set of recognition."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from drivers.face.liveness.challenge import ChallengeLimits
from drivers.face.quality import QualityLimits


class LivenessMode(Enum):
    """Whether a face must prove that it lives."""

    OFF = "off"
    FLAG = "flag"
    """Passive signs; a challenge when in doubt; never refused, only marked for review."""
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """Times, counts and limits of the pipeline."""

    mode: LivenessMode = LivenessMode.ENFORCE
    quality: QualityLimits = field(default_factory=QualityLimits)
    challenge: ChallengeLimits = field(default_factory=ChallengeLimits)
    flag_watch_s: float = 1.0
    """In mode `flag`: how long passive signs are looked for."""
    most_frames: int = 6
    """Embeddings spent on one visitor before the answer is `unknown`."""
    choose_from: int = 3
    """Usable views of which the best are embedded."""
    attempts: int = 3
    """How often somebody unknown who stays is looked at."""
    retry_s: float = 3.0
    """Before the next look at them: the light, a mask, a cap may have changed."""
    repeat_s: float = 20.0
    """The same person is told once in this time."""
    again_s: float = 1.5
    """How often whoever stays is asked for again, in case it is somebody else by now."""
    same_face: float = 0.94
    """Similarity below which it is. Two views of one visit have more; 0.03 % of pairs of people do (LFW)."""
