"""One kiosk-face for a module: the real process, before an emulated camera, with a test as its kioskd."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.face.desk import Desk, FaceUnderTest
from drivers.base.face import Vector
from drivers.emulated.camera import EmulatedCamera
from drivers.face import images
from drivers.face.dlib_engine import DlibEngine
from kiosk.core.config import Camera
from kiosk.demo.faces import person
from tests.face.clips import empty_room


@dataclass
class Astronaut:
    """The one person whose picture comes in a package (NASA, public domain, in scikit-image)."""

    file: Path
    engine: DlibEngine
    person: person.Person
    vectors: list[Vector]


@pytest.fixture(scope="session")
def astronaut() -> Astronaut:
    package = importlib.util.find_spec("skimage")
    places = list(package.submodule_search_locations or []) if package else []
    if not places:
        pytest.skip("needs scikit-image")
    file = Path(places[0]) / "data" / "astronaut.png"
    picture = cv2.imread(str(file))
    assert picture is not None
    rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    engine = DlibEngine()
    (box,) = engine.detect(images.grey(rgb))
    points = engine.landmarks(images.grey(rgb), box)
    vector = engine.embed(engine.align(rgb, points))
    return Astronaut(file, engine, person.of_picture(rgb, points, seed=1), [vector])


@dataclass
class Rig:
    """All three ends of it."""

    desk: Desk
    camera: EmulatedCamera
    face: FaceUnderTest
    settings: Camera


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("rig")
    camera = EmulatedCamera(empty_room(folder / "idle"))
    camera.start()
    desk = Desk(folder / "face.sock")
    face = FaceUnderTest(desk.path, folder / "log")
    settings = Camera(driver="opencv", source=camera.url, width_px=640, height_px=480, simulated=True)
    yield Rig(desk, camera, face, settings)
    face.process.kill()
    face.process.wait()
    desk.close()
    camera.stop()
