"""Time arithmetic: what later knowledge says about records that were written with an untrusted clock.

Within one boot the boot clock ties every record to every other, so one trusted moment corrects all of them.
A boot that never knew the time is *bracketed*: it began after the last time known before it and ended
before the next one known after it, less the time it and its neighbours surely ran.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from kiosk.core.payload import Correction
from kiosk.core.record import TimeBlock, TimeSource

DRIFT_PPM = 100  # a Pi's crystal, warm and cold
LEAP_MS = 1_000
RANK: dict[TimeSource, int] = {
    "ntp": 7, "gps": 6, "centre": 5, "rtc": 4, "courier": 3, "terminal": 2, "operator": 1, "none": 0,
}  # fmt: skip
STRONG_FROM = RANK["centre"]


def strong(source: TimeSource) -> bool:
    """Whether the source tells the time afresh, rather than having kept it or been told it."""
    return RANK[source] >= STRONG_FROM


def drift_ms(elapsed_ms: int) -> int:
    """How far the boot clock may be off after `elapsed_ms`, rounded up."""
    return -(-abs(elapsed_ms) * DRIFT_PPM // 1_000_000)


def leap_ms(before_ms: int, after_ms: int) -> int:
    """What leap seconds may have put between two UTC moments: one may end each June and December."""
    return LEAP_MS * abs(_half_years(after_ms) - _half_years(before_ms))


class Known(msgspec.Struct, frozen=True):
    """True time was `wall_minus_boot_ms` + boot time, within `uncertainty_ms`, at `boot_ms` of a boot."""

    source: TimeSource
    wall_minus_boot_ms: int
    uncertainty_ms: int
    boot_ms: int

    def bound_ms(self, boot_ms: int) -> int:
        """The uncertainty at another moment of the same boot."""
        apart = leap_ms(self.wall_minus_boot_ms + self.boot_ms, self.wall_minus_boot_ms + boot_ms)
        return self.uncertainty_ms + drift_ms(boot_ms - self.boot_ms) + apart

    def disproves(self, other: Known) -> bool:
        """Whether both cannot be true, and this is the better source."""
        apart = abs(self.wall_minus_boot_ms - other.wall_minus_boot_ms)
        better = RANK[self.source] > RANK[other.source]
        return better and apart > self.bound_ms(other.boot_ms) + other.uncertainty_ms


class Stretch(msgspec.Struct, frozen=True):
    """Records `first` to `last` written under one anchor; `claim` is what they say, None when untrusted."""

    first: int
    last: int
    wall_minus_boot_ms: int
    first_boot_ms: int
    last_boot_ms: int
    claim: Known | None = None


class Boot(msgspec.Struct, frozen=True):
    """One boot: what of it awaits a correction, how long it surely ran, and what is known of its time."""

    boot_id: str
    stretches: tuple[Stretch, ...]
    last_boot_ms: int
    known: Known | None = None


def known_of(at: TimeBlock) -> Known | None:
    """What a record's time says about its boot; None when it is not trusted."""
    if not at.trusted or at.uncertainty_ms is None:
        return None
    return Known(at.source, at.wall_ms - at.boot_ms, at.uncertainty_ms, at.boot_ms)


def corrections(boots: Sequence[Boot], lower_ms: int, now: Known) -> list[Correction]:
    """What to write, oldest first, now that the time of the last of `boots` is known.

    `lower_ms` is a time that had surely passed before the first of them began (UTC).
    """
    found: list[Correction] = []
    open_boots: list[Boot] = []
    for boot in (*boots[:-1], msgspec.structs.replace(boots[-1], known=now)):
        if boot.known is None:
            open_boots.append(boot)
            continue
        found += _bracketed(open_boots, lower_ms, boot.known.wall_minus_boot_ms + boot.known.bound_ms(0))
        found += [_exact(boot.boot_id, s, boot.known) for s in boot.stretches if _wrong(s, boot.known)]
        lower_ms = max(lower_ms, _ended_ms(boot))
        open_boots = []
    return found


def _wrong(stretch: Stretch, known: Known) -> bool:
    return stretch.claim is None or known.disproves(stretch.claim)


def _exact(boot_id: str, stretch: Stretch, known: Known) -> Correction:
    bound = max(known.bound_ms(stretch.first_boot_ms), known.bound_ms(stretch.last_boot_ms))
    offset = known.wall_minus_boot_ms - stretch.wall_minus_boot_ms
    return _correction(boot_id, stretch, offset, known.source, bound)


def _bracketed(boots: Sequence[Boot], lower_ms: int, upper_ms: int) -> list[Correction]:
    """Bounds for boots between two known times; the next known boot began at `upper_ms` at the latest."""
    found = []
    ran = [boot.last_boot_ms - drift_ms(boot.last_boot_ms) for boot in boots]
    for index, boot in enumerate(boots):
        earliest, latest = lower_ms + sum(ran[:index]), upper_ms - sum(ran[index:])
        if latest < earliest:  # one of the times known was wrong: nothing can be said
            continue
        bound = (latest - earliest + 1) // 2 + drift_ms(boot.last_boot_ms) + leap_ms(earliest, latest)
        for stretch in (s for s in boot.stretches if s.claim is None):
            offset = (earliest + latest) // 2 - stretch.wall_minus_boot_ms
            found.append(_correction(boot.boot_id, stretch, offset, "none", bound))
    return found


def _correction(boot_id: str, s: Stretch, offset_ms: int, source: TimeSource, bound_ms: int) -> Correction:
    return Correction(
        boot_id=boot_id, from_seq=s.first, upto_seq=s.last, offset_ms=offset_ms, source=source,
        uncertainty_ms=bound_ms,
    )  # fmt: skip


def _ended_ms(boot: Boot) -> int:
    known = boot.known
    if known is None:
        return 0
    return known.wall_minus_boot_ms + boot.last_boot_ms - known.bound_ms(boot.last_boot_ms)


def _half_years(wall_ms: int) -> int:
    moment = datetime.fromtimestamp(wall_ms / 1000, UTC)
    return moment.year * 2 + (moment.month > 6)
