"""A punch's row in the reports: what they hold of a record, read without the rest of it.

Half of a drained record's cost at the centre was making objects of fields nobody looks at.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from kiosk.core.payload import Method, Punch
from sync.centre.incoming import Envelope
from sync.centre.ledgers import Ledger
from sync.centre.store import Row

LAST_MS = 4_102_444_800_000  # 2100-01-01
Seconds = Annotated[int, msgspec.Meta(gt=-LAST_MS, lt=LAST_MS)]


class Place(msgspec.Struct, frozen=True, gc=False):
    """Of `kiosk.core.payload.Place`."""

    site: str


class Shown(msgspec.Struct, frozen=True, gc=False):
    """Of `kiosk.core.payload.Shown`."""

    code: str
    direction: Literal["in", "out", "none"]
    session: str = ""
    late_s: Seconds = 0
    early_s: Seconds = 0


class PunchSeen(msgspec.Struct, frozen=True, gc=False):
    """Of `kiosk.core.payload.Punch`."""

    TYPE: ClassVar[str] = Punch.TYPE
    person_id: str
    method: Method
    grade: str
    shown: Shown
    place: Place
    simulated: bool = False
    claimed_ms: Annotated[int, msgspec.Meta(ge=0, lt=LAST_MS)] | None = None
    queued: bool = False


def is_sane(envelope: Envelope, punch: PunchSeen) -> bool:
    """Whether its time is one a database's types can hold."""
    return punch.claimed_ms is not None or 0 <= envelope.at.wall_ms < LAST_MS


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
