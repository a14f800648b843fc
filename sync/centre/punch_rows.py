"""A punch's row in the reports."""

from __future__ import annotations

from sync.centre.content import PunchSeen
from sync.centre.envelope import Envelope
from sync.centre.ledgers import Ledger
from sync.centre.store import Row


def row_of(
    ledger: Ledger, seq: int, envelope: Envelope, punch: PunchSeen, *, provisional: int, seen_ms: int
) -> Row:
    """In the order of the tables' columns. `seq` is a carrier's for a carried one."""
    at, shown, device = envelope.at, punch.shown, ledger.device
    wall_ms, source, boot_id = at.wall_ms, at.source, at.boot_id
    if punch.claimed_ms is not None:  # of no boot: a correction of this one's clock passes it over
        wall_ms, source, boot_id = punch.claimed_ms, "operator", ""
    return (
        ledger.ledger_id, seq, device.tenant, device.device, punch.person_id, wall_ms, source,
        punch.method, punch.grade, shown.code, shown.direction, shown.session, shown.late_s,
        punch.place.site, int(punch.simulated), provisional, seen_ms, boot_id, wall_ms, shown.early_s,
        "queued" if punch.queued else "counted",
    )  # fmt: skip
