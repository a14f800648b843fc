"""Enrolment before the camera: led through five poses, told what to change, compared with everybody."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from drivers.base.camera import Frame, Pixels
from drivers.base.face import FaceTemplate
from drivers.face.embedder import DirectEmbedder
from drivers.face.images import small_grey
from kiosk.core.config import Face
from kiosk.core.facing import POSES, Enrol, Enrolled, EnrolStep, JobFailed, Person, PutPeople
from kiosk.demo.faces import person
from kiosk.face.job import Told
from kiosk.face.jobs import Jobs
from kiosk.face.recognising import Recogniser
from tests.face.conftest import Astronaut

FPS = 8
LONGEST_S = 40


class Room:
    """An enrolment of whoever `draw` shows, frame by frame; `obey` hears every step."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.recogniser = recogniser
        self.told: list[Told] = []
        self.jobs = Jobs(self.told.append)

    def enrol(self, draw: Callable[[float], Pixels], obey: Callable[[EnrolStep, float], None]) -> Told:
        self.jobs.begin(Enrol(job=1, person_id="ast"), self.recogniser, camera=True)
        for number in range(LONGEST_S * FPS):
            pixels, before = draw(number / FPS), len(self.told)
            self.jobs.step(Frame(number, number / FPS, pixels, small_grey(pixels, 480)))
            for line in self.told[before:]:
                if not isinstance(line, EnrolStep):
                    return line
                obey(line, number / FPS)
        raise AssertionError(f"no end in {LONGEST_S} s: {self.told}")

    @property
    def steps(self) -> list[EnrolStep]:
        return [line for line in self.told if isinstance(line, EnrolStep)]


@pytest.fixture(scope="module")
def recogniser(astronaut: Astronaut) -> Recogniser:
    embedder = DirectEmbedder(astronaut.engine)
    return Recogniser(Face(enabled=True, liveness="off"), "", embedder, lambda _line: None)


@pytest.fixture
def room(recogniser: Recogniser) -> Room:
    return Room(recogniser)


def obedient(who: person.Person) -> Callable[[EnrolStep, float], None]:
    def obey(step: EnrolStep, at_s: float) -> None:
        if step.pose != "front":
            who.motions = [person.Motion(step.pose, at_s, 3.0, 0.8)]

    return obey


def test_five_poses_make_five_templates_of_one_person(room: Room, astronaut: Astronaut) -> None:
    twin = (FaceTemplate("dlib-resnet-1", astronaut.vectors[0]).to_bytes(),)
    room.recogniser.put(PutPeople(people=(Person("twin", twin), Person("ast", twin)), whole=True))
    who = person.Person(astronaut.person.shape, seed=1)
    enrolled = room.enrol(who.draw, obedient(who))
    assert isinstance(enrolled, Enrolled)
    vectors = [FaceTemplate.from_bytes(template).vector for template in enrolled.templates]
    assert len(vectors) == len(POSES)
    assert min(float(vectors[0] @ vector) for vector in vectors) > 0.93
    assert len({vector.tobytes() for vector in vectors}) == len(POSES)
    assert [near.person_id for near in enrolled.look_alikes] == ["twin"]
    assert list(dict.fromkeys(step.pose for step in room.steps)) == list(POSES)
    assert not room.jobs.waiting


def test_somebody_beside_them_is_asked_to_step_aside(room: Room, astronaut: Astronaut) -> None:
    def both(at_s: float) -> Pixels:
        picture = astronaut.person.draw(at_s)[:, 160:480]
        return np.hstack([picture, picture])

    room.jobs.begin(Enrol(job=1, person_id="ast"), room.recogniser, camera=True)
    for number in range(10):
        pixels = both(number / FPS)
        room.jobs.step(Frame(number, number / FPS, pixels, small_grey(pixels, 480)))
    assert room.steps[-1].advice == "alone"
    assert room.steps[-1].done == 0


def test_who_stands_so_near_that_the_picture_cuts_them_off_is_asked_to_step_back(
    room: Room, astronaut: Astronaut
) -> None:
    room.jobs.begin(Enrol(job=1, person_id="ast"), room.recogniser, camera=True)
    chin = float(astronaut.person.points(0.0)[8, 1])
    for number in range(10):
        pixels = np.ascontiguousarray(astronaut.person.draw(number / FPS)[: round(chin) - 6])
        room.jobs.step(Frame(number, number / FPS, pixels, small_grey(pixels, 480)))
    assert room.steps[-1].advice == "back"


def test_an_empty_room_says_so_and_time_runs_out(room: Room) -> None:
    pixels = np.full((480, 640, 3), 90, np.uint8)
    room.jobs.begin(Enrol(job=1, person_id="ast", timeout_s=0.0), room.recogniser, camera=True)
    room.jobs.step(Frame(1, 0.0, pixels, small_grey(pixels, 480)))
    assert room.told == [JobFailed(job=1, reason="timeout")]
    room.jobs.begin(Enrol(job=2, person_id="ast"), room.recogniser, camera=True)
    room.jobs.step(Frame(1, 0.0, pixels, small_grey(pixels, 480)))
    assert room.steps[-1].advice == "nobody"
    room.jobs.cancel(2)
    assert room.told[-1] == JobFailed(job=2, reason="cancelled")


def test_without_a_camera_nobody_waits(room: Room) -> None:
    room.jobs.begin(Enrol(job=1, person_id="ast"), room.recogniser, camera=False)
    assert room.told == [JobFailed(job=1, reason="no_camera")]
