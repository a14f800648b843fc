"""Whether anything moved: the cheap question asked of every frame before the dear ones."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.base.camera import Pixels

GRID = (48, 27)
"""Cells the frame is averaged into: a face at three metres covers more than one."""


class MotionGate:
    """Compares coarse brightness with a background that follows slow changes such as daylight."""

    def __init__(self, threshold: float = 6.0, learning: float = 0.1) -> None:
        self.threshold = threshold
        """Grey levels by which one cell must differ, beyond what the whole picture changed by."""
        self._learning = learning
        self._background: NDArray[np.float32] | None = None

    def moved(self, small: Pixels) -> bool:
        """Whether a cell differs from the background; a change of the exposure as a whole does not count."""
        cells: NDArray[np.float32] = cv2.resize(small, GRID, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._background is None or self._background.shape != cells.shape:
            self._background = cells
            return True
        change = cells - self._background
        self._background += self._learning * change
        return bool(np.abs(change - np.median(change)).max() > self.threshold)
