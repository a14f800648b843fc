"""OpenCV's own networks: YuNet detection and SFace embeddings, from model files a technician installs.

The files are not shipped. Neither network gives the 68 points that liveness reads,
so these come from a `landmarks` function; SFace is aligned by five of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from drivers.base.camera import Pixels
from drivers.base.errors import Unavailable
from drivers.base.face import Box, FaceEngine, Points, Vector, unit
from drivers.face import geometry

CHIP_PX = 112
SURE = 0.8
"""YuNet's score from which a detection counts."""
# Where SFace was trained to find eyes, nose tip and mouth corners in its 112 x 112 input (as ArcFace).
REFERENCE = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)],
    np.float32,
)


class OpenCVEngine(FaceEngine):
    """`family` says SFace; templates of dlib do not fit and are refused by their family."""

    family = "opencv-sface-1"
    dimensions = 128

    def __init__(self, detector: Path, recogniser: Path, landmarks: Callable[[Pixels, Box], Points]) -> None:
        """Load both networks; raises `Unavailable` when a file is missing or no such network."""
        for path in (detector, recogniser):
            if not path.is_file():
                hint = f"put the model file {path.name} there"
                raise Unavailable(f"the model file {path} is missing", hint=hint)
        try:
            self._detector = cv2.FaceDetectorYN.create(str(detector), "", (320, 320), SURE)
            self._recogniser = cv2.FaceRecognizerSF.create(str(recogniser), "")
        except cv2.error as error:
            raise Unavailable(f"OpenCV cannot load the models: {error.err}") from error
        self._landmarks = landmarks

    def detect(self, grey: Pixels) -> list[Box]:
        """YuNet on the grey picture, given as three equal channels."""
        self._detector.setInputSize((grey.shape[1], grey.shape[0]))
        _, found = self._detector.detect(np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)))
        rows = np.asarray(found, np.float32) if np.size(found) > 1 else np.zeros((0, 15), np.float32)
        return [_square(*(float(value) for value in row[:4])) for row in rows]

    def landmarks(self, grey: Pixels, box: Box) -> Points:
        """Delegated."""
        return self._landmarks(grey, box)

    def align(self, rgb: Pixels, points: Points) -> Pixels:
        """112 x 112, by the similarity that fits five points best."""
        right, left = geometry.eye_centres(points)
        five = np.array([right, left, points[geometry.NOSE_TIP], points[48], points[54]], np.float32)
        matrix, _ = cv2.estimateAffinePartial2D(five, REFERENCE, method=cv2.LMEDS)
        return np.asarray(cv2.warpAffine(rgb, np.asarray(matrix), (CHIP_PX, CHIP_PX)), np.uint8)

    def embed(self, chip: Pixels) -> Vector:
        """One pass of SFace over the chip and one over its mirror image."""
        bgr = np.asarray(cv2.cvtColor(chip, cv2.COLOR_RGB2BGR))
        both = (
            self._recogniser.feature(picture).ravel() for picture in (bgr, np.ascontiguousarray(bgr[:, ::-1]))
        )
        first, second = (unit(np.asarray(vector, np.float32)) for vector in both)
        return unit(first + second)


def _square(left: float, top: float, width: float, height: float) -> Box:
    """YuNet frames the whole face; the 68-point predictor expects dlib's square from brows to chin."""
    side = 0.9 * (width + height) / 2
    x, y = left + width / 2, top + height * 0.56
    return Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)
