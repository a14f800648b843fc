"""A person in front of a camera: stands, breathes, blinks, and answers what is asked after a moment."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal, get_args

import cv2
import numpy as np

from kiosk.demo.faces import mesh
from kiosk.demo.faces.mesh import Array, Picture

Act = Literal["blink", "left", "right", "closer"]
ACTS: tuple[Act, ...] = get_args(Act)
Move = Act | Literal["up", "down"]

SIZE = (640, 480)
_CAMERA_AT = 5.5
"""Distance of the camera in nasion-chin distances: some 60 cm."""
_NECK = -0.8


@dataclass(frozen=True, slots=True)
class Motion:
    """One act: begins at `start_s`, lasts `length_s`."""

    act: Move
    start_s: float
    length_s: float
    strength: float = 1.0

    def level(self, at_s: float) -> float:
        """0 before and after, 1 in the middle, smooth."""
        part = (at_s - self.start_s) / self.length_s
        if not 0 < part < 1:
            return 0.0
        ramp = min(part, 1 - part) / 0.35
        return self.strength * (1.0 if ramp >= 1 else float(0.5 - 0.5 * np.cos(np.pi * ramp)))


@dataclass(slots=True)
class Person:
    """One picture brought to life. `draw(at_s)` gives the camera's picture, 640 x 480 RGB.

    Left and right are the person's own: someone who turns left looks to the right of the picture.
    """

    shape: mesh.Mesh
    seed: int = 0
    motions: list[Motion] = field(default_factory=list)
    turn_deg: float = 22.0
    nod_deg: float = 14.0
    approach: float = 1.38
    restless: float = 1.0
    """How much they sway by themselves."""

    def answer(self, act: Act, asked_s: float) -> None:
        """Do what was asked, after a reaction of 0.3 to 0.7 s."""
        draw = random.Random(f"{self.seed} {act} {asked_s}")
        length = {"blink": draw.uniform(0.3, 0.45), "closer": 1.6}.get(act, draw.uniform(1.0, 1.4))
        self.motions.append(Motion(act, asked_s + draw.uniform(0.3, 0.7), length, draw.uniform(0.9, 1.15)))

    def blink_by_itself(self, until_s: float) -> None:
        """Spontaneous blinks, some fifteen a minute."""
        draw = random.Random(self.seed)
        at_s = draw.uniform(0.5, 4.0)
        while at_s < until_s:
            self.motions.append(Motion("blink", at_s, draw.uniform(0.2, 0.35)))
            at_s += draw.uniform(2.0, 6.0)

    def draw(self, at_s: float) -> Picture:
        """The person at this moment."""
        return mesh.render(self.shape, *self._pose_at(at_s))

    def points(self, at_s: float) -> Array:
        """Where the 68 points are at this moment."""
        return self._pose_at(at_s)[0][:68]

    def shut(self, at_s: float) -> float:
        """How far the lids are down, 0 to 1."""
        return min(self._level("blink", at_s), 1.0)

    def _pose_at(self, at_s: float) -> tuple[Array, Array]:
        yaw = (self._level("left", at_s) - self._level("right", at_s)) * self.turn_deg
        drift = [sway(at_s, self.seed, channel) * self.restless for channel in range(6)]
        yaw += drift[0] * 2.5
        pitch, roll = drift[1] * 2.0, drift[2] * 1.5
        pitch += (self._level("up", at_s) - self._level("down", at_s)) * self.nod_deg
        shift = np.array([drift[3], drift[4] * 0.6], np.float32) * 0.03
        near = 1 + (self.approach - 1) * self._level("closer", at_s) + 0.01 * drift[5]
        points = self._lids(self.shut(at_s))
        return self._posed(points, yaw, pitch, roll, shift * self.shape.size_px, near)

    def _level(self, act: Move, at_s: float) -> float:
        return min(1.2, sum(motion.level(at_s) for motion in self.motions if motion.act == act))

    def _lids(self, shut: float) -> Array:
        points = self.shape.rest.copy()
        for upper, lower in zip(mesh.UPPER_LIDS, mesh.LOWER_LIDS, strict=True):
            points[upper] += (points[lower] - points[upper]) * 0.97 * shut
        rims, under = self.shape.lids[:4], list(mesh.LOWER_LIDS)
        points[rims] += (points[under] - points[rims]) * 0.9 * shut
        return points

    def _posed(
        self, points: Array, yaw: float, pitch: float, roll: float, shift: Array, near: float
    ) -> tuple[Array, Array]:
        size, centre = self.shape.size_px, self.shape.centre
        pivot = np.array([*centre, _NECK * size], np.float32)
        solid = np.column_stack([points, self.shape.depth]) - pivot
        turned = solid @ rotation(yaw, pitch, roll).T + pivot
        distance = _CAMERA_AT * size / near
        scale = near * (_CAMERA_AT * size / near) / np.maximum(distance - turned[:, 2], size)
        seen = (turned[:, :2] - centre) * scale[:, None] + centre + shift
        flat = _CAMERA_AT * size / np.maximum(_CAMERA_AT * size - self.shape.depth, size)
        seen -= ((points - centre) * (flat - 1)[:, None]) * near
        on_head = self.shape.head[:, None] > 0
        return np.where(on_head, seen, points).astype(np.float32), turned[:, 2] - (1 - self.shape.head) * 1e4


def of_picture(picture: Picture, points: Array, seed: int = 0, face_px: float = 130.0) -> Person:
    """The person in a picture, given the 68 points; the face gets `face_px` from nasion to chin."""
    scale = face_px / float(np.linalg.norm(points[8] - points[27]))
    larger = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    scene, offset = _scene(np.asarray(larger, np.uint8), points.mean(axis=0) * scale)
    return Person(mesh.build(scene, (points * scale + offset).astype(np.float32)), seed)


def _scene(picture: Picture, face: Array) -> tuple[Picture, Array]:
    """The picture cut or continued to the camera's size, with the face in the middle."""
    width, height = SIZE
    left, top = int(width / 2 - face[0]), int(height * 0.52 - face[1])
    right, bottom = width - left - picture.shape[1], height - top - picture.shape[0]
    pad_top, pad_bottom, pad_left, pad_right = (max(0, pad) for pad in (top, bottom, left, right))
    wide = cv2.copyMakeBorder(picture, pad_top, pad_bottom, pad_left, pad_right, cv2.BORDER_REPLICATE)
    cut_left, cut_top = max(0, -left), max(0, -top)
    scene = wide[cut_top : cut_top + height, cut_left : cut_left + width]
    return np.ascontiguousarray(scene, np.uint8), np.array([left, top], np.float32)


def sway(at_s: float, seed: int, channel: int) -> float:
    """Slow wandering between -1 and 1: three sines with a person's own phases."""
    draw = random.Random(f"{seed} {channel}")
    waves = ((draw.uniform(0.15, 0.35), 0.6), (draw.uniform(0.5, 0.9), 0.3), (draw.uniform(1.2, 2.0), 0.1))
    return sum(weight * float(np.sin(2 * np.pi * (hz * at_s + draw.random()))) for hz, weight in waves)


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Array:
    """The matrix of a turn about the upright axis, then a nod, then a tilt to the side."""
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y, np.float32)
