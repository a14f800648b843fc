"""Thresholds from an office's own people: fitted, tested on others where they are many, refused where few."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.base.errors import Rejected
from drivers.base.face import Vector, unit
from drivers.face.calibration import Calibration
from kiosk.face import calibrating

NOISE = 0.035


def people(count: int, pictures: int) -> dict[str, list[Vector]]:
    """People whose pictures differ a little, and who differ among themselves."""
    random = np.random.default_rng(5)
    common = random.normal(size=128)
    made = {}
    for number in range(count):
        self_ = unit((common + random.normal(size=128)).astype(np.float32))
        noise = random.normal(scale=NOISE, size=(pictures, 128))
        made[f"p{number:03}"] = [unit((self_ + one).astype(np.float32)) for one in noise]
    return made


def options(folder: Path, gallery: int = 60) -> argparse.Namespace:
    return argparse.Namespace(
        out=folder / "c.json", plot=folder / "c.png", by="BKPSDM", false_accept=0.003, gallery=gallery
    )


@pytest.mark.parametrize(("count", "disjoint"), [(320, True), (160, False)])
def test_the_files_say_what_they_were_made_from(tmp_path: Path, count: int, disjoint: bool) -> None:
    made = dict(calibrating.made_from(people(count, 5), options(tmp_path), missed=2))
    assert (made["people"], made["passed_over"], made["disjoint"]) == (count, 2, disjoint)
    fitted = Calibration.from_json((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert fitted.threshold(60, 0.003) == pytest.approx(made["threshold"])
    assert fitted.source.startswith(f"{count} people, {5 * count} pictures, ")
    assert fitted.source.endswith("by BKPSDM")
    assert made["staff_identified_percent"] == pytest.approx(100, abs=5)
    plot = cv2.imread(str(tmp_path / "c.png"))
    assert plot is not None


def test_nobody_is_in_both_halves() -> None:
    one, other = calibrating.halves(people(21, 1))
    assert not set(one) & set(other)
    assert len(one) + len(other) == 21


def test_too_few_people_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected):
        dict(calibrating.made_from(people(40, 5), options(tmp_path), missed=0))
    assert not (tmp_path / "c.json").exists()


def test_the_program_says_so_in_words(tmp_path: Path) -> None:
    (tmp_path / "somebody").mkdir()
    command = (sys.executable, "-m", "kiosk.face.calibrating", str(tmp_path), "--out", str(tmp_path / "o"),
               "--plot", str(tmp_path / "p"))  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 1
    assert "too few" in json.loads(done.stdout)["error"]
