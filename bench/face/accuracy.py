"""Who is recognised and who is let through: disjoint people, many splits, intervals clustered by person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.face.pictures import People
from bench.face.stock import face_distance
from bench.figure import Figure
from drivers.base.face import Vector
from drivers.face import calibration
from drivers.face.decision import Outcome, decide, operating_point
from drivers.face.gallery import Gallery

SPLITS = 40
TARGET = 0.003
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Setting:
    """A gallery of `people` with `pictures` each, probed with `frames`."""

    people: int
    pictures: int
    frames: int

    @property
    def name(self) -> str:
        pictures, frames = _counted(self.pictures, "picture"), _counted(self.frames, "frame")
        return f"gallery {self.people}, {pictures}, {frames}"


SETTINGS = (Setting(100, 3, 2), Setting(30, 3, 2), Setting(200, 3, 2), Setting(400, 1, 1))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


@dataclass(slots=True)
class Rate:
    """A rate whose trials belong to persons: interval by resampling persons, not trials."""

    hits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    trials: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, person: str, *, hit: bool) -> None:
        self.hits[person] += hit
        self.trials[person] += 1

    @property
    def percent(self) -> float:
        return 100 * sum(self.hits.values()) / max(sum(self.trials.values()), 1)

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, in percent; without a single hit, the exact bound for that many people."""
        people = list(self.trials)
        if not any(self.hits.values()):
            return 0.0, 100 * (1 - 0.025 ** (1 / len(people)))
        hits = np.array([self.hits[person] for person in people])
        trials = np.array([self.trials[person] for person in people])
        chosen = np.random.default_rng(0).integers(0, len(people), (RESAMPLES, len(people)))
        low, high = np.percentile(100 * hits[chosen].sum(axis=1) / trials[chosen].sum(axis=1), [2.5, 97.5])
        return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Split:
    """Everything one split needs; no person is in two of the three groups."""

    staff: tuple[str, ...]
    strangers: tuple[str, ...]
    calibration: tuple[str, ...]
    order: dict[str, NDArray[np.int64]]
    """Pictures of each person in random order: the first are enrolled, the last are probes."""


def splits(people: People, setting: Setting, rounds: int = SPLITS) -> Iterator[Split]:
    needed = setting.pictures + setting.frames
    for seed in range(rounds):
        random = np.random.default_rng(seed)
        names = [str(name) for name in random.permutation(sorted(people))]
        staff = [name for name in names if len(people[name]) >= needed][: setting.people]
        others = [name for name in names if name not in set(staff)]
        middle = len(others) // 2
        order = {name: random.permutation(len(people[name])) for name in names}
        yield Split(tuple(staff), tuple(others[:middle]), tuple(others[middle:]), order)


def figures(people: People) -> Iterator[Figure]:
    for setting in SETTINGS:
        enough = sum(len(pictures) >= setting.pictures + setting.frames for pictures in people.values())
        if enough >= setting.people + 10:
            yield from of_setting(people, setting)


def of_setting(people: People, setting: Setting, rounds: int = SPLITS) -> Iterator[Figure]:
    """Ours and the stock library over `rounds` random splits of the same people."""
    named, wrong, stranger = Rate(), Rate(), Rate()
    peer = {key: Rate() for key in ("staff at 0.6", "strangers at 0.6", "staff at equal acceptance")}
    for split in splits(people, setting, rounds):
        _ours(people, setting, split, named, wrong, stranger)
        _stock(people, setting, split, peer, stranger)
    stock = "face_recognition at 0.6"
    yield _figure(setting, "staff identified", named, peer["staff at 0.6"].percent, stock)
    yield _figure(setting, "strangers accepted", stranger, peer["strangers at 0.6"].percent, stock)
    peer_name = "face_recognition at the same stranger acceptance"
    yield _figure(setting, "staff identified ", named, peer["staff at equal acceptance"].percent, peer_name)
    yield _figure(setting, "staff given a wrong name", wrong, None, None)


def _figure(setting: Setting, what: str, rate: Rate, against: float | None, peer: str | None) -> Figure:
    low, high = rate.interval
    text = f"{setting.name}: {what.strip()} (95 % {low:.2f} to {high:.2f}, {len(rate.trials)} people)"
    return Figure("face", text, rate.percent, "%", against, peer)


def _ours(people: People, setting: Setting, split: Split, named: Rate, wrong: Rate, stranger: Rate) -> None:
    seen = {name: views(people, split, name, lambda p: p.ours) for name in split.order}
    known = {name: seen[name] for name in split.calibration}
    tail = calibration.calibrate(
        "dlib-resnet-1", known, pictures=setting.pictures, frames=setting.frames, source="bench"
    )
    point = operating_point(tail, setting.people, TARGET)
    gallery = Gallery({name: seen[name][: setting.pictures] for name in split.staff})
    for name in split.staff:
        decision = decide(gallery, seen[name][-setting.frames :], point)
        found = decision.best.person_id if decision.outcome is Outcome.IDENTIFIED and decision.best else None
        named.add(name, hit=found == name)
        wrong.add(name, hit=found not in (name, None))
    for name in split.strangers:
        frames = (seen[name][-setting.frames :] * setting.frames)[: setting.frames]
        stranger.add(name, hit=decide(gallery, frames, point).outcome is Outcome.IDENTIFIED)


def _stock(people: People, setting: Setting, split: Split, peer: dict[str, Rate], ours: Rate) -> None:
    """What its users write: every enrolled encoding, the nearest wins when it is near enough."""
    seen = {name: views(people, split, name, lambda p: p.stock) for name in split.order}
    owners = [name for name in split.staff for _ in range(setting.pictures)]
    encodings = [vector for name in split.staff for vector in seen[name][: setting.pictures]]
    staff = {name: _nearest(encodings, owners, seen[name][-1]) for name in split.staff}
    strangers = {name: _nearest(encodings, owners, seen[name][-1])[1] for name in split.strangers}
    for name, (owner, distance) in staff.items():
        peer["staff at 0.6"].add(name, hit=distance <= 0.6 and owner == name)
    for name, distance in strangers.items():
        peer["strangers at 0.6"].add(name, hit=distance <= 0.6)
    equal = float(np.quantile(list(strangers.values()), ours.percent / 100))
    for name, (owner, distance) in staff.items():
        peer["staff at equal acceptance"].add(name, hit=distance < equal and owner == name)


def views(people: People, split: Split, name: str, of: Callable[..., Vector]) -> list[Vector]:
    return [of(people[name][number]) for number in split.order[name]]


def _nearest(encodings: list[Vector], owners: list[str], probe: Vector) -> tuple[str, float]:
    distances = face_distance(encodings, probe)
    best = int(np.argmin(distances))
    return owners[best], float(distances[best])
