"""Indonesia's three time zones: fixed offsets, no daylight saving."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

ZoneName = Literal["WIB", "WITA", "WIT"]

_OFFSET_H = {"WIB": 7, "WITA": 8, "WIT": 9}
ZONES: dict[str, timezone] = {
    name: timezone(timedelta(hours=hours), name) for name, hours in _OFFSET_H.items()
}

_EPOCHS = {name: datetime(1970, 1, 1, tzinfo=UTC).astimezone(zone) for name, zone in ZONES.items()}
_EPOCH_MS = {name: date(1970, 1, 1).toordinal() * 86_400_000 + _OFFSET_H[name] * 3_600_000 for name in ZONES}

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
    return _EPOCHS[zone] + timedelta(milliseconds=wall_ms)


def wall_ms(moment: datetime) -> int:
    """UTC milliseconds of an aware moment."""
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def midnight_ms(day: date, zone: str) -> int:
    """UTC milliseconds of the beginning of a local day."""
    return day.toordinal() * 86_400_000 - _EPOCH_MS[zone]
