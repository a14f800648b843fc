"""The demo's only face: NASA's portrait of Eileen Collins, in the public domain, out of scikit-image's wheel.

Nothing of scikit-image is imported; see decision 089.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import cv2
import numpy as np

from kiosk.demo.faces.mesh import Array, Picture

_PACKAGE, _FILE = "scikit-image", "skimage/data/astronaut.png"
POINTS: Array = np.array((
    (180, 104), (180, 116), (181, 127), (182, 139), (185, 150), (191, 161), (200, 169), (210, 176),
    (221, 178), (233, 177), (244, 171), (254, 163), (261, 154), (265, 143), (268, 131), (270, 120),
    (272, 108), (187, 93), (192, 88), (200, 87), (208, 89), (216, 92), (236, 93), (244, 90),
    (252, 90), (260, 92), (265, 98), (226, 102), (225, 111), (225, 119), (225, 127), (214, 131),
    (219, 133), (224, 134), (229, 133), (234, 132), (195, 101), (200, 98), (207, 98), (212, 104),
    (206, 104), (200, 104), (238, 105), (243, 101), (250, 101), (255, 104), (250, 106), (244, 106),
    (201, 139), (209, 139), (218, 139), (224, 141), (230, 140), (237, 140), (245, 141), (237, 151),
    (229, 155), (222, 156), (216, 155), (208, 150), (204, 141), (218, 143), (223, 144), (229, 143),
    (242, 142), (229, 150), (223, 151), (217, 150),
), np.float32)  # fmt: skip
"""Its 68 points in the iBUG order, in pixels, as dlib's predictor found them."""


def portrait() -> Picture:
    """The picture, RGB. Raises `FileNotFoundError` when the package is not installed."""
    try:
        path = Path(str(importlib.metadata.distribution(_PACKAGE).locate_file(_FILE)))
    except importlib.metadata.PackageNotFoundError as error:
        raise FileNotFoundError(f"{_PACKAGE} is not installed: pip install 'hadir[demo]'") from error
    picture = cv2.imread(str(path))
    if picture is None:
        raise FileNotFoundError(path)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
