"""Whose days the reports count: the zone of the configuration, noted where the views read it."""

from __future__ import annotations

from datetime import timedelta

from kiosk.core.zone import ZONES
from sync.centre.store import Store


def note_zone(store: Store, zone: str) -> None:
    """Write the zone's offset into `settings` where it differs."""
    offset = ZONES[zone].utcoffset(None) // timedelta(minutes=1)
    with store.writing() as tx:
        tx.run("UPDATE settings SET zone_minutes = ? WHERE zone_minutes <> ?", offset, offset)
