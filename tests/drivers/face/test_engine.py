"""The real network on real pictures."""

from __future__ import annotations

import os
import signal
import time
import warnings

import numpy as np
import pytest

from drivers.base.camera import Pixels
from drivers.base.errors import Unavailable
from drivers.base.face import Points, Vector
from drivers.face.dlib_engine import DlibEngine
from drivers.face.embedder import ProcessEmbedder

pytestmark = pytest.mark.faces
Pictures = list[tuple[Pixels, Points]]


def test_the_same_face_is_nearer_than_another(engine: DlibEngine, pictures: Pictures) -> None:
    (first, first_points), (second, second_points) = pictures[:2]
    darker = (first * 0.7).astype(np.uint8)
    one, again, other = (
        engine.embed(engine.align(rgb, points))
        for rgb, points in ((first, first_points), (darker, first_points), (second, second_points))
    )
    assert np.linalg.norm(one) == pytest.approx(1.0, abs=1e-5)
    assert one @ again > 0.97 > one @ other


def test_the_embedding_is_face_recognitions(engine: DlibEngine, pictures: Pictures) -> None:
    """Without the mirror image it is what stock `face_encodings(model="large")` gives, but for its length."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import face_recognition
    rgb, points = pictures[0]
    low, high = points.min(axis=0), points.max(axis=0)
    place = (int(low[1]), int(high[0]), int(high[1]), int(low[0]))
    stock = face_recognition.face_encodings(rgb, [place], model="large")[0]
    ours = engine.embed(engine.align(rgb, points))
    assert ours @ (stock / np.linalg.norm(stock)) > 0.97


def test_the_network_runs_in_a_process_of_its_own(engine: DlibEngine, pictures: Pictures) -> None:
    chip = engine.align(*pictures[0])
    embedder = ProcessEmbedder(DlibEngine)
    try:
        embedder.submit(7, chip)
        results = _wait_for(embedder)
        assert results[0][0] == 7
        assert results[0][1] @ engine.embed(chip) == pytest.approx(1.0, abs=1e-4)
    finally:
        embedder.stop()


def test_a_killed_network_is_noticed_and_replaced(engine: DlibEngine, pictures: Pictures) -> None:
    chip = engine.align(*pictures[0])
    embedder = ProcessEmbedder(DlibEngine)
    try:
        embedder.submit(1, chip)
        assert embedder.pid is not None
        os.kill(embedder.pid, signal.SIGKILL)
        with pytest.raises(Unavailable):
            _wait_for(embedder)
        embedder.submit(2, chip)
        results = _wait_for(embedder)
        assert results[0][0] == 2
    finally:
        embedder.stop()


def _wait_for(embedder: ProcessEmbedder) -> list[tuple[int, Vector]]:
    while not (results := embedder.finished()):
        time.sleep(0.02)
    return results
