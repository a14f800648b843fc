"""dlib through the models of `face_recognition`: HOG detection, 68 points, a 128-d ResNet embedding.

The one file that imports dlib. The package `face_recognition` only wraps these calls, but always detects
and encodes every face of a whole frame; with the calls apart a visitor costs two embeddings.
"""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any

import dlib
import numpy as np

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
    import face_recognition_models as models

from drivers.base.camera import Pixels
from drivers.base.face import Box, FaceEngine, Points, Vector, unit

CHIP_PX = 150
CHIP_PADDING = 0.25  # what the network was trained with
SURE = 0.1
"""The detector's score from which it counts: 0.3 % of 690 frontal faces lie below, patterns on walls too."""


class DlibLandmarks:
    """The 68-point shape predictor on its own, for an engine that has none."""

    def __init__(self) -> None:
        self._predictor = dlib.shape_predictor(models.pose_predictor_model_location())

    def __call__(self, grey: Pixels, box: Box) -> Points:
        """The 68 points of the face in `box`."""
        shape = self._predictor(grey, _rectangle(box))
        return np.array([(point.x, point.y) for point in shape.parts()], dtype=np.float32)


class DlibEngine(FaceEngine):
    """The default engine.

    An embedding holds the GIL for most of its 170 ms, so it gets its own process: the network is loaded
    where `embed` is first called, the landmarks where faces are looked for.
    """

    family = "dlib-resnet-1"
    dimensions = 128

    def __init__(self) -> None:
        self._detector = dlib.get_frontal_face_detector()

    def detect(self, grey: Pixels) -> list[Box]:
        """HOG, no upsampling: 80-pixel windows, 13 ms at 480 x 270."""
        found, _, _ = self._detector.run(grey, 0, SURE)
        return [Box(float(r.left()), float(r.top()), float(r.right()), float(r.bottom())) for r in found]

    def landmarks(self, grey: Pixels, box: Box) -> Points:
        """Ensemble of regression trees, 1.6 ms."""
        return self._landmarks(grey, box)

    def align(self, rgb: Pixels, points: Points) -> Pixels:
        """150 x 150, turned by the points to the pose that the network was trained with."""
        chip: Pixels = dlib.get_face_chip(rgb, _shape(points), size=CHIP_PX, padding=CHIP_PADDING)
        return chip

    def embed(self, chip: Pixels) -> Vector:
        """The chip and its mirror image, each a pass of the 29-layer ResNet (decision 020 says why)."""
        both = [chip, np.ascontiguousarray(chip[:, ::-1])]
        vectors = np.array(self._network.compute_face_descriptor(both), dtype=np.float32)
        return unit(unit(vectors[0]) + unit(vectors[1]))

    @cached_property
    def _landmarks(self) -> DlibLandmarks:
        return DlibLandmarks()

    @cached_property
    def _network(self) -> Any:
        return dlib.face_recognition_model_v1(models.face_recognition_model_location())


def _rectangle(box: Box) -> Any:
    return dlib.rectangle(round(box.left), round(box.top), round(box.right), round(box.bottom))


def _shape(points: Points) -> Any:
    low, high = points.min(axis=0), points.max(axis=0)
    corners = [dlib.point(round(float(x)), round(float(y))) for x, y in points]
    return dlib.full_object_detection(_rectangle(Box(*map(float, (*low, *high)))), corners)
