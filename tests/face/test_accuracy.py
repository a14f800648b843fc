"""The bench of accuracy, on faces that are only numbers: a direction each, and the noise of each picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.face import accuracy
from bench.face.pictures import Picture
from drivers.base.face import Vector

PICTURES = 6


def noisy(direction: Vector, random: np.random.Generator) -> Vector:
    mixed = direction + random.normal(0, 0.04, 128).astype(np.float32)
    return np.asarray(mixed / np.linalg.norm(mixed), np.float32)


def person(random: np.random.Generator) -> list[Picture]:
    own = np.asarray(random.normal(0, 1, 128), np.float32)
    own /= np.linalg.norm(own)
    vectors = [noisy(own, random) for _ in range(PICTURES)]
    points = np.zeros((68, 2), np.float32)
    return [Picture(Path("nobody.jpg"), vector, vector, points) for vector in vectors]


def test_people_unlike_each_other_are_named_and_strangers_are_not() -> None:
    random = np.random.default_rng(1)
    people = {f"p{number:03}": person(random) for number in range(330)}
    figures = list(accuracy.of_setting(people, accuracy.Setting(30, 3, 2), rounds=2))
    shown = {figure.figure.split(": ")[1].split(" (")[0]: figure.value for figure in figures}
    assert shown["staff identified"] >= 95
    assert shown["strangers accepted"] <= 2
    assert shown["staff given a wrong name"] == 0
