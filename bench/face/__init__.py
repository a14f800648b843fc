"""Faces: accuracy, CPU, search and liveness, beside stock `face_recognition` on the same pictures.

FACES_DIR holds PERSON/*.jpg (default ../shared/faces). The embeddings are kept in FACES_CACHE (default
~/.cache/hadir), because the first run computes three for each picture; FACE_CLIPS is the number of
generated clips of each attack.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from bench.figure import Figure


def run() -> Iterator[Figure]:
    # One thread, as in the process on the kiosk: more only wait for each other on so small a product.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from bench.face import accuracy, acts, liveness, pictures, process, regency, speed

    people = pictures.load()
    if people is None:
        print(f"face: no pictures in {pictures.folder()}; set FACES_DIR", file=sys.stderr)
        return
    yield from accuracy.figures(people)
    yield from speed.figures(people)
    yield from process.figures(people)
    yield from regency.figures()
    yield from acts.figures(people)
    yield from liveness.figures(people)
