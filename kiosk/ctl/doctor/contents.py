"""What a device that works holds: strangers' fingers, fingers without room, a log nearly full."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.ctl.doctor.finding import Finding, warning
from kiosk.ctl.doctor.seen import Seen


def contents(seen: Seen) -> Iterator[Finding]:
    """The running kioskd's remarks on each device, with what to do; without kioskd nobody can look inside."""
    for device in seen.health.devices if seen.health is not None else ():
        for note in device.notes:
            words, _, advice = note.rpartition("; ")
            yield warning(f"{device.kind} {device.name}", words, advice)
