"""How things stand, in a few figures: for the metrics and the first line of `hadir-centre status`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sync.centre.store import Tx


@dataclass(frozen=True, slots=True)
class Standing:
    """`behind`: records that devices have and are not here; `behind_s`: since the slowest of them moved."""

    devices: int
    online: int
    waiting: int
    records: int
    provisional: int
    staged: int
    quarantined: int
    behind: int
    behind_s: float

    def gauges(self) -> Iterator[tuple[str, str, float]]:
        """Name, help and value of each metric."""
        yield "devices", "Devices that ever said who they are.", self.devices
        yield "devices_online", "Devices connected now.", self.online
        yield "devices_waiting", "Keys that wait for approval.", self.waiting
        yield "records", "Records held.", self.records
        yield "records_provisional", "Records shown ahead of their turn.", self.provisional
        yield "batches_staged", "Batches kept aside because something before them is missing.", self.staged
        yield "ledgers_quarantined", "Ledgers with two histories.", self.quarantined
        yield "gap_records", "Records that devices have and that are not here yet.", self.behind
        yield (
            "backlog_age_seconds",
            "Since the slowest device that is behind delivered.",
            self.behind_s,
        )


def standing(tx: Tx, now_ms: int) -> Standing:
    """The figures of this moment."""
    kiosks = tx.one(
        "SELECT count(*), coalesce(sum(CASE WHEN status = 'online' THEN 1 ELSE 0 END), 0),"
        " coalesce(sum(CASE WHEN behind > 0 THEN behind ELSE 0 END), 0),"
        " min(CASE WHEN behind > 0 THEN coalesce(heard_ms, since_ms) END) FROM v_kiosks"
    )
    ledgers = tx.one(
        "SELECT coalesce(sum(head_seq), 0),"
        " coalesce(sum(CASE WHEN standing = 'quarantined' THEN 1 ELSE 0 END), 0) FROM ledgers"
    )
    assert kiosks is not None
    assert ledgers is not None
    return Standing(
        devices=int(kiosks[0]),
        online=int(kiosks[1]),
        waiting=_count(tx, "device_keys WHERE state = 'waiting'"),
        records=int(ledgers[0]),
        provisional=_count(tx, "provisional"),
        staged=_count(tx, "staged"),
        quarantined=int(ledgers[1]),
        behind=int(kiosks[2]),
        behind_s=0.0 if kiosks[3] is None else max(0.0, (now_ms - kiosks[3]) / 1000),
    )


def _count(tx: Tx, what: str) -> int:
    row = tx.one(f"SELECT count(*) FROM {what}")
    return int(row[0]) if row else 0
