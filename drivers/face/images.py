"""Picture arithmetic through OpenCV, typed."""

from __future__ import annotations

import cv2
import numpy as np

from drivers.base.camera import Pixels


def grey(rgb: Pixels) -> Pixels:
    """The brightness of an RGB picture."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def small_grey(rgb: Pixels, width_px: int) -> Pixels:
    """The picture in grey and `width_px` wide, never enlarged."""
    height, width = rgb.shape[:2]
    small = min(width_px, width)
    # Scaling first leaves fewer pixels to turn grey; linear on an exact multiple would alias.
    reduced = cv2.resize(rgb, (small, round(height * small / width)), interpolation=cv2.INTER_AREA)
    return grey(np.asarray(reduced, np.uint8))
