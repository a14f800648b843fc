"""Measures on the 68 points (iBUG 300-W order), in pixels or in parts of the face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivers.base.face import Box, Points, Vector

RIGHT_EYE = slice(36, 42)
"""The person's own right eye, at the left of the picture."""
LEFT_EYE = slice(42, 48)
NOSE_TIP = 30
NASION = 27
CHIN = 8


def eye_centres(points: Points) -> tuple[Vector, Vector]:
    """The middles of the eye at the left and the eye at the right of the picture."""
    return points[RIGHT_EYE].mean(axis=0), points[LEFT_EYE].mean(axis=0)


def eye_distance_px(points: Points) -> float:
    """Pixels between the eyes; shrinks when the head turns."""
    right, left = eye_centres(points)
    return float(np.linalg.norm(left - right))


def roll_deg(points: Points) -> float:
    """Clockwise tilt of the line between the eyes."""
    right, left = eye_centres(points)
    return float(np.degrees(np.arctan2(left[1] - right[1], left[0] - right[0])))


def face_size_px(points: Points) -> float:
    """Distance from nasion to chin: unlike the eyes' distance it does not shrink when the head turns."""
    return float(np.linalg.norm(points[CHIN] - points[NASION]))


def upright(points: Points) -> Points:
    """The points turned level, with the eyes' middle at the origin and the nasion-chin distance as unit."""
    right, left = eye_centres(points)
    angle = np.arctan2(left[1] - right[1], left[0] - right[0])
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]], dtype=np.float32)
    level: Points = ((points - (left + right) / 2) @ turn / max(face_size_px(points), 1e-6)).astype(
        np.float32
    )
    return level


@dataclass(frozen=True, slots=True)
class Turn:
    """Three readings of the head's turn, positive towards the right of the picture, in face heights.

    A flat picture tilted in space changes none of them much. One bent around an upright axis moves
    `cheeks` alone, one bent around a level axis `midline` alone: only a head moves both.
    """

    cheeks: float
    """How much nearer the nose tip is to the outline on one side than on the other."""
    midline: float
    """How far the nose tip leaves the line from nasion to chin."""

    @property
    def sure(self) -> float:
        """The part both readings agree on; 0 when they contradict each other."""
        if self.cheeks * self.midline <= 0:
            return 0.0
        return float(np.sign(self.cheeks) * min(abs(self.cheeks), abs(self.midline)))


def turn(points: Points) -> Turn:
    """How the head is turned."""
    level = upright(points)
    nose = level[28:31].mean(axis=0) * 0.3 + level[NOSE_TIP] * 0.7
    outline = (level[1:5, 0].mean() + level[12:16, 0].mean()) / 2
    cheeks = float(nose[0] - outline)
    down = level[CHIN] - level[NASION]
    at = level[NASION] + down * float((nose - level[NASION]) @ down / (down @ down))
    return Turn(cheeks, float(nose[0] - at[0]))


def nod(points: Points) -> float:
    """How far below the eyes the nose tip is, in face heights: less when the head is raised.

    Everybody's own at rest; 0.0078 a degree (generated heads, 10 to 24 degrees).
    """
    return float(upright(points)[NOSE_TIP, 1])


def eye_opening(points: Points) -> float:
    """Height over width of both eyes (Soukupova and Cech 2016): 0.25-0.35 open, below 0.2 shut."""
    return (_opening(points[RIGHT_EYE]) + _opening(points[LEFT_EYE])) / 2


def _opening(eye: Points) -> float:
    height = float(np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4]))
    return height / max(2 * float(np.linalg.norm(eye[0] - eye[3])), 1e-6)


def bounds(points: Points) -> Box:
    """The smallest upright box around the points."""
    low, high = points.min(axis=0), points.max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
