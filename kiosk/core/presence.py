"""When random presence checks are called: from a recorded seed, so that anybody can work it out again."""

from __future__ import annotations

import hashlib
from datetime import date

from kiosk.core.policy import WEEKDAYS, PresenceRule


def moments(rule: PresenceRule, day: date, seed: str) -> list[int]:
    """Seconds after local midnight of the checks of `day`, in order, picked by SHA-256 from the seed."""
    if WEEKDAYS[day.weekday()] not in rule.days:
        return []
    first = rule.earliest.hour * 3600 + rule.earliest.minute * 60
    span = rule.latest.hour * 3600 + rule.latest.minute * 60 - first
    found = []
    for number in range(rule.per_day):
        digest = hashlib.sha256(f"hadir-presence-v1\n{seed}\n{day.isoformat()}\n{number}".encode()).digest()
        found.append(first + int.from_bytes(digest[:8], "big") % span)
    return sorted(found)
