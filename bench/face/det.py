"""Draws the DET curves of docs/face.md: `python -m bench.face.det docs`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.face import accuracy, pictures
from bench.face.pictures import People
from drivers.base.face import Vector
from drivers.face import calibration, det
from drivers.face.decision import operating_point
from drivers.face.gallery import Gallery, merged

SETTINGS = accuracy.SETTINGS


def main(folder: Path) -> None:
    people = pictures.load()
    if people is None:
        sys.exit("set FACES_DIR")
    curves = {setting.name: _curve(people, setting) for setting in SETTINGS}
    curves["stock, " + SETTINGS[0].name] = _stock(people, SETTINGS[0])
    point = _measured(people, SETTINGS[0])
    det.save(det.plot(curves, [("operating point, gallery 100", *point)]), folder / "face-det.png")


def _scores(people: People, setting: accuracy.Setting) -> tuple[det.Scores, det.Scores]:
    genuine, strangers = [], []
    for split in accuracy.splits(people, setting):
        views = {name: accuracy.views(people, split, name, lambda p: p.ours) for name in split.order}
        gallery = Gallery({name: views[name][: setting.pictures] for name in split.staff})
        for name in split.staff:
            (best,) = gallery.best(merged(views[name][-setting.frames :]), 1)
            genuine.append(best.score if best.person_id == name else -1.0)
        probes = [merged(views[name][-setting.frames :]) for name in split.strangers]
        strangers += [gallery.best(probe, 1)[0].score for probe in probes]
    return np.array(genuine), np.array(strangers)


def _curve(people: People, setting: accuracy.Setting) -> tuple[det.Scores, det.Scores]:
    return det.curve(*_scores(people, setting))


def _stock(people: People, setting: accuracy.Setting) -> tuple[det.Scores, det.Scores]:
    genuine, strangers = [], []
    of: Callable[..., Vector] = lambda p: p.stock  # noqa: E731
    for split in accuracy.splits(people, setting):
        views = {name: accuracy.views(people, split, name, of) for name in split.order}
        owners = np.repeat(split.staff, setting.pictures)
        known = np.array([v for name in split.staff for v in views[name][: setting.pictures]])
        for name in (*split.staff, *split.strangers):
            distances = np.linalg.norm(known - views[name][-1], axis=1)
            nearest = int(distances.argmin())
            if name in views and name in split.staff:
                genuine.append(-distances[nearest] if owners[nearest] == name else -9.0)
            else:
                strangers.append(-distances[nearest])
    return det.curve(np.array(genuine), np.array(strangers))


def _measured(people: People, setting: accuracy.Setting) -> tuple[float, float]:
    """Where the calibrated thresholds of all splits lie on average."""
    accepted, missed = [], []
    for split in accuracy.splits(people, setting):
        views = {name: accuracy.views(people, split, name, lambda p: p.ours) for name in split.order}
        known = {name: views[name] for name in split.calibration}
        tail = calibration.calibrate(
            "dlib-resnet-1", known, pictures=setting.pictures, frames=setting.frames, source=""
        )
        threshold = operating_point(tail, setting.people, accuracy.TARGET).threshold
        gallery = Gallery({name: views[name][: setting.pictures] for name in split.staff})
        best = {name: gallery.best(merged(views[name][-setting.frames :]), 1)[0] for name in split.order}
        accepted += [best[name].score >= threshold for name in split.strangers]
        missed += [best[n].score < threshold or best[n].person_id != n for n in split.staff]
    return float(np.mean(accepted)), float(np.mean(missed))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
