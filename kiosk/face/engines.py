"""Which engine the settings name. The network's child imports this file too: nothing heavy at the top."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.core.config import Face
from kiosk.core.faces import DETECTOR, RECOGNISER

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.base.face import FaceEngine


def maker(face: Face) -> Callable[[], FaceEngine]:
    """Makes the engine of these settings, here or in another process."""
    return partial(make_engine, face.engine, face.models_dir)


def make_engine(name: str, models_dir: str) -> FaceEngine:
    """Raises `Unavailable` when a model file is missing."""
    if name == "opencv":
        from drivers.face.dlib_engine import DlibLandmarks
        from drivers.face.opencv_engine import OpenCVEngine

        folder = Path(models_dir)
        return OpenCVEngine(folder / DETECTOR, folder / RECOGNISER, DlibLandmarks())
    from drivers.face.dlib_engine import DlibEngine

    return DlibEngine()
