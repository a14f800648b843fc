"""A ZKTeco terminal's way of writing time.

A log record holds seconds counted in a calendar where every month has 31 days, from 2000-01-01 (manual of
2006, `CMD_GET_TIME`); a live event holds six bytes: year - 2000, month, day, hour, minute, second.
"""

from __future__ import annotations

from calendar import monthrange

DAY_S = 86_400
_TIMES = tuple(f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440))
_SECONDS = tuple(f"{second:02d}" for second in range(60))


def date_of(day: int) -> str | None:
    """Day number `day` of the 31-day calendar as `YYYY-MM-DDT`, None for 30 February and the like."""
    year, month, dom = 2000 + day // 372, day // 31 % 12 + 1, day % 31 + 1
    if dom > monthrange(year, month)[1]:
        return None
    return f"{year}-{month:02d}-{dom:02d}T"


class Dates(dict[int, str | None]):
    """`date_of`, remembered: a log of 100,000 records has only some hundred days."""

    def __missing__(self, day: int) -> str | None:
        """Work the date out once."""
        return self.setdefault(day, date_of(day))


def time_of(second: int) -> str:
    """The time of a second of the day, as `HH:MM:SS`."""
    return _TIMES[second // 60] + _SECONDS[second % 60]


def wall_of(code: int) -> str | None:
    """A time code as `YYYY-MM-DDTHH:MM:SS`, or None when there is no such date."""
    date = date_of(code // DAY_S)
    return None if date is None else date + time_of(code % DAY_S)


def wall_of_six(six: bytes) -> str | None:
    """The six bytes of a live event as `YYYY-MM-DDTHH:MM:SS`, or None when there is no such moment."""
    year, month, dom, hour, minute, second = six
    if not 1 <= month <= 12 or hour > 23 or minute > 59 or second > 59:
        return None
    if not 1 <= dom <= monthrange(2000 + year, month)[1]:
        return None
    return f"{2000 + year}-{month:02d}-{dom:02d}T{hour:02d}:{minute:02d}:{second:02d}"


def code_of(wall: str) -> int:
    """The time code of `YYYY-MM-DDTHH:MM:SS`; raises `ValueError` for anything else."""
    date, _, time = wall.partition("T")
    year, month, dom = (int(part) for part in date.split("-"))
    hour, minute, second = (int(part) for part in time.split(":"))
    if wall_of_six(bytes((year - 2000, month, dom, hour, minute, second))) != wall:
        raise ValueError(f"not a local time a terminal can hold: {wall}")
    return ((year - 2000) * 372 + (month - 1) * 31 + dom - 1) * DAY_S + hour * 3600 + minute * 60 + second
