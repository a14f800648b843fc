"""Clips for the emulated camera, made of a person of `kiosk.demo.faces`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from drivers.base.camera import Pixels
from kiosk.demo.faces import attack, person

FPS = 15
LENGTHS_S = {"blink": 1.0, "left": 2.2, "right": 2.2, "closer": 2.6}


def film(folder: Path, draw: Callable[[float], Pixels], seconds: float) -> Path:
    """The pictures `draw` gives, as JPEG files."""
    folder.mkdir(parents=True)
    for number in range(round(seconds * FPS)):
        bgr = cv2.cvtColor(draw(number / FPS), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{number:04}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, 88])
    return folder


def empty_room(folder: Path) -> Path:
    """Nobody there."""
    rng = np.random.default_rng(0)
    wall = cv2.resize(rng.integers(70, 150, (6, 8, 3), np.uint8), person.SIZE, interpolation=cv2.INTER_CUBIC)
    grain = [np.clip(wall + rng.normal(0, 2, wall.shape), 0, 255).astype(np.uint8) for _ in range(8)]
    return film(folder, lambda at_s: grain[round(at_s * FPS) % 8], 8 / FPS)


def standing(folder: Path, who: person.Person, seconds: float = 2.0) -> Path:
    """Somebody who waits."""
    return film(folder, who.draw, seconds)


def acts(folder: Path, who: person.Person) -> dict[str, Path]:
    """Each act once, after a person's reaction."""
    found: dict[str, Path] = {}
    for act in person.ACTS:
        doing = person.Person(who.shape, who.seed)
        doing.answer(act, 0.0)
        found[act] = film(folder / act, doing.draw, LENGTHS_S[act])
    return found


def flat(folder: Path, who: person.Person, kind: str = "print moved", seconds: float = 4.0) -> Path:
    """A sheet of paper with their face."""
    return film(folder, attack.of_kind(kind, who, 2).draw, seconds)
