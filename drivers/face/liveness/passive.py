"""Passive signs that may reject early and never accept: flat motion, a screen's moire."""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.base.face import Points
from drivers.face.liveness import planarity
from drivers.face.liveness.reading import Reading


@dataclass(frozen=True, slots=True)
class PassiveLimits:
    """From generated clips (decision 022): living heads 0.5 and more, tilted prints 0.1 to 0.27."""

    foreshortening: float = 0.08
    flat: float = 0.28
    """Residual over foreshortening below which a view moved as a plane."""
    frames: int = 6
    moire: float = 6.5
    moire_frames: int = 8


@dataclass(slots=True)
class PassiveWatch:
    """Collects signs over the frames of one track; `sign` names the first that is sure."""

    limits: PassiveLimits = field(default_factory=PassiveLimits)
    sign: str | None = None
    _first: Points | None = None
    _flat: int = 0
    _solid: int = 0
    _moire: int = 0

    @property
    def doubtful(self) -> bool:
        """Whether there is a sign that is not sure yet."""
        return self.sign is not None or self._flat >= 2 or self._moire >= 2

    def observe(self, reading: Reading) -> None:
        """Take one frame."""
        if self._first is None:
            self._first = reading.points
            return
        self._watch_motion(reading)
        self._moire += reading.moire > self.limits.moire
        if self._flat >= self.limits.frames and self._flat > 3 * self._solid:
            self.sign = "flat"
        elif self._moire >= self.limits.moire_frames:
            self.sign = "moire"

    def _watch_motion(self, reading: Reading) -> None:
        assert self._first is not None
        fit = planarity.compare(self._first, reading.points)
        if fit.foreshortening < self.limits.foreshortening:
            return
        if fit.residual < self.limits.flat * fit.foreshortening:
            self._flat += 1
        else:
            self._solid += 1
