"""How long the network's process is waited for: longer on a slower machine, never for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from drivers.base.camera import Pixels
from drivers.base.errors import Timeout
from drivers.base.face import Box, FaceEngine, Points, Vector
from drivers.face import embedder
from drivers.face.embedder import SLOWER, ProcessEmbedder

FACE, HANGS = np.ones((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
LOADING_S, TIMEOUT_S = 100.0, 10.0


class Engine(FaceEngine):
    """Answers at once, but for ever thinks about one face."""

    family, dimensions = "fake", 1

    def detect(self, grey: Pixels) -> list[Box]:
        return []

    def landmarks(self, grey: Pixels, box: Box) -> Points:
        return np.zeros((68, 2), np.float32)

    def align(self, rgb: Pixels, points: Points) -> Pixels:
        return rgb

    def embed(self, chip: Pixels) -> Vector:
        while not chip.any():
            time.sleep(60)
        return np.ones(1, np.float32)


class Clock:
    """Stands in for the module `time`."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(embedder, "time", made)
    return made


@pytest.fixture
def network(clock: Clock) -> Iterator[ProcessEmbedder]:
    made = ProcessEmbedder(Engine, TIMEOUT_S, LOADING_S)
    yield made
    made.stop()


def answers(network: ProcessEmbedder, count: int) -> None:
    while count:
        count -= len(network.finished())
        time.sleep(0.005)


def test_a_child_that_loads_is_waited_for(network: ProcessEmbedder, clock: Clock) -> None:
    network.submit(1, HANGS)
    clock.now_s += LOADING_S - 1
    assert network.finished() == []
    clock.now_s += 2
    with pytest.raises(Timeout):
        network.finished()


def test_what_a_face_has_taken_here_is_the_measure(network: ProcessEmbedder, clock: Clock) -> None:
    network.submit(1, FACE)
    clock.now_s += 50
    answers(network, 1)
    network.submit(2, FACE)
    network.submit(3, HANGS)
    clock.now_s += 40  # each face of a queue has its own time
    answers(network, 1)
    clock.now_s += SLOWER * 50 - 1
    assert network.finished() == []
    clock.now_s += 2
    with pytest.raises(Timeout):
        network.finished()
