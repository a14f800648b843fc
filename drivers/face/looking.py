"""Faces in one picture, without following them: for photos beside a punch, and pictures from files."""

from __future__ import annotations

import cv2
import numpy as np

from drivers.base.camera import Frame, Pixels
from drivers.base.face import FaceEngine, Points
from drivers.face import geometry, images

WIDTHS_PX = (640, 1600)
"""A picture is looked through at these widths until a face is found: near ones cost little."""
SMALL_PX = 600
"""A picture smaller than this is looked through at twice its size too."""


def in_frame(engine: FaceEngine, frame: Frame, least_px: float) -> list[Points]:
    """The 68 points of each face with at least `least_px` between the eyes, the largest first."""
    boxes = engine.detect(frame.small)
    if not boxes:
        return []
    grey = images.grey(frame.pixels)
    found = (engine.landmarks(grey, box.scaled(frame.scale)) for box in boxes)
    return _largest_first([points for points in found if geometry.eye_distance_px(points) >= least_px])


def in_picture(engine: FaceEngine, rgb: Pixels) -> tuple[Pixels, list[Points]]:
    """The picture as it was looked through, and the points of each face in it, the largest first."""
    sizes = [images.within(rgb, width, width) for width in WIDTHS_PX]
    if max(rgb.shape[:2]) < SMALL_PX:
        double = cv2.resize(rgb, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        sizes.append(np.asarray(double, np.uint8))
    for picture in sizes:
        grey = images.grey(picture)
        if boxes := engine.detect(grey):
            return picture, _largest_first([engine.landmarks(grey, box) for box in boxes])
    return rgb, []


def alone(faces: list[Points]) -> bool:
    """Whether the first face is the only large one: people far behind it do not count."""
    return len(faces) == 1 or geometry.face_size_px(faces[0]) > 1.6 * geometry.face_size_px(faces[1])


def _largest_first(faces: list[Points]) -> list[Points]:
    return sorted(faces, key=geometry.face_size_px, reverse=True)
