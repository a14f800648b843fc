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


def local(wall_ms: int, zone: str) -> datetime:
    """The local date and time of a UTC moment in milliseconds."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=wall_ms)).astimezone(ZONES[zone])


def wall_ms(moment: datetime) -> int:
    """UTC milliseconds of an aware moment."""
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
