"""The DET curve: missed staff against accepted strangers, on normal-deviate axes, as a PNG.

Martin et al., "The DET curve in assessment of detection task performance", 1997.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import NormalDist

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.base.camera import Pixels

Scores = NDArray[np.float64]

TICKS = (0.0005, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.6)
WIDTH, HEIGHT, MARGIN = 900, 700, 90
COLOURS = ((180, 90, 20), (40, 110, 200), (60, 150, 60), (150, 60, 150), (90, 90, 90))


def curve(genuine: Scores, strangers: Scores) -> tuple[Scores, Scores]:
    """Rates of accepted strangers and of missed staff at each threshold that occurs."""
    thresholds = np.unique(np.concatenate([genuine, strangers]))
    accepted = 1 - np.searchsorted(np.sort(strangers), thresholds) / len(strangers)
    missed = np.searchsorted(np.sort(genuine), thresholds) / len(genuine)
    return accepted, missed


def plot(curves: Mapping[str, tuple[Scores, Scores]], points: Sequence[tuple[str, float, float]]) -> Pixels:
    """Draw curves by name, and operating points (name, accepted, missed)."""
    canvas = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    _axes(canvas)
    for number, (name, (accepted, missed)) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        line = np.array([_place(a, m) for a, m in zip(accepted, missed, strict=True)], np.int32)
        cv2.polylines(canvas, [line], isClosed=False, color=colour, thickness=2, lineType=cv2.LINE_AA)
        cv2.line(canvas, (WIDTH - 430, 60 + 24 * number), (WIDTH - 400, 60 + 24 * number), colour, 3)
        _text(canvas, name, (WIDTH - 390, 65 + 24 * number))
    for name, accepted_part, missed_part in points:
        cv2.circle(canvas, _place(accepted_part, missed_part), 6, (0, 0, 200), -1, cv2.LINE_AA)
        x, y = _place(accepted_part, missed_part)
        _text(canvas, name, (x + 10, y - 8))
    return canvas


def save(canvas: Pixels, path: Path) -> None:
    """Write the PNG."""
    good, data = cv2.imencode(".png", canvas)
    assert good
    path.write_bytes(data.tobytes())


def _axes(canvas: Pixels) -> None:
    for tick in TICKS:
        x, y = _place(tick, tick)
        cv2.line(canvas, (x, MARGIN // 2), (x, HEIGHT - MARGIN), (225, 225, 225), 1)
        cv2.line(canvas, (MARGIN, y), (WIDTH - MARGIN // 2, y), (225, 225, 225), 1)
        _text(canvas, f"{100 * tick:g}", (x - 15, HEIGHT - MARGIN + 22))
        _text(canvas, f"{100 * tick:g}", (MARGIN - 45, y + 5))
    _text(canvas, "strangers accepted, %", (WIDTH // 2 - 90, HEIGHT - 30))
    _text(canvas, "staff missed, %", (12, 30))


def _place(accepted: float, missed: float) -> tuple[int, int]:
    low, high = (NormalDist().inv_cdf(value) for value in (TICKS[0], TICKS[-1]))
    x, y = (NormalDist().inv_cdf(min(max(value, TICKS[0]), TICKS[-1])) for value in (accepted, missed))
    across, up = WIDTH - MARGIN * 3 // 2, HEIGHT - MARGIN * 3 // 2
    return round(MARGIN + (x - low) / (high - low) * across), round(
        HEIGHT - MARGIN - (y - low) / (high - low) * up
    )


def _text(canvas: Pixels, text: str, at: tuple[int, int]) -> None:
    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
