"""What a visitor costs, how soon the name is known, and the search in a regency's gallery."""

from __future__ import annotations

import time
from collections.abc import Iterator

import cv2
import numpy as np

from bench.face.pictures import People, Picture
from bench.face.stock import face_distance, face_encodings, face_locations
from bench.figure import Figure
from bench.pair import paired
from drivers.base.camera import Frame, Pixels
from drivers.face.calibration import Calibration
from drivers.face.decision import OperatingPoint, operating_point
from drivers.face.dlib_engine import DlibEngine
from drivers.face.embedder import DirectEmbedder
from drivers.face.events import Result, ResultKind
from drivers.face.gallery import Gallery
from drivers.face.images import small_grey
from drivers.face.pipeline import Pipeline
from drivers.face.settings import LivenessMode, PipelineSettings
from kiosk.demo.faces import person

FPS, CLIP_S = 25, 4.0
IDLE_FPS = 5
REGENCY, TEMPLATES = 13_000, 5


def figures(people: People) -> Iterator[Figure]:
    yield from search()
    yield from visitor(people)


def search() -> Iterator[Figure]:
    """1:N over 13,000 people with 5 templates each."""
    random = np.random.default_rng(0)
    vectors = random.normal(size=(REGENCY, TEMPLATES, 128)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    gallery = Gallery({str(number): list(views) for number, views in enumerate(vectors)})
    encodings = list(vectors.reshape(-1, 128))
    probe = vectors[77, 0]
    pair = paired(lambda: gallery.best(probe), lambda: face_distance(encodings, probe), rounds=31)
    yield Figure.of_pair("face", "1:N over 13,000 people x 5 templates", pair, "face_distance")
    yield Figure("face", "1:N over 13,000 people x 5 templates ", pair.ours_s * 1000, "ms", 5.0, "limit")


def visitor(people: People) -> Iterator[Figure]:
    """One person walks up: our pipeline, and the loop that encodes every frame of the same clip."""
    picture = next(p for pictures in people.values() for p in pictures if p.frontal and len(pictures) >= 3)
    clip = [frame_of(number, pixels) for number, pixels in enumerate(_clip(picture), 1)]
    ours_s, result = _our_loop(clip, people, picture)
    stock_s = _stock_loop(clip)
    yield Figure("face", "CPU per recognised visitor", ours_s, "s", stock_s, "detect and encode every frame")
    yield Figure(
        "face", "CPU per recognised visitor, of the stock loop's", ours_s / stock_s, "", 0.2, "limit"
    )
    frames = result.usable_frames if result else float("nan")
    yield Figure("face", "usable frames before the name is known", frames, "frames", 3, "limit")
    yield Figure("face", "CPU with nobody there", 100 * idle_share(), "% of a core", 3.0, "limit")


def frame_of(number: int, pixels: Pixels, fps: float = FPS) -> Frame:
    return Frame(number, number / fps, pixels, small_grey(pixels, 480))


def _clip(picture: Picture) -> list[Pixels]:
    who = person.of_picture(picture.pixels(), picture.points, 1)
    who.blink_by_itself(CLIP_S)
    return [who.draw(number / FPS) for number in range(round(CLIP_S * FPS))]


def _our_loop(clip: list[Frame], people: People, picture: Picture) -> tuple[float, Result | None]:
    name = picture.path.parent.name
    known = list(people)[:99]
    gallery = Gallery({who: [p.ours for p in people[who][:3]] for who in {*known, name}})
    engine = DlibEngine()
    embedder = DirectEmbedder(engine)
    settings = PipelineSettings(mode=LivenessMode.OFF)
    pipeline = Pipeline(
        engine,
        embedder,
        gallery,
        operating_point(Calibration.shipped("dlib-resnet-1"), len(gallery)),
        settings,
    )
    embedder.submit(0, np.zeros((150, 150, 3), np.uint8))
    embedder.finished()  # the network is loaded before the clock starts, as stock's is
    start_s = time.process_time()
    events = [event for frame in clip for event in pipeline.feed(frame)]
    spent_s = time.process_time() - start_s
    results = [e for e in events if isinstance(e, Result) and e.kind is ResultKind.RECOGNISED]
    return spent_s, results[0] if results else None


def _stock_loop(clip: list[Frame]) -> float:
    face_encodings(clip[0].pixels, [(100, 200, 200, 100)])
    start_s = time.process_time()
    for frame in clip:
        face_encodings(frame.pixels, face_locations(frame.pixels))
    return time.process_time() - start_s


def idle_share(seconds: float = 60.0) -> float:
    """CPU of the pipeline for an empty room with a sensor's noise, at the idle frame rate, of one core."""
    random = np.random.default_rng(0)
    room = cv2.resize(
        random.integers(60, 180, (6, 8, 3), np.uint8), (1280, 720), interpolation=cv2.INTER_CUBIC
    )
    pictures = [np.clip(room + random.normal(0, 2, room.shape), 0, 255).astype(np.uint8) for _ in range(10)]
    engine = DlibEngine()
    pipeline = Pipeline(engine, DirectEmbedder(engine), Gallery({}), OperatingPoint(1.0))
    number = round(seconds * IDLE_FPS)
    smalls = [small_grey(picture, 480) for picture in pictures]
    pipeline.feed(Frame(0, 0.0, pictures[0], smalls[0]))
    start_s = time.process_time()
    for index in range(1, number):
        small = small_grey(pictures[index % 10], 480)
        pipeline.feed(Frame(index, index / IDLE_FPS, pictures[index % 10], small))
    return (time.process_time() - start_s) / seconds
