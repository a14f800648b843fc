"""Presentation attacks: a sheet of paper or a screen with somebody's face, held in front of the camera."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.demo.faces import mesh
from kiosk.demo.faces.mesh import Array, Picture
from kiosk.demo.faces.person import SIZE, Person, rotation, sway

Source = Callable[[float], Picture]
"""What the sheet shows at a time: always the same picture, or a clip."""

_GRID = 20
_DISTANCE = 2.2
"""Camera distance in sheet heights."""


@dataclass(frozen=True, slots=True)
class Handling:
    """How the sheet is held and moved; angles are amplitudes, `bend` the sagitta in sheet heights."""

    move: float = 0.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    bend_upright: float = 0.0
    bend_level: float = 0.0
    approach: float = 0.0
    hz: float = 0.5


@dataclass(frozen=True, slots=True)
class Surface:
    """What the sheet is made of. `margin` is its border in parts of its height, of the grey `margin_grey`."""

    height_px: float = 420.0
    margin: float = 0.05
    margin_grey: int = 245
    contrast: float = 0.9
    blur_px: float = 0.6
    moire: float = 0.0
    glare: float = 0.0


PAPER = Surface()
POSTER = Surface(height_px=640.0, margin=0.0)
PHONE = Surface(
    height_px=440.0, margin=0.045, margin_grey=12, contrast=1.05, blur_px=0.9, moire=0.10, glare=0.5
)
MONITOR = Surface(height_px=660.0, margin=0.0, contrast=1.0, blur_px=1.1, moire=0.06, glare=0.25)
CLEAN = Surface(height_px=640.0, margin=0.0, contrast=1.0, blur_px=0.7)
"""A replay that shows no moire, glare or bezel: only the challenge is left to refuse it."""
STILL = Handling(move=0.004, hz=0.3)

KINDS: dict[str, tuple[Surface, Handling]] = {
    "print held still": (PAPER, STILL),
    "print moved": (PAPER, Handling(move=0.08, roll_deg=6, yaw_deg=5, pitch_deg=4)),
    "print tilted": (PAPER, Handling(move=0.02, yaw_deg=32, pitch_deg=8)),
    "print nodded": (PAPER, Handling(move=0.02, pitch_deg=35, hz=1.2)),
    "print bent upright": (PAPER, Handling(move=0.02, yaw_deg=25, bend_upright=0.16)),
    "print bent level": (PAPER, Handling(move=0.02, yaw_deg=25, bend_level=0.12)),
    "print brought closer": (PAPER, Handling(move=0.02, approach=0.35, yaw_deg=10)),
    "poster tilted": (POSTER, Handling(move=0.03, yaw_deg=25, pitch_deg=10)),
    "phone still picture": (PHONE, Handling(move=0.04, yaw_deg=15, roll_deg=4, pitch_deg=6)),
    "replay on a phone": (PHONE, Handling(move=0.03, yaw_deg=6, roll_deg=3, pitch_deg=4)),
    "replay on a monitor": (MONITOR, STILL),
    "replay without a trace": (CLEAN, STILL),
}


class Sheet:
    """A flat or bent surface showing `source`, drawn as the kiosk's camera would see it."""

    def __init__(self, source: Source, surface: Surface, handling: Handling, seed: int = 0) -> None:
        self._source, self._surface, self._handling, self._seed = source, surface, handling, seed
        self._room = _room(seed)

    def draw(self, at_s: float) -> Picture:
        """The camera's picture at this moment, 640 x 480 RGB."""
        shown = self._print(self._source(at_s))
        moved, depth = self._placed(at_s, shown)
        sheet = _sheet_mesh(shown, self._room)
        picture = mesh.render(sheet, moved, depth)
        lit = self._screen_effects(picture.astype(np.float32), moved, at_s)
        soft = cv2.GaussianBlur(lit, (0, 0), self._surface.blur_px)
        return np.clip(soft, 0, 255).astype(np.uint8)

    def _print(self, picture: Picture) -> Picture:
        margin = round(picture.shape[0] * self._surface.margin)
        grey = self._surface.margin_grey
        framed = cv2.copyMakeBorder(
            picture, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(grey,) * 3
        )
        faded = 128 + (framed.astype(np.float32) - 128) * self._surface.contrast
        return np.asarray(np.clip(faded, 0, 255), np.uint8)

    def _placed(self, at_s: float, shown: Picture) -> tuple[Array, Array]:
        how, height = self._handling, self._surface.height_px
        across, down = np.meshgrid(np.linspace(-0.5, 0.5, _GRID + 1), np.linspace(-0.5, 0.5, _GRID + 1))
        ratio = shown.shape[1] / shown.shape[0]
        bulge = how.bend_upright * (0.25 - across**2) * 4 + how.bend_level * (0.25 - down**2) * 4
        solid = np.stack([across * ratio, down, bulge], axis=-1).reshape(-1, 3)
        turned = solid @ rotation(*(self._swing(at_s, i) * a for i, a in enumerate(self._angles()))).T
        near = 1 + how.approach * max(0.0, self._swing(at_s, 3))
        seen = turned[:, :2] * (_DISTANCE / (_DISTANCE / near - turned[:, 2]))[:, None] * height
        shift = np.array([self._swing(at_s, 4), 0.6 * self._swing(at_s, 5)]) * how.move * height
        middle = np.array(SIZE) / 2 + shift
        return (seen + middle).astype(np.float32), turned[:, 2].astype(np.float32)

    def _angles(self) -> tuple[float, float, float]:
        return self._handling.yaw_deg, self._handling.pitch_deg, self._handling.roll_deg

    def _swing(self, at_s: float, channel: int) -> float:
        """A hand's deliberate swing, -1 to 1, with the wander of a hand upon it."""
        phase = random.Random(f"{self._seed} {channel} swing").random()
        swing = float(np.sin(2 * np.pi * (self._handling.hz * at_s + phase)))
        return 0.85 * swing + 0.15 * sway(at_s, self._seed, channel)

    def _screen_effects(self, picture: Array, moved: Array, at_s: float) -> Array:
        xs, ys = _pixels()
        draw = random.Random(f"{self._seed} screen")
        if self._surface.moire:
            picture = picture * (1 + self._surface.moire * _moire(xs, ys, moved, draw))[..., None]
        if self._surface.glare:
            x, y = (
                draw.uniform(0.3, 0.7) * SIZE[0] + 40 * self._swing(at_s, 0),
                draw.uniform(0.2, 0.6) * SIZE[1],
            )
            spot = np.exp(-(((xs - x) / 50) ** 2 + ((ys - y) / 35) ** 2)).astype(np.float32)
            picture = picture + np.float32(self._surface.glare * 255) * spot[..., None]
        return picture


@cache
def _pixels() -> tuple[Array, Array]:
    """Each pixel's x, and each pixel's y."""
    xs, ys = np.meshgrid(np.arange(SIZE[0], dtype=np.float32), np.arange(SIZE[1], dtype=np.float32))
    return xs, ys


def _moire(xs: Array, ys: Array, moved: Array, draw: random.Random) -> Array:
    """The screen's pixel rows and columns, sampled by the camera's pixels without a filter: they alias."""
    top_left, top_right, bottom_left = moved[0], moved[_GRID], moved[-_GRID - 1]
    pitch = draw.uniform(1.15, 1.7)
    across, down = top_right - top_left, bottom_left - top_left
    u = ((xs - top_left[0]) * across[0] + (ys - top_left[1]) * across[1]) / np.hypot(*across) / pitch
    v = ((xs - top_left[0]) * down[0] + (ys - top_left[1]) * down[1]) / np.hypot(*down) / pitch
    return np.asarray(np.sin(2 * np.pi * u) * 0.6 + np.sin(2 * np.pi * v) * 0.4, np.float32)


def _room(seed: int) -> Picture:
    """A blurred room with a few upright edges."""
    draw = np.random.default_rng(seed)
    coarse = draw.integers(40, 200, (5, 7, 3)).astype(np.float32) * 0.4 + 80
    room = np.asarray(cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC), np.float32)
    for x in draw.integers(0, SIZE[0], 3):
        room[:, x : x + int(draw.integers(10, 60))] += np.float32(draw.integers(-25, 25))
    return np.clip(room, 0, 255).astype(np.uint8)


def _sheet_mesh(shown: Picture, room: Picture) -> mesh.Mesh:
    """The sheet's grid; what lies outside it shows the room."""
    height, width = shown.shape[:2]
    xs, ys = np.meshgrid(np.linspace(0, width - 1, _GRID + 1), np.linspace(0, height - 1, _GRID + 1))
    rest = np.stack([xs, ys], axis=-1).reshape(-1, 2).astype(np.float32)
    return mesh.Mesh(
        shown,
        rest,
        np.zeros(len(rest), np.float32),
        np.ones(len(rest), np.float32),
        _grid_triangles(),
        np.zeros(0, np.int32),
        float(height),
        rest.mean(axis=0),
        room,
    )


def _grid_triangles() -> NDArray[np.int32]:
    corner = np.arange((_GRID + 1) * _GRID).reshape(_GRID, _GRID + 1)[:, :-1].ravel()
    row = _GRID + 1
    upper = np.stack([corner, corner + 1, corner + row], axis=1)
    lower = np.stack([corner + 1, corner + row + 1, corner + row], axis=1)
    return np.concatenate([upper, lower]).astype(np.int32)


def of_kind(kind: str, person: Person, seed: int = 0) -> Sheet:
    """An attack of one of `KINDS` with the picture, or for a replay the clip, of this person."""
    surface, handling = KINDS[kind]
    if kind.startswith("replay"):
        return Sheet(person.draw, surface, handling, seed)
    still = person.draw(0.0)
    return Sheet(lambda _at_s: still, surface, handling, seed)
