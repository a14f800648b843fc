"""Whether a face moved like a picture on a plane: much foreshortening, no parallax.

Between two views of a plane all points obey one homography. A head that turns far enough to be foreshortened
leaves a residual of several hundredths of an eye distance, chiefly at the nose; a tilted print leaves the
landmarks' own jitter. No foreshortening says nothing, so a still face is never called flat by this.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from drivers.base.face import Points
from drivers.face import geometry

RIGID = np.r_[0:36, 39, 42]
"""Outline, brows, nose and inner eye corners: what neither blinks nor talks."""


@dataclass(frozen=True, slots=True)
class PlaneFit:
    """Two views of one face compared."""

    foreshortening: float
    """How much more one direction shrank than the other, 0 for pure turning in the picture and scaling."""
    residual: float
    """Root mean square distance from the best homography, in eye distances of the second view."""


def compare(first: Points, second: Points) -> PlaneFit:
    """Fit an affine map and a homography from one view to the other."""
    source, target = first[RIGID].astype(np.float64), second[RIGID].astype(np.float64)
    whole = np.column_stack([source, np.ones(len(source))])
    affine = np.linalg.lstsq(whole, target, rcond=None)[0]
    long, short = np.linalg.svd(affine[:2])[1]
    homography = np.asarray(cv2.findHomography(source, target, 0)[0], np.float64)
    if homography.shape != (3, 3):
        return PlaneFit(0.0, 1.0)
    mapped = cv2.perspectiveTransform(source[None], homography)[0]
    rms = float(np.sqrt(((mapped - target) ** 2).sum(axis=1).mean()))
    return PlaneFit(float(long / max(short, 1e-9)) - 1, rms / max(geometry.eye_distance_px(second), 1.0))
