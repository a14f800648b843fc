"""The challenge: two short acts drawn at random after the face appeared, each to be done in its time."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from drivers.face.liveness.reading import Neutral, Reading


class Act(Enum):
    """What a person is asked to do; left and right are their own."""

    BLINK = "blink"
    LEFT = "left"
    RIGHT = "right"
    CLOSER = "closer"


class Answer(Enum):
    """How one act went."""

    PENDING = "pending"
    DONE = "done"
    LATE = "late"
    WRONG = "wrong"
    """Another act was done, or this one had begun before it was asked."""


@dataclass(frozen=True, slots=True)
class ChallengeLimits:
    """Times and sizes of the acts. Turns in face heights, see `geometry.Turn`."""

    time_s: float = 2.2
    reaction_s: float = 0.25
    """Nobody answers faster: what comes earlier was under way already."""
    started: float = 0.6
    """Part of an act's size from which it has begun."""
    turn: float = 0.06
    wrong_turn: float = 0.05
    shut_opening: float = 0.6
    """Eye opening, in parts of the open eyes', that counts as shut."""
    shut_likeness: float = 0.74
    """Correlation with the open eyes below which both count as shut, where landmarks miss a blink."""
    open_likeness: float = 0.85
    glare: float = 0.2
    """A change of the brightness below the eyes beyond this is light, not a lid."""
    blink_s: float = 0.7
    closer: float = 1.18
    calm_s: float = 0.5
    """How long the face must have been at rest before an act is asked."""
    pause_s: float = 0.8
    """Longest random wait on top, so that the moment cannot be foreseen either."""
    hold_s: float = 0.3
    """How long a turn or a coming closer must be shown: landmarks that slip come back sooner."""
    wrong_s: float = 0.1
    """How long another act must be shown to be one: slipping landmarks show anything for a frame or two."""
    shut_s: float = 0.06
    """How long the eyes must be shut: more than one frame."""


def draw(source: random.Random, count: int = 2, without: Act | None = None) -> tuple[Act, ...]:
    """Different acts in random order, not `closer` alone: a print can be brought closer too."""
    choice = [act for act in Act if act is not without]
    while True:
        acts = tuple(source.sample(choice, count))
        if set(acts) != {Act.CLOSER}:
            return acts


def judge(
    act: Act, asked_s: float, before: Neutral, since: Sequence[Reading], limits: ChallengeLimits
) -> Answer:
    """Judge the readings since the act was asked. Pure; call it with each new frame."""
    if _begun_before(act, asked_s, before, since, limits) or _other_act(act, before, since, limits):
        return Answer.WRONG
    shown = [r for r in since if asked_s + limits.reaction_s <= r.at_s <= asked_s + limits.time_s]
    if _blinked(before, shown, limits) if act is Act.BLINK else _held(act, before, shown, limits):
        return Answer.DONE
    return Answer.LATE if since and since[-1].at_s > asked_s + limits.time_s else Answer.PENDING


def turn_towards(act: Act, before: Neutral, reading: Reading) -> float:
    """How far the head turned the asked way, by the reading that shows less; a flat picture shows none.

    A person's own left is the right of the picture, where turns are positive.
    """
    way = 1.0 if act is Act.LEFT else -1.0
    turned = before.turned(reading)
    return min(way * turned.cheeks, way * turned.midline * MIDLINE_GAIN)


NEARLY_ALL = 0.7
MIDLINE_GAIN = 1.5
"""The midline reading is that much smaller than the cheeks' for the same turn."""


def shows(act: Act, before: Neutral, reading: Reading, limits: ChallengeLimits) -> bool:
    """Whether this reading shows a turn or a coming closer; a blink takes several readings."""
    if act is Act.CLOSER:
        return reading.size_px >= limits.closer * before.size_px
    return turn_towards(act, before, reading) >= limits.turn


def lasts(act: Act, before: Neutral, shown: Sequence[Reading], limits: ChallengeLimits) -> bool:
    """Whether a turn or a coming closer was shown for longer than landmarks slip."""
    return _lasts(shown, limits.wrong_s, lambda reading: shows(act, before, reading, limits))


def _held(act: Act, before: Neutral, shown: Sequence[Reading], limits: ChallengeLimits) -> bool:
    return _lasts(shown, limits.hold_s, lambda reading: shows(act, before, reading, limits))


def _lasts(readings: Sequence[Reading], length_s: float, seen: Callable[[Reading], bool]) -> bool:
    """Whether nearly all readings of some stretch that long show it, its first and its last among them.

    Landmarks slip on a turned head, for a frame or two at a time.
    """
    shown = [seen(reading) for reading in readings]
    first = 0
    for last, reading in enumerate(readings):
        while first < last and readings[first + 1].at_s <= reading.at_s - length_s:
            first += 1
        stretch = shown[first : last + 1]
        long_enough = readings[first].at_s <= reading.at_s - length_s
        if long_enough and stretch[0] and stretch[-1] and sum(stretch) >= NEARLY_ALL * len(stretch):
            return True
    return False


def _blinked(before: Neutral, shown: Sequence[Reading], limits: ChallengeLimits) -> bool:
    """Open, shut, open again within the time of a blink, the head at rest."""
    opened_s: float | None = None
    shut: list[float] = []
    for reading in shown:
        if _open(before, reading, limits):
            long_enough = bool(shut) and shut[-1] - shut[0] >= limits.shut_s
            if long_enough and opened_s is not None and reading.at_s - opened_s <= limits.blink_s:
                return True
            opened_s, shut = reading.at_s, []
        elif _shut(before, reading, limits):
            shut.append(reading.at_s)
    return False


def _open(before: Neutral, reading: Reading, limits: ChallengeLimits) -> bool:
    return before.likeness(reading) >= limits.open_likeness


def _shut(before: Neutral, reading: Reading, limits: ChallengeLimits) -> bool:
    """Both eyes changed, and nothing else did."""
    turned = before.turned(reading)
    if abs(turned.cheeks) > limits.turn or before.glare(reading) > limits.glare:
        return False
    narrow = reading.eye_opening <= limits.shut_opening * before.eye_opening
    likeness = before.likeness(reading)
    return likeness <= limits.shut_likeness or (narrow and likeness < limits.open_likeness)


def _begun_before(
    act: Act, asked_s: float, before: Neutral, since: Sequence[Reading], limits: ChallengeLimits
) -> bool:
    """Whether the act had started when it was asked, seen from a part of its size."""
    early = [reading for reading in since if reading.at_s < asked_s + limits.reaction_s]
    if act is Act.BLINK:
        return False
    if act is Act.CLOSER:
        started = 1 + (limits.closer - 1) * limits.started
        return any(reading.size_px >= started * before.size_px for reading in early)
    return any(turn_towards(act, before, reading) >= limits.started * limits.turn for reading in early)


def _other_act(act: Act, before: Neutral, since: Sequence[Reading], limits: ChallengeLimits) -> bool:
    """Another act than the asked one, for long enough not to be a slip of the landmarks."""
    turns = {Act.LEFT: (Act.RIGHT,), Act.RIGHT: (Act.LEFT,)}.get(act, (Act.LEFT, Act.RIGHT))
    signs: list[Callable[[Reading], bool]] = [
        lambda reading, turn=turn: turn_towards(turn, before, reading) >= limits.wrong_turn  # type: ignore[misc]
        for turn in turns
    ]
    if act is not Act.CLOSER:
        signs.append(lambda reading: shows(Act.CLOSER, before, reading, limits))
    return any(_lasts(since, limits.wrong_s, sign) for sign in signs)
