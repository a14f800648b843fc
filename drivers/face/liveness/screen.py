"""Traces of a screen in the picture itself: the beat between its pixels and the camera's."""

from __future__ import annotations

import cv2
import numpy as np

from drivers.base.camera import Pixels
from drivers.base.face import Points
from drivers.face import geometry

SIDE = 128
_WINDOW = np.outer(np.hanning(SIDE), np.hanning(SIDE)).astype(np.float32)


def moire(grey: Pixels, points: Points) -> float:
    """How far the strongest lattice frequency on the face stands out of its surroundings, 1 for none.

    A face and a sensor's noise have smooth spectra; a lattice sampled by another lattice has peaks.
    Taken at the camera's own scale, because scaling would remove just these frequencies.
    """
    x, y = (int(v) for v in points[geometry.NOSE_TIP] - SIDE // 2)
    x, y = max(0, min(x, grey.shape[1] - SIDE)), max(0, min(y, grey.shape[0] - SIDE))
    patch = grey[y : y + SIDE, x : x + SIDE].astype(np.float32)
    if patch.shape != (SIDE, SIDE):
        return 1.0
    spectrum = np.abs(np.fft.rfft2((patch - cv2.GaussianBlur(patch, (0, 0), 2.0)) * _WINDOW))
    around = cv2.blur(spectrum.astype(np.float32), (9, 9)) + 1e-3
    return float((spectrum / around)[_RING].max())


def _ring() -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """High frequencies, without the axes' multiples of an eighth that JPEG blocks leave."""
    down, across = np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None, :]
    high = np.hypot(down, across) > 0.12
    blocks = (np.abs(down * 8 - np.round(down * 8)) < 0.05) & (
        np.abs(across * 8 - np.round(across * 8)) < 0.05
    )
    return np.asarray(high & ~blocks)


_RING = _ring()
