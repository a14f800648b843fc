"""Picture arithmetic through OpenCV, typed."""

from __future__ import annotations

import cv2
import numpy as np

from drivers.base.camera import Pixels


def grey(rgb: Pixels) -> Pixels:
    """The brightness of an RGB picture."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
