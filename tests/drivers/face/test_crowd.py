"""Half past seven: five people before the camera within 20 s, several at a time, each told once."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from drivers.base.camera import Frame, Pixels
from drivers.base.face import Points
from drivers.face.calibration import Calibration
from drivers.face.decision import operating_point
from drivers.face.dlib_engine import DlibEngine
from drivers.face.embedder import DirectEmbedder
from drivers.face.events import Event, Guidance, Result
from drivers.face.gallery import Gallery
from drivers.face.images import small_grey
from drivers.face.pipeline import Pipeline
from drivers.face.settings import LivenessMode, PipelineSettings
from kiosk.demo.faces import person

FPS, SECONDS, EVERY_S = 15, 20.0, 2.5
PLACE_PX, PLACES = 400, 4
CUT = slice((640 - PLACE_PX) // 2, (640 + PLACE_PX) // 2)


@dataclass
class Visitor:
    """Comes at a time, stands in a place, does what is asked, leaves once they are told."""

    who: person.Person
    comes_s: float
    place: int = -1
    left: bool = False
    asked_until_s: float = 0.0


class Lobby:
    """Draws whoever is there side by side."""

    def __init__(self, people: list[person.Person]) -> None:
        self.visitors = [Visitor(who, number * EVERY_S) for number, who in enumerate(people)]

    def draw(self, at_s: float) -> Pixels:
        scene = np.full((480, PLACE_PX * PLACES, 3), 120, np.uint8)
        for visitor in self._there(at_s):
            x = visitor.place * PLACE_PX
            scene[:, x : x + PLACE_PX] = visitor.who.draw(at_s)[:, CUT]
        return scene

    def hear(self, guidance: Guidance, at_s: float) -> None:
        asked, place = guidance.asked, int(guidance.box.centre[0] // PLACE_PX)
        for visitor in self.visitors:
            if (
                visitor.place == place
                and not visitor.left
                and asked
                and visitor.asked_until_s != asked.until_s
            ):
                visitor.asked_until_s = asked.until_s
                visitor.who.answer(asked.act.value, at_s)

    def _there(self, at_s: float) -> list[Visitor]:
        there = [visitor for visitor in self.visitors if visitor.comes_s <= at_s and not visitor.left]
        free = [place for place in range(PLACES) if place not in {visitor.place for visitor in there}]
        for visitor in there:
            if visitor.place < 0:
                visitor.place = free.pop(0)
        return there


@pytest.mark.slow
@pytest.mark.faces
@pytest.mark.timeout(600)
def test_five_people_within_twenty_seconds_are_each_told_once(
    engine: DlibEngine, pictures: list[tuple[Pixels, Points]]
) -> None:
    five = pictures[:5]
    vectors = {str(n): [engine.embed(engine.align(*one))] * 3 for n, one in enumerate(five)}
    people = [person.of_picture(rgb, points, seed) for seed, (rgb, points) in enumerate(five)]
    point = operating_point(Calibration.shipped(engine.family), len(vectors))
    settings = PipelineSettings(LivenessMode.ENFORCE)
    pipeline = Pipeline(engine, DirectEmbedder(engine), Gallery(vectors), point, settings, random.Random(5))
    lobby, results = Lobby(people), list[Result]()
    for number in range(round(SECONDS * FPS)):
        at_s = number / FPS
        scene = lobby.draw(at_s)
        frame = Frame(number, at_s, scene, small_grey(scene, PLACE_PX * PLACES * 3 // 4))
        for event in pipeline.feed(frame):
            _obey(lobby, event, at_s, results)
    assert Counter((result.kind.value, result.person_id) for result in results) == {
        ("recognised", str(n)): 1 for n in range(5)
    }


def _obey(lobby: Lobby, event: Event, at_s: float, results: list[Result]) -> None:
    if isinstance(event, Guidance):
        lobby.hear(event, at_s)
    elif isinstance(event, Result):
        results.append(event)
        for number, visitor in enumerate(lobby.visitors):
            visitor.left |= str(number) == event.person_id
