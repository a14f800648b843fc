"""Whether a position belongs to a site: distance on the sphere, the radius, and what no receiver can do."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

EARTH_M = 6_371_008.8  # mean radius, IUGG
FASTEST_M_S = 40.0  # a kiosk is carried by car at most
BEST_ERROR_M = 0.5  # nobody's receiver under a roof is better

PlaceStatus = Literal["ok", "outside", "no_fix", "doubtful"]


class Position(NamedTuple):
    """Degrees; `error_m` bounds it; `at_s` is monotonic."""

    latitude: float
    longitude: float
    error_m: float
    satellites: int
    at_s: float


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The haversine distance between two points in degrees (latitude, longitude)."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, point)) for point in (a, b))
    h = math.sin((lat2 - lat1) / 2) ** 2
    h += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, h)))


def judge_place(
    now: Position | None, before: Position | None, site: tuple[float, float], radius_m: int
) -> tuple[PlaceStatus, int]:
    """What a fix proves, and the metres to the site. The receiver's own error is in the person's favour."""
    if now is None:
        return "no_fix", 0
    here = (now.latitude, now.longitude)
    away_m = distance_m(here, site)
    if not plausible(now, before):
        return "doubtful", round(away_m)
    if radius_m and away_m - now.error_m > radius_m:
        return "outside", round(away_m)
    return "ok", round(away_m)


def plausible(now: Position, before: Position | None) -> bool:
    """Whether a receiver could have said this: no jump, not too good, enough satellites for a fix."""
    if now.error_m < BEST_ERROR_M or now.satellites < 3 or (now.latitude, now.longitude) == (0.0, 0.0):
        return False
    if before is None:
        return True
    moved_m = distance_m((now.latitude, now.longitude), (before.latitude, before.longitude))
    slack_m = now.error_m + before.error_m
    return moved_m - slack_m <= FASTEST_M_S * max(1.0, now.at_s - before.at_s)
