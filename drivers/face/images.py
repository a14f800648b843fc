"""Picture arithmetic through OpenCV, typed."""

from __future__ import annotations

import cv2
import numpy as np

from drivers.base.camera import Pixels


def grey(rgb: Pixels) -> Pixels:
    """The brightness of an RGB picture."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def small_grey(rgb: Pixels, width_px: int) -> Pixels:
    """The picture in grey and `width_px` wide, never enlarged.

    Halving is the one area average OpenCV has a fast path for; the rest is less than a factor of two.
    """
    reduced = rgb
    while reduced.shape[1] >= 2 * width_px:
        half = (reduced.shape[1] // 2, reduced.shape[0] // 2)
        reduced = np.asarray(cv2.resize(reduced, half, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = reduced.shape[:2]
    small = grey(reduced)
    if width <= width_px:
        return small
    size = (width_px, round(height * width_px / width))
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)
