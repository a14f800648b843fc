"""Indonesia's three time zones: fixed offsets, no daylight saving."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

ZoneName = Literal["WIB", "WITA", "WIT"]

ZONES: dict[str, timezone] = {
    "WIB": timezone(timedelta(hours=7), "WIB"),
    "WITA": timezone(timedelta(hours=8), "WITA"),
    "WIT": timezone(timedelta(hours=9), "WIT"),
}


# From which longitude on which zones are in force somewhere (Keppres 41/1987): Java, Madura's islands and
# Kalimantan overlap, and so do Sulawesi, Timor and the Moluccas.
_FROM_LONGITUDE: tuple[tuple[float, tuple[ZoneName, ...]], ...] = (
    (-180.0, ("WIB",)),
    (113.8, ("WIB", "WITA")),
    (116.3, ("WITA",)),
    (124.2, ("WITA", "WIT")),
    (127.2, ("WIT",)),
)


def zones_at(longitude: float) -> tuple[ZoneName, ...]:
    """The zones that a place at this longitude (degrees east) may be in."""
    return next(zones for west, zones in reversed(_FROM_LONGITUDE) if longitude >= west)


def local(wall_ms: int, zone: str) -> datetime:
    """The local date and time of a UTC moment in milliseconds."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=wall_ms)).astimezone(ZONES[zone])


def wall_ms(moment: datetime) -> int:
    """UTC milliseconds of an aware moment."""
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
