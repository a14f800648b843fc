"""What liveness reads off one frame of one face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.base.camera import Pixels
from drivers.base.face import Points
from drivers.face import geometry
from drivers.face.liveness import screen

EYE_PATCH = (48, 32)
"""Width and height of one eye cut out around its corners."""
_CORNERS_PX = 32.0
_APERTURE = (slice(8, 24), slice(8, 40))
_BELOW = slice(27, 32)
_CORNERS = ((36, 39), (42, 45))

Eyes = NDArray[np.float32]
"""2 x height x width: both eyes, cut out upright."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One face at one moment."""

    at_s: float
    points: Points
    turn: geometry.Turn
    eye_opening: float
    eyes: Eyes
    size_px: float
    """Nasion to chin."""
    moire: float

    @classmethod
    def of(cls, at_s: float, points: Points, grey: Pixels) -> Reading:
        """Measure the points and the full frame in grey."""
        return cls(
            at_s,
            points,
            geometry.turn(points),
            geometry.eye_opening(points),
            _eyes(grey, points),
            geometry.face_size_px(points),
            screen.moire(grey, points),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Neutral:
    """How this person looks before anything is asked."""

    cheeks: float
    midline: float
    eye_opening: float
    eyes: Eyes
    size_px: float

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> Neutral:
        """Medians of at least one reading; of the eyes the upper part, because blinks only lower it."""
        return cls(
            float(np.median([r.turn.cheeks for r in readings])),
            float(np.median([r.turn.midline for r in readings])),
            float(np.percentile([r.eye_opening for r in readings], 70)),
            np.median([r.eyes for r in readings], axis=0).astype(np.float32),
            float(np.median([r.size_px for r in readings])),
        )

    def turned(self, reading: Reading) -> geometry.Turn:
        """The turn since then."""
        return geometry.Turn(reading.turn.cheeks - self.cheeks, reading.turn.midline - self.midline)

    def likeness(self, reading: Reading) -> float:
        """How much both eyes still look like the open ones: the correlation of the one that changed less."""
        return max(_correlation(now, then) for now, then in zip(reading.eyes, self.eyes, strict=True))

    def glare(self, reading: Reading) -> float:
        """By what part the skin below the eyes has become brighter or darker."""
        now, then = reading.eyes[:, _BELOW].mean(axis=(1, 2)), self.eyes[:, _BELOW].mean(axis=(1, 2))
        ratio = now / np.maximum(then, 1.0)
        return float(np.abs(ratio - 1).max())


def _eyes(grey: Pixels, points: Points) -> Eyes:
    patches = [_patch(grey, points[left], points[right]) for left, right in _CORNERS]
    return np.stack(patches)


def _patch(grey: Pixels, left: Points, right: Points) -> Eyes:
    """One eye with its corners 32 pixels apart on the patch's middle row."""
    width, height = EYE_PATCH
    across = right - left
    scale = _CORNERS_PX / max(float(across @ across), 1.0)
    turn = np.array([[across[0], across[1]], [-across[1], across[0]]], np.float32) * scale
    shift = np.array([width / 2, height / 2], np.float32) - turn @ ((left + right) / 2)
    cut = cv2.warpAffine(grey, np.column_stack([turn, shift]), EYE_PATCH, flags=cv2.INTER_AREA)
    return np.asarray(cut, np.float32)


def _detail(patch: Eyes) -> Eyes:
    """What is larger than noise and smaller than the shadow of a brow: lids, iris, lashes."""
    fine, coarse = cv2.GaussianBlur(patch, (0, 0), 1.0), cv2.GaussianBlur(patch, (0, 0), 3.0)
    return np.asarray((fine - coarse)[_APERTURE], np.float32)


def _correlation(first: Eyes, second: Eyes) -> float:
    a, b = _detail(first), _detail(second)
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / max(float(np.sqrt((a * a).sum() * (b * b).sum())), 1e-6))
