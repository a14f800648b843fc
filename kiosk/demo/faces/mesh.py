"""A head as triangles over a picture: the 68 points with depths, then hair and the picture's border."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Array = NDArray[np.float32]

_JAW = (-0.64, -0.62, -0.58, -0.52, -0.42, -0.30, -0.18, -0.08, -0.02)
_BROW = (-0.18, -0.02, 0.06, 0.10, 0.12)
_EYE = (-0.08, 0.0, 0.0, 0.0, 0.0, -0.02)
_NOSE = (0.10, 0.18, 0.27, 0.36, 0.12, 0.17, 0.20, 0.17, 0.12)
_LIPS = (0.02, 0.10, 0.15, 0.16, 0.15, 0.10, 0.02, 0.09, 0.13, 0.14, 0.13, 0.09)
_INNER_LIPS = (0.03, 0.11, 0.12, 0.11, 0.03, 0.10, 0.11, 0.10)
_LEFT_EYE = (0.0, 0.0, 0.0, -0.08, -0.02, 0.0)

DEPTHS = np.array(
    (*_JAW, *_JAW[-2::-1], *_BROW, *_BROW[::-1], *_NOSE, *_EYE, *_LEFT_EYE, *_LIPS, *_INNER_LIPS), np.float32
)
"""Depth of the 68 points towards the viewer, in nasion-chin distances, of an average adult head.

Read off published anthropometric means (nose protrusion 2 cm, ear 9 cm behind the eye corner); no scan.
"""
UPPER_LIDS, LOWER_LIDS = (37, 38, 43, 44), (41, 40, 47, 46)


@dataclass(frozen=True, slots=True)
class Mesh:
    """Points in pixels of `picture`, depth towards the viewer; `head` is 1 on the head, 0 on the border."""

    picture: Picture
    rest: Array
    depth: Array
    head: Array
    triangles: NDArray[np.int32]
    lids: NDArray[np.int32]
    size_px: float
    centre: Array
    behind: Picture | None = None
    """Seen where no triangle is."""


def build(picture: Picture, points: Array) -> Mesh:
    """The mesh of the face with these 68 points, in a picture that shows some space around the head."""
    size = float(np.linalg.norm(points[8] - points[27]))
    down = (points[8] - points[27]) / size
    across = np.array([-down[1], down[0]], np.float32) * -1
    lids = np.concatenate([_beyond(points, _UPPER, _LOWER, 0.45), _beyond(points, _LOWER, _UPPER, 0.3)])
    hair, hair_depth = _hair(points, down, across, size)
    border = _border(picture.shape[1], picture.shape[0])
    rest = np.concatenate([points, lids, hair, border]).astype(np.float32)
    depth = np.concatenate(
        [DEPTHS * size, np.full(len(lids), 0.03 * size), hair_depth, np.zeros(len(border))]
    )
    head = np.ones(len(rest), np.float32)
    head[-len(border) :] = 0
    lid_numbers = np.arange(len(points), len(points) + len(lids), dtype=np.int32)
    centre = points.mean(axis=0) + down * size * 0.1
    return Mesh(
        picture, rest, depth.astype(np.float32), head, _delaunay(rest, picture), lid_numbers, size, centre
    )


_UPPER, _LOWER = list(UPPER_LIDS), list(LOWER_LIDS)


def _beyond(points: Array, edge: list[int], other: list[int], part: float) -> Array:
    """Points outside the eye, past its edge by a part of its height: the rim of the lid."""
    return np.asarray(points[edge] + (points[edge] - points[other]) * part, np.float32)


def _hair(points: Array, down: Array, across: Array, size: float) -> tuple[Array, Array]:
    """Forehead and outline of the hair, guessed from the brows and the jaw."""
    brow, rows = points[17:27], []
    depths = []
    for up, depth in ((0.30, 0.04), (0.62, -0.25)):
        rows.append(brow - down * size * up)
        depths.append(
            np.full(len(brow), depth * size) - np.abs(np.linspace(-1, 1, len(brow))) ** 2 * 0.3 * size
        )
    sides = np.concatenate([points[[0, 1]] - across * size * 0.12, points[[15, 16]] + across * size * 0.12])
    temples = np.stack([points[0] - down * size * 0.45, points[16] - down * size * 0.45])
    outline = np.concatenate([*rows, sides, temples])
    return outline, np.concatenate([*depths, np.full(len(sides) + len(temples), -0.68 * size)])


def _border(width: int, height: int) -> Array:
    xs, ys = np.linspace(0, width - 1, 7), np.linspace(0, height - 1, 6)
    edge = [(x, y) for x in xs for y in (0, height - 1)] + [(x, y) for y in ys[1:-1] for x in (0, width - 1)]
    return np.array(edge, np.float32)


def _delaunay(rest: Array, picture: Picture) -> NDArray[np.int32]:
    height, width = picture.shape[:2]
    plane = cv2.Subdiv2D((-width, -height, 3 * width, 3 * height))
    where: dict[tuple[float, float], int] = {}
    for number, (x, y) in enumerate(rest):
        key = (float(np.float32(x)), float(np.float32(y)))
        where.setdefault(key, number)
        plane.insert(key)
    found = []
    for x1, y1, x2, y2, x3, y3 in plane.getTriangleList():
        corners = [where.get((float(x), float(y))) for x, y in ((x1, y1), (x2, y2), (x3, y3))]
        if None not in corners:
            found.append(corners)
    return np.array(found, np.int32)


def render(mesh: Mesh, moved: Array, depth: Array) -> Picture:
    """The picture with every mesh point at `moved`, far triangles painted first."""
    behind = mesh.picture if mesh.behind is None else mesh.behind
    owner = _owners(mesh, moved, depth, behind.shape[:2])
    across, down = _maps(_affine(moved[mesh.triangles], mesh.rest[mesh.triangles]), owner)
    drawn = cv2.remap(mesh.picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    bare = owner < 0
    drawn[bare] = behind[bare]
    return np.asarray(drawn, np.uint8)


def _maps(affine: Array, owner: NDArray[np.int32]) -> tuple[Array, Array]:
    """Where in the picture each pixel's colour comes from: x and y."""
    xs, ys = _pixels(owner.shape)
    chosen = owner.astype(np.intp)
    return (
        _affine_of(affine[:, 0].T, chosen, xs, ys),
        _affine_of(affine[:, 1].T, chosen, xs, ys),
    )


def _affine_of(rows: Array, chosen: NDArray[np.intp], xs: Array, ys: Array) -> Array:
    """Each pixel's own `a x + b y + c`; in place, for a clip has many pixels."""
    a, b, c = (np.ascontiguousarray(row).take(chosen) for row in rows)
    a *= xs
    b *= ys
    a += b
    a += c
    return a


@cache
def _pixels(shape: tuple[int, ...]) -> Array:
    """Each pixel's x, and each pixel's y."""
    return np.indices(shape, np.float32)[::-1]


def _owners(mesh: Mesh, moved: Array, depth: Array, shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Which triangle each pixel shows; -1 for none."""
    owner = np.full(shape, -1, np.int32)
    corners = np.round(moved[mesh.triangles] * 16).astype(np.int32)
    for number in np.argsort(depth[mesh.triangles].mean(axis=1)):
        cv2.fillConvexPoly(owner, corners[number], int(number), cv2.LINE_8, 4)
    return owner


def _affine(targets: Array, sources: Array) -> Array:
    """For each triangle the 2 x 3 matrix from its place in the drawing to its place in the picture."""
    whole = np.concatenate([targets, np.ones((*targets.shape[:2], 1), np.float32)], axis=2)
    flat = np.abs(np.linalg.det(whole)) < 1e-3
    whole[flat] = np.eye(3, dtype=np.float32)
    return np.linalg.solve(whole, sources).transpose(0, 2, 1).astype(np.float32)
