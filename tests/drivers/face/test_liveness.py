"""Living people and attacks, made by code that shares nothing with the detector."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from bench.face import acts, liveness
from drivers.base.face import Box
from drivers.face import geometry
from drivers.face.dlib_engine import DlibEngine
from drivers.face.images import grey
from drivers.face.liveness import challenge
from drivers.face.liveness.challenge import Act
from drivers.face.liveness.reading import Neutral, Reading
from drivers.face.liveness.session import LivenessSession, Proof
from drivers.face.tracker import Track
from kiosk.demo.faces import attack, person

QUICK = ("print tilted", "print bent upright", "phone still picture", "replay on a monitor")


@pytest.mark.faces
@pytest.mark.parametrize("number", range(2))
def test_a_living_person_passes(people: list[person.Person], number: int) -> None:
    who = people[number]
    who.blink_by_itself(liveness.LONGEST_S)
    told = []
    for seed in (number, number + 100):  # one in twenty is asked a second time
        session = liveness.film(who.draw, seed, who.answer)
        told.append(session.evidence)
        if session.proof is Proof.LIVE:
            return
    pytest.fail(f"not taken for alive twice: {told}")


@pytest.mark.faces
@pytest.mark.parametrize(
    "kind", [kind if kind in QUICK else pytest.param(kind, marks=pytest.mark.slow) for kind in attack.KINDS]
)
def test_an_attack_does_not(people: list[person.Person], kind: str) -> None:
    who = people[len(kind) % len(people)]
    liveness.act_at_random(who, 4)
    session = liveness.film(attack.of_kind(kind, who, 4).draw, 4, None)
    assert session.proof in (Proof.ATTACK, Proof.UNPROVEN), session.evidence


@pytest.fixture
def still(people: list[person.Person], engine: DlibEngine) -> Reading:
    """One look at somebody's picture that never changes."""
    seen = grey(people[0].draw(0.0))
    return Reading.of(0.0, engine.landmarks(seen, engine.detect(seen)[0]), seen)


def hold(reading: Reading, seed: int) -> tuple[LivenessSession, list[float]]:
    """Show it until the session decides; also the moments at which something was asked."""
    session, asked = LivenessSession(random.Random(seed)), []
    for number in range(500):
        session.observe(replace(reading, at_s=number / 15))
        session.begin(number / 15)
        asked += [session.asked.until_s] if session.asked and session.asked.until_s not in asked else []
    return session, asked


@pytest.mark.faces
def test_a_still_picture_held_still_is_never_accepted(still: Reading) -> None:
    assert {hold(still, seed)[0].proof for seed in range(40)} == {Proof.UNPROVEN}


@pytest.mark.faces
def test_the_moment_of_the_question_cannot_be_foreseen(still: Reading) -> None:
    assert len({hold(still, seed)[1][0] for seed in range(10)}) >= 4


def test_a_challenge_is_never_closer_alone_and_never_the_same_act_twice() -> None:
    draws = {challenge.draw(random.Random(seed)) for seed in range(300)}
    assert len(draws) == 12
    assert all(len(set(acts)) == 2 for acts in draws)
    assert {challenge.draw(random.Random(seed), 1) for seed in range(50)} == {
        (Act.BLINK,),
        (Act.LEFT,),
        (Act.RIGHT,),
    }


@pytest.mark.faces
def test_a_replay_that_does_everything_does_too_much(people: list[person.Person]) -> None:
    accepted = 0
    for seed in range(40):
        who = person.Person(people[seed % 4].shape, seed)
        liveness.act_at_random(who, seed)
        accepted += acts.play(who, seed, None).proof is Proof.LIVE
    assert accepted <= 2


@pytest.mark.faces
def test_living_people_are_hardly_ever_refused(people: list[person.Person]) -> None:
    refused = 0
    for seed in range(40):
        who = person.Person(people[seed % 4].shape, seed)
        refused += acts.play(who, seed, who.answer).proof is not Proof.LIVE
    assert refused <= 2


def frames(turns: list[float], fps: int = 15) -> list[Reading]:
    """One reading a frame of a head whose cheeks and midline show these turns; 0 is straight on."""
    rest = np.zeros((68, 2), np.float32)
    eyes = np.random.default_rng(0).normal(100, 30, (2, 32, 48)).astype(np.float32)
    return [
        Reading(n / fps, rest, geometry.Turn(turn, turn), 0.3, eyes, 60.0, moire=1.0)
        for n, turn in enumerate(turns)
    ]


def judged(act: Act, turns: list[float]) -> challenge.Answer:
    """What comes of an act asked at the end of half a second at rest, before these turns."""
    since = frames([0.0] * 8 + turns)
    return challenge.judge(act, since[7].at_s, Neutral.of(since[:8]), since[8:], challenge.ChallengeLimits())


def test_landmarks_that_slip_for_a_frame_are_no_wrong_answer() -> None:
    calm, turned = [0.0] * 5, [-0.2] * 6
    assert judged(Act.RIGHT, [*calm, 0.3, *turned]) is challenge.Answer.DONE
    assert judged(Act.RIGHT, [*calm, 0.3, 0.3, 0.3, 0.3, *turned]) is challenge.Answer.WRONG


def test_a_turn_goes_on_through_a_frame_of_slipped_landmarks_but_two_slips_are_none() -> None:
    calm = [0.0] * 5
    assert judged(Act.LEFT, [*calm, 0.2, 0.2, 0.2, -0.1, 0.2, 0.2]) is challenge.Answer.DONE
    assert judged(Act.LEFT, [*calm, 0.2, 0.2, *calm, 0.2, 0.2, *calm]) is challenge.Answer.PENDING


def test_where_a_face_is_looked_for_does_not_shrink_onto_an_eye() -> None:
    face = np.array([[x, y] for x in range(100, 180, 10) for y in range(100, 180, 10)], np.float32)[:68]
    track = Track(1, face, Box(80, 80, 200, 200), since_s=0.0, confirmed_s=0.0)
    track.confirm(track.box, face, 0.0)
    track.follow(face + 5)
    moved = track.box
    track.follow((face - 140) * 0.5 + 160)
    assert track.box == moved
    assert moved.centre == (145, 145)


def test_nothing_is_asked_before_the_challenge_begins() -> None:
    session = LivenessSession(random.Random(1))
    assert session.asked is None
    assert not session.challenging
