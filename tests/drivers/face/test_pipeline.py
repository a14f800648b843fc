"""Visitors walk past: each is told once, the network runs a few times, nothing happens when nothing moves."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from drivers.base.camera import Frame, Pixels
from drivers.base.face import Box, Points, Vector
from drivers.face.calibration import Calibration
from drivers.face.decision import operating_point
from drivers.face.dlib_engine import DlibEngine
from drivers.face.embedder import DirectEmbedder
from drivers.face.events import Event, Guidance, Result, ResultKind
from drivers.face.gallery import Gallery
from drivers.face.images import small_grey
from drivers.face.pipeline import Pipeline
from drivers.face.settings import LivenessMode, PipelineSettings
from kiosk.demo.faces import attack, person

FPS = 15


class CountingEmbedder(DirectEmbedder):
    count = 0

    def submit(self, ticket: int, chip: Pixels) -> None:
        self.count += 1
        super().submit(ticket, chip)


@pytest.fixture(scope="module")
def gallery(engine: DlibEngine, pictures: list[tuple[Pixels, Points]]) -> Gallery:
    return Gallery(
        {str(n): [_embed(engine, rgb, points)] * 3 for n, (rgb, points) in enumerate(pictures[:4])}
    )


def _embed(engine: DlibEngine, rgb: Pixels, points: Points) -> Vector:
    return engine.embed(engine.align(rgb, points))


def _pipeline(engine: DlibEngine, gallery: Gallery, mode: LivenessMode) -> tuple[Pipeline, CountingEmbedder]:
    embedder = CountingEmbedder(engine)
    point = operating_point(Calibration.shipped(engine.family), len(gallery))
    return Pipeline(engine, embedder, gallery, point, PipelineSettings(mode), random.Random(3)), embedder


def _play(
    pipeline: Pipeline, draw: Callable[[float], Pixels], seconds: float, from_s: float = 0.0
) -> list[Event]:
    events = []
    for number in range(round(seconds * FPS)):
        at_s = from_s + number / FPS
        pixels = draw(at_s)
        events += pipeline.feed(Frame(round(at_s * FPS), at_s, pixels, small_grey(pixels, 480)))
    return events


def _results(events: list[Event]) -> list[Result]:
    return [event for event in events if isinstance(event, Result)]


@pytest.mark.faces
def test_a_visitor_is_named_once_from_few_embeddings(
    engine: DlibEngine, gallery: Gallery, people: list[person.Person]
) -> None:
    pipeline, embedder = _pipeline(engine, gallery, LivenessMode.OFF)
    (result,) = _results(_play(pipeline, people[1].draw, 1.5))
    assert (result.kind, result.person_id) == (ResultKind.RECOGNISED, "1")
    assert result.usable_frames <= 3
    assert embedder.count == 2
    assert "LFW" in result.provenance


@pytest.mark.faces
def test_the_same_person_coming_back_at_once_is_not_told_again(
    engine: DlibEngine, gallery: Gallery, people: list[person.Person]
) -> None:
    pipeline, _ = _pipeline(engine, gallery, LivenessMode.OFF)
    empty = np.full((480, 640, 3), 90, np.uint8)
    events = _play(pipeline, people[2].draw, 1.0)
    events += _play(pipeline, lambda _at_s: empty, 1.5, from_s=1.0)
    events += _play(pipeline, people[2].draw, 1.0, from_s=2.5)
    assert [result.person_id for result in _results(events)] == ["2"]


@pytest.mark.faces
def test_whoever_takes_anothers_place_at_once_is_told_too(
    engine: DlibEngine, gallery: Gallery, people: list[person.Person]
) -> None:
    pipeline, _ = _pipeline(engine, gallery, LivenessMode.OFF)
    events = _play(pipeline, people[1].draw, 1.0)
    events += _play(pipeline, people[2].draw, 2.5, from_s=1.0)
    assert [result.person_id for result in _results(events)] == ["1", "2"]


@pytest.mark.faces
def test_two_people_in_one_frame_are_both_named(
    engine: DlibEngine, gallery: Gallery, people: list[person.Person]
) -> None:
    pipeline, _ = _pipeline(engine, gallery, LivenessMode.OFF)

    def both(at_s: float) -> Pixels:
        return np.hstack([people[0].draw(at_s), people[3].draw(at_s)])

    def feed(at_s: float, number: int) -> list[Event]:
        pixels = both(at_s)
        return pipeline.feed(Frame(number, at_s, pixels, small_grey(pixels, 960)))

    events = [event for number in range(2 * FPS) for event in feed(number / FPS, number)]
    assert {result.person_id for result in _results(events)} == {"0", "3"}


@pytest.mark.faces
def test_somebody_unknown_is_said_to_be_unknown(engine: DlibEngine, people: list[person.Person]) -> None:
    rng = np.random.default_rng(0)
    strangers = rng.normal(size=(20, 1, 128)).astype(np.float32)
    strangers /= np.linalg.norm(strangers, axis=2, keepdims=True)
    pipeline, embedder = _pipeline(
        engine, Gallery({f"s{n}": list(v) for n, v in enumerate(strangers)}), LivenessMode.OFF
    )
    (result,) = _results(_play(pipeline, people[0].draw, 1.6))
    assert result.kind is ResultKind.UNKNOWN
    assert embedder.count <= 6


class Backlit(DlibEngine):
    """Sees somebody else until the light is better."""

    def __init__(self, real: DlibEngine) -> None:
        super().__init__()
        self._real = real
        self.light = False
        self.other = np.zeros(self.dimensions, np.float32)
        self.other[0] = 1.0

    def embed(self, chip: Pixels) -> Vector:
        return self._real.embed(chip) if self.light else self.other


@pytest.mark.faces
def test_somebody_unknown_who_stays_is_looked_at_a_few_times(
    engine: DlibEngine, gallery: Gallery, people: list[person.Person]
) -> None:
    backlit = Backlit(engine)
    pipeline, embedder = _pipeline(backlit, gallery, LivenessMode.OFF)
    pipeline.settings = replace(pipeline.settings, attempts=2, retry_s=1.0)
    results = _results(_play(pipeline, people[1].draw, 5.0))
    assert [(r.kind, r.attempt, r.again) for r in results] == [
        (ResultKind.UNKNOWN, 1, True), (ResultKind.UNKNOWN, 2, False),
    ]  # fmt: skip
    assert results[1].at_s - results[0].at_s >= 1.0
    assert embedder.count <= 2 * pipeline.settings.most_frames + 3


@pytest.mark.faces
def test_staff_whose_first_look_was_bad_are_named_without_leaving(
    engine: DlibEngine, gallery: Gallery, people: list[person.Person]
) -> None:
    backlit = Backlit(engine)
    pipeline, _ = _pipeline(backlit, gallery, LivenessMode.OFF)
    pipeline.settings = replace(pipeline.settings, retry_s=1.0)
    (first,) = _results(_play(pipeline, people[1].draw, 1.6))
    backlit.light = True
    (second,) = _results(_play(pipeline, people[1].draw, 2.6, from_s=1.6))
    assert (first.kind, second.kind, second.person_id, second.attempt) == (
        ResultKind.UNKNOWN, ResultKind.RECOGNISED, "1", 2,
    )  # fmt: skip


@pytest.mark.faces
def test_a_living_person_answers_and_is_named(
    engine: DlibEngine, gallery: Gallery, people: list[person.Person]
) -> None:
    pipeline, _ = _pipeline(engine, gallery, LivenessMode.ENFORCE)
    who, results, told = people[1], [], set()
    for number in range(12 * FPS):
        pixels = who.draw(number / FPS)
        for event in pipeline.feed(Frame(number, number / FPS, pixels, small_grey(pixels, 480))):
            if isinstance(event, Guidance) and event.asked and event.asked.until_s not in told:
                told.add(event.asked.until_s)
                who.answer(event.asked.act.value, number / FPS)
            results += _results([event])
        if results:
            break
    assert [(r.kind, r.person_id) for r in results] == [(ResultKind.RECOGNISED, "1")], results[0].evidence


@pytest.mark.faces
def test_a_print_is_refused_with_its_picture(
    engine: DlibEngine, gallery: Gallery, people: list[person.Person]
) -> None:
    pipeline, _ = _pipeline(engine, gallery, LivenessMode.ENFORCE)
    sheet = attack.of_kind("print nodded", people[1], 2)
    (result,) = _results(_play(pipeline, sheet.draw, 5.0))
    assert result.kind in (ResultKind.UNPROVEN, ResultKind.ATTACK)
    assert result.frame.shape == (480, 640, 3)
    assert result.evidence


@pytest.mark.faces
def test_flag_lets_a_tilted_print_pass_but_marks_it(
    engine: DlibEngine, gallery: Gallery, people: list[person.Person]
) -> None:
    pipeline, _ = _pipeline(engine, gallery, LivenessMode.FLAG)
    sheet = attack.of_kind("print tilted", people[1], 2)
    results = _results(_play(pipeline, sheet.draw, 4.0))
    assert [(result.kind, result.suspect) for result in results] == [(ResultKind.RECOGNISED, True)]


def test_nothing_moving_costs_no_detection() -> None:
    class NoEngine(DlibEngine):
        def detect(self, grey: Pixels) -> list[Box]:
            raise AssertionError("detected although nothing moved")

    engine = NoEngine()
    point = operating_point(Calibration.shipped(engine.family), 1)
    pipeline = Pipeline(engine, DirectEmbedder(engine), Gallery({}), point)
    rng = np.random.default_rng(1)
    room = rng.integers(60, 180, (480, 640, 3)).astype(np.uint8)
    pipeline._motion.moved(small_grey(room, 480))
    for number in range(50):
        noisy = np.clip(room + rng.normal(0, 2, room.shape), 0, 255).astype(np.uint8)
        assert pipeline.feed(Frame(number, number / 5, noisy, small_grey(noisy, 480))) == []
