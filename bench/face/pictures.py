"""The pictures of FACES_DIR, embedded once: our way and stock face_recognition's."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.base.face import FaceEngine, Points
from drivers.face import geometry

COLUMNS = 128 + 128 + 136
"""Ours, stock's and the 68 points of one picture, as one row of the cache; all NaN where no face is found."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture of a person. `stock` is what `face_recognition.face_encodings` returns, not normalised."""

    path: Path
    ours: NDArray[np.float32]
    stock: NDArray[np.float32]
    points: Points

    @property
    def frontal(self) -> bool:
        """Fit to be made to turn and blink: looks at the camera with open eyes."""
        turn = geometry.turn(self.points)
        straight = max(abs(turn.cheeks), abs(turn.midline), abs(geometry.roll_deg(self.points)) / 160) < 0.05
        return straight and geometry.eye_opening(self.points) > 0.24

    def pixels(self) -> NDArray[np.uint8]:
        """The picture, RGB."""
        return np.asarray(cv2.cvtColor(read(self.path), cv2.COLOR_BGR2RGB), np.uint8)


People = Mapping[str, list[Picture]]


def folder() -> Path:
    """Where the pictures are."""
    return Path(os.environ.get("FACES_DIR", "../shared/faces"))


def load() -> People | None:
    """Everybody with at least one detectable face; None without pictures."""
    paths = sorted(folder().rglob("*.jpg"))
    if not paths:
        return None
    rows = _rows(paths)
    people: dict[str, list[Picture]] = {}
    for path, row in zip(paths, rows, strict=True):
        if np.isfinite(row).all():
            picture = Picture(path, row[:128], row[128:256], row[256:].reshape(68, 2))
            people.setdefault(path.parent.name, []).append(picture)
    return people


def read(path: Path) -> NDArray[np.uint8]:
    """A picture as OpenCV reads it, BGR."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise FileNotFoundError(path)
    return np.asarray(picture, np.uint8)


def _rows(paths: list[Path]) -> NDArray[np.float32]:
    cache = Path(os.environ.get("FACES_CACHE", Path.home() / ".cache" / "hadir"))
    listing = "\n".join(f"{path.parent.name}/{path.name} {path.stat().st_size}" for path in paths)
    kept = cache / f"faces-{hashlib.sha256(listing.encode()).hexdigest()[:16]}.npy"
    if kept.exists():
        return np.asarray(np.load(kept), np.float32)
    rows = np.stack(list(_embed_all(paths)))
    cache.mkdir(parents=True, exist_ok=True)
    np.save(kept, rows)
    return rows


def _embed_all(paths: list[Path]) -> Iterable[NDArray[np.float32]]:
    start = time.monotonic()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for number, row in enumerate(pool.map(_embed, paths, chunksize=20), 1):
            if number % 200 == 0:
                spent = time.monotonic() - start
                print(
                    f"face: {number} of {len(paths)} pictures in {spent:.0f} s", file=sys.stderr, flush=True
                )
            yield row


def _embed(path: Path) -> NDArray[np.float32]:
    from bench.face.stock import face_encodings
    from drivers.face.dlib_engine import DlibEngine

    if not _ENGINES:
        _ENGINES.append(DlibEngine())
    engine = _ENGINES[0]
    rgb = np.asarray(cv2.cvtColor(read(path), cv2.COLOR_BGR2RGB), np.uint8)
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    boxes = engine.detect(grey)
    if not boxes:
        return np.full(COLUMNS, np.nan, np.float32)
    middle = np.array(rgb.shape[1::-1]) / 2
    box = min(boxes, key=lambda box: float(np.abs(np.array(box.centre) - middle).sum()))
    points = engine.landmarks(grey, box)
    ours = engine.embed(engine.align(rgb, points))
    place = (round(box.top), round(box.right), round(box.bottom), round(box.left))
    stock = face_encodings(rgb, [place])[0]
    return np.concatenate([ours, stock, points.ravel()]).astype(np.float32)


_ENGINES: list[FaceEngine] = []
"""One for each worker process."""
