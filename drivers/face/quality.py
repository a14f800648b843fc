"""How good one view of a face is, and the word that tells the person what to change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np

from drivers.base.camera import Pixels
from drivers.base.face import Points
from drivers.face import geometry, images


class Advice(Enum):
    """What to ask of the person; the screen translates it."""

    CLOSER = "closer"
    BACK = "back"
    LIGHT = "light"
    GLARE = "glare"
    STILL = "still"
    STRAIGHT = "straight"
    EYES = "eyes"


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """What a view must reach to be embedded. Assumed from pictures of 100-pixel faces; see decision 021."""

    tiny_px: float = 16.0
    """Eye distance below which a face is far away and not spoken to."""
    eye_distance_px: float = 36.0
    sharpness: float = 4.0
    brightness: tuple[float, float] = (45.0, 225.0)
    contrast: float = 14.0
    turn: float = 0.17
    roll_deg: float = 25.0
    eye_opening: float = 0.17


@dataclass(frozen=True, slots=True)
class Quality:
    """The measures of one view."""

    eye_distance_px: float
    sharpness: float
    """Variance of the Laplacian of the aligned face, slightly smoothed so that grain does not count."""
    brightness: float
    contrast: float
    turn: float
    """Head turn in face heights, 0 straight on."""
    roll_deg: float
    eye_opening: float
    cut_off: bool = False
    """Whether a part of the face lies outside the picture: it is too near, or at the edge."""

    def advice(self, limits: QualityLimits) -> Advice | None:
        """The most useful thing to say, or None when the view can be used."""
        low, high = limits.brightness
        problems = (
            (self.eye_distance_px < limits.eye_distance_px, Advice.CLOSER),
            (self.cut_off, Advice.BACK),
            (self.brightness < low or self.contrast < limits.contrast, Advice.LIGHT),
            (self.brightness > high, Advice.GLARE),
            (abs(self.turn) > limits.turn or abs(self.roll_deg) > limits.roll_deg, Advice.STRAIGHT),
            (self.sharpness < limits.sharpness, Advice.STILL),
            (self.eye_opening < limits.eye_opening, Advice.EYES),
        )
        return next((advice for bad, advice in problems if bad), None)

    @property
    def score(self) -> float:
        """Orders usable views, best highest: size and sharpness saturate, a turn costs most."""
        size = min(self.eye_distance_px / 70.0, 1.0)
        sharp = min(self.sharpness / 30.0, 1.0)
        straight = max(0.0, 1.0 - abs(self.turn) / 0.25) * max(0.0, 1.0 - abs(self.roll_deg) / 45.0)
        return float(size * (0.4 + 0.6 * sharp) * straight * min(self.eye_opening / 0.25, 1.0))


def assess(chip: Pixels, points: Points, seen: Pixels) -> Quality:
    """Measure one view from its aligned face (RGB) and its points in the picture `seen`."""
    height, width = seen.shape[:2]
    grey = images.grey(chip)
    centre = grey[grey.shape[0] // 5 : -grey.shape[0] // 5, grey.shape[1] // 5 : -grey.shape[1] // 5]
    return Quality(
        eye_distance_px=geometry.eye_distance_px(points),
        sharpness=float(cv2.Laplacian(cv2.GaussianBlur(centre, (0, 0), 1.0), cv2.CV_32F).var()),
        brightness=float(centre.mean()),
        contrast=float(np.std(centre)),
        turn=geometry.turn(points).cheeks,
        roll_deg=geometry.roll_deg(points),
        eye_opening=geometry.eye_opening(points),
        cut_off=bool((points < 0).any() or (points >= (width, height)).any()),
    )
