"""Follows faces from frame to frame with the landmarks, and asks the dear detector only now and then."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from drivers.base.camera import Frame, Pixels
from drivers.base.face import Box, FaceEngine, Points
from drivers.face import geometry, images

SAME_FACE = 0.3
"""Overlap from which a detection and a track are one face."""
SLIP = (0.8, 1.35)
"""How much a face may grow or shrink between two detections; beyond it, landmarks have slipped off a head."""


@dataclass(slots=True, eq=False)
class Track:
    """One face while it stays in view."""

    number: int
    points: Points
    box: Box
    """Where the landmarks are looked for next, in full-frame pixels."""
    since_s: float
    confirmed_s: float
    """When the detector last agreed."""
    _shape: tuple[float, float, float] = field(default=(0.0, 0.0, 1.0))
    _size_px: float = 1.0

    def confirm(self, box: Box, points: Points, at_s: float) -> None:
        """Take a detection over, and remember how such a box lies around its points."""
        around = geometry.bounds(points)
        (bx, by), (px, py) = box.centre, around.centre
        size = _size(points)
        self._shape, self._size_px = ((bx - px) / size, (by - py) / size, box.width / size), size
        self.box, self.points, self.confirmed_s = box, points, at_s

    def follow(self, points: Points) -> None:
        """Move the box along with the points; not when they shrank onto an eye, to stay there."""
        (px, py), size = geometry.bounds(points).centre, _size(points)
        self.points = points
        if SLIP[0] < size / self._size_px < SLIP[1]:
            dx, dy, width = self._shape
            half = width * size / 2
            x, y = px + dx * size, py + dy * size
            self.box = Box(x - half, y - half, x + half, y + half)


class FaceTracker:
    """Detects on the small frame every `detect_every_s`, follows with landmarks in between."""

    def __init__(self, engine: FaceEngine, detect_every_s: float = 0.3, lost_after_s: float = 0.7) -> None:
        self._engine = engine
        self._detect_every_s = detect_every_s
        self._lost_after_s = lost_after_s
        self._detected_s = -1e9
        self._count = 0
        self.tracks: list[Track] = []
        self.grey: Pixels | None = None
        """The last full frame in grey; None when it was not needed."""

    def step(self, frame: Frame, moved: bool) -> list[Track]:
        """The faces in this frame; looks for new ones only when something moved or somebody is there."""
        if not self.tracks and not moved:
            return []
        self.grey = images.grey(frame.pixels) if self.tracks else None
        if self.grey is not None:
            self._follow(self.grey)
        if frame.at_s - self._detected_s >= self._detect_every_s:
            self._detect(frame)
        return list(self.tracks)

    def _follow(self, grey: Pixels) -> None:
        for track in self.tracks:
            track.follow(self._engine.landmarks(grey, track.box))

    def _detect(self, frame: Frame) -> None:
        self._detected_s = frame.at_s
        boxes = [box.scaled(frame.scale) for box in self._engine.detect(frame.small)]
        for box in boxes:
            self.grey = images.grey(frame.pixels) if self.grey is None else self.grey
            self._claim(box, self._engine.landmarks(self.grey, box), frame.at_s)
        alive = [track for track in self.tracks if frame.at_s - track.confirmed_s <= self._lost_after_s]
        self.tracks = _without_doubles(alive)

    def _claim(self, box: Box, points: Points, at_s: float) -> None:
        best = max(self.tracks, key=lambda track: track.box.overlap(box), default=None)
        if best is None or best.box.overlap(box) < SAME_FACE:
            self._count += 1
            best = Track(self._count, points, box, since_s=at_s, confirmed_s=at_s)
            self.tracks.append(best)
        best.confirm(box, points, at_s)


def _size(points: Points) -> float:
    return max(float(np.sqrt(points.var(axis=0).sum())), 1.0)


def _without_doubles(tracks: list[Track]) -> list[Track]:
    """Two tracks that slid onto one face: the older one stays."""
    kept: list[Track] = []
    for track in tracks:
        if all(track.box.overlap(other.box) < SAME_FACE for other in kept):
            kept.append(track)
    return kept
