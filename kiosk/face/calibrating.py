"""`python -m kiosk.face.calibrating`: thresholds from pictures of the office's own people, for `kioskctl`.

A program of its own: the embeddings take minutes to hours, and neither kioskd nor kiosk-face shall wait.
Prints one JSON object; nothing of the pictures gets into it or into the files.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.base.errors import DeviceError, ProtocolError
from drivers.base.face import FaceEngine, Vector
from drivers.face import calibration, det, images, looking
from drivers.face.calibration import Calibration
from drivers.face.decision import Outcome, decide, operating_point
from drivers.face.dlib_engine import DlibEngine
from drivers.face.gallery import Gallery, merged

PICTURES, FRAMES = 3, 2
SAY_EVERY = 100
_ENGINES: list[FaceEngine] = []

People = Mapping[str, Sequence[Vector]]


def embed(path: Path) -> Vector | None:
    """The face on a picture; None where there is not one usable face."""
    if not _ENGINES:
        _ENGINES.append(DlibEngine())
    engine = _ENGINES[0]
    try:
        picture, faces = looking.in_picture(engine, images.from_jpeg(path.read_bytes()))
    except (OSError, ProtocolError):
        return None
    if not faces or not looking.alone(faces):
        return None
    return engine.embed(engine.align(picture, faces[0]))


def load(folder: Path) -> tuple[dict[str, list[Vector]], int]:
    """Everybody's embeddings by the name of their folder, and how many pictures were passed over."""
    paths = sorted(path for ending in ("*.jpg", "*.jpeg") for path in folder.glob(f"*/{ending}"))
    people: dict[str, list[Vector]] = {}
    missed = 0
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for number, vector in enumerate(pool.map(embed, paths, chunksize=4), 1):
            if vector is None:
                missed += 1
            else:
                people.setdefault(paths[number - 1].parent.name, []).append(vector)
            if number % SAY_EVERY == 0:
                sys.stderr.write(f"{number} of {len(paths)} pictures\n")
    return people, missed


def halves(people: People) -> tuple[People, People]:
    """Two groups that share nobody, always the same two."""
    order = [str(name) for name in np.random.default_rng(0).permutation(sorted(people))]
    return {name: people[name] for name in order[::2]}, {name: people[name] for name in order[1::2]}


def best_scores(people: People, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64], Gallery]:
    """Of staff against themselves and of strangers against their best match, and the gallery of `size`."""
    able = [name for name, views in people.items() if len(views) >= PICTURES + 1]
    staff = able[: min(size, max(2, 2 * len(able) // 3))]
    gallery = Gallery({name: people[name][:PICTURES] for name in staff})
    genuine = [gallery.worst(name, [_probe(people[name])]) for name in staff]
    strangers = [
        gallery.best(_probe(views), 1)[0].score for name, views in people.items() if name not in set(staff)
    ]
    return np.array(genuine), np.array(strangers), gallery


def rates(people: People, gallery: Gallery, tail: Calibration, false_accept: float) -> tuple[float, float]:
    """Percent of staff identified and of strangers accepted at the operating point of this gallery."""
    point = operating_point(tail, len(gallery), false_accept)
    staff = set(gallery.person_ids)

    def named(views: Sequence[Vector]) -> str:
        frames = (list(views[PICTURES:]) or list(views))[-FRAMES:]
        made = decide(gallery, (frames * FRAMES)[:FRAMES], point)
        return made.best.person_id if made.outcome is Outcome.IDENTIFIED and made.best else ""

    known = [named(people[name]) == name for name in staff]
    accepted = [bool(named(views)) for name, views in people.items() if name not in staff]
    return 100 * float(np.mean(known)), 100 * float(np.mean(accepted)) if accepted else 0.0


def made_from(people: People, options: argparse.Namespace, missed: int) -> Iterator[tuple[str, object]]:
    """Fit, test, write both files; what is said about it."""
    count = sum(map(len, people.values()))
    who = f" by {options.by}" if options.by else ""
    day = datetime.now(UTC).date().isoformat()
    source = f"{len(people)} people, {count} pictures, {day}{who}"
    tail = _fit(people, source)
    one, other = halves(people)
    try:
        trial, shown, apart = _fit(one, source), other, True
    except DeviceError:
        trial, shown, apart = tail, people, False
    genuine, strangers, gallery = best_scores(shown, options.gallery)
    identified, accepted = rates(shown, gallery, trial, options.false_accept)
    point = operating_point(tail, options.gallery, options.false_accept)
    name = f"gallery {len(gallery)}, {PICTURES} pictures, {FRAMES} frames"
    plot = det.plot({name: det.curve(genuine, strangers)}, [("here", accepted / 100, 1 - identified / 100)])
    det.save(plot, options.plot)
    options.out.write_text(tail.to_json() + "\n", encoding="utf-8")
    yield from {
        "calibration": str(options.out), "plot": str(options.plot), "people": len(people), "pictures": count,
        "passed_over": missed, "staff_identified_percent": identified,
        "strangers_accepted_percent": accepted, "disjoint": apart, "threshold": point.threshold,
        "source": source,
    }.items()  # fmt: skip


def _fit(people: People, source: str) -> Calibration:
    return calibration.calibrate(DlibEngine.family, people, pictures=PICTURES, frames=FRAMES, source=source)


def _probe(views: Sequence[Vector]) -> Vector:
    return merged((list(views[PICTURES:]) or list(views))[-FRAMES:])


def main() -> int:
    """Exit 0 with what was made, 1 with an `error` in words."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--plot", type=Path, required=True)
    parser.add_argument("--false-accept", type=float, default=0.003)
    parser.add_argument("--gallery", type=int, default=100)
    parser.add_argument("--by", default="")
    options = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    people, missed = load(options.folder)
    try:
        sys.stdout.write(json.dumps(dict(made_from(people, options, missed))))
    except (DeviceError, OSError) as error:
        sys.stdout.write(json.dumps({"error": str(error)}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
