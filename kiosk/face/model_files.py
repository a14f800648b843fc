"""`python -m kiosk.face.model_files FILE`: which of the known model files this is, for `kioskctl models`.

A file is known by its SHA-256; another one is accepted when OpenCV loads it and it answers in the right
shape, and then said to be unknown. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

import cv2
import numpy as np

from kiosk.core.faces import DETECTOR, RECOGNISER

KNOWN = {
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4": (DETECTOR, "YuNet, March 2023"),
    "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79": (RECOGNISER, "SFace, December 2021"),
}
"""Of the two files in OpenCV's model zoo."""
CHIP_PX, DIMENSIONS = 112, 128


def judged(path: Path) -> dict[str, object]:
    """What the file is: its digest, the name it belongs under, and a word about it. Raises `ValueError`."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest in KNOWN:
        name, what = KNOWN[digest]
        return {"sha256": digest, "name": name, "what": what, "known": True}
    for name, answers in ((RECOGNISER, _recognises), (DETECTOR, _detects)):
        if answers(path):
            return {"sha256": digest, "name": name, "what": "of the right shape", "known": False}
    raise ValueError(f"{path.name} is no model that this kiosk can use")


def _recognises(path: Path) -> bool:
    try:
        network = cv2.FaceRecognizerSF.create(str(path), "")
        vector = network.feature(np.zeros((CHIP_PX, CHIP_PX, 3), np.uint8))
    except cv2.error:
        return False
    return np.size(vector) == DIMENSIONS


def _detects(path: Path) -> bool:
    try:
        network = cv2.FaceDetectorYN.create(str(path), "", (320, 320))
        network.detect(np.zeros((320, 320, 3), np.uint8))
    except cv2.error:
        return False
    return True


def main() -> int:
    """Exit 0 with what it is, 1 with an `error` in words."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    try:
        sys.stdout.write(json.dumps(judged(parser.parse_args().file)))
    except (OSError, ValueError) as error:
        sys.stdout.write(json.dumps({"error": str(error)}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
