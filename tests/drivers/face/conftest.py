"""One person's picture for the tests that run the real network: the machine's own, never kept here."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.base.camera import Pixels
from drivers.base.face import Points
from drivers.face.dlib_engine import DlibEngine
from drivers.face.images import grey
from kiosk.demo.faces import person


def _portraits() -> list[Path]:
    """The astronaut of scikit-image where it is installed, else pictures of FACES_DIR."""
    package = importlib.util.find_spec("skimage")
    places = list(package.submodule_search_locations or []) if package else []
    astronaut = [Path(place) / "data" / "astronaut.png" for place in places]
    folder = Path(os.environ.get("FACES_DIR", "../shared/faces"))
    return [path for path in astronaut if path.exists()] + sorted(folder.rglob("*_0003.jpg"))[:12]


@pytest.fixture(scope="session")
def engine() -> DlibEngine:
    return DlibEngine()


@pytest.fixture(scope="session")
def pictures(engine: DlibEngine) -> list[tuple[Pixels, Points]]:
    """Pictures of different people with the 68 points of the face."""
    found = []
    for path in _portraits():
        picture = cv2.imread(str(path))
        assert picture is not None
        rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
        boxes = engine.detect(grey(rgb))
        if len(boxes) == 1:
            found.append((rgb, engine.landmarks(grey(rgb), boxes[0])))
    if len(found) < 4:
        pytest.skip("needs pictures of people: set FACES_DIR")
    return found


@pytest.fixture
def people(pictures: list[tuple[Pixels, Points]]) -> list[person.Person]:
    return [person.of_picture(rgb, points, seed) for seed, (rgb, points) in enumerate(pictures)]
