"""Records carried from one ledger of a kiosk into its next: each has its consequences once.

A kiosk that mends a damaged database carries all after the damage, also what was delivered long ago.
Other records go on naming a carried one by its old place: the table `carried` says in whose place it lies.
"""

from __future__ import annotations

from kiosk.core.payload import Carried
from sync.centre.genesis import reason_of
from sync.centre.ledgers import Ledger
from sync.centre.store import Tx
from sync.topics import DeviceName

Place = tuple[str, int]
_OLD_PLACE = "tenant = ? AND device = ? AND ledger_id = ? AND seq"


def is_counted(tx: Tx, ledger: Ledger, carried: Carried) -> bool:
    """Whether what `ledger` carries has been taken in: as itself, or from an earlier carrier.

    Of a record that was changed at the kiosk after it was delivered, the one delivered stands.
    """
    old = (ledger.device.tenant, ledger.device.device, carried.ledger_id, carried.seq)
    held = tx.one(
        "SELECT r.body FROM ledgers l JOIN records r ON r.ledger_id = l.ledger_id"
        " WHERE l.tenant = ? AND l.device = ? AND l.ledger_id = ? AND r.seq = ?",
        *old,
    )
    if held is not None:
        same = bytes(held[0]) == carried.body.encode()
        if same or reason_of(tx, ledger.ledger_id) == "salvaged":
            return True
    return tx.one(f"SELECT 1 FROM carried WHERE {_OLD_PLACE} = ?", *old) is not None


def is_shown(tx: Tx, ledger: Ledger, carried: Carried) -> bool:
    """The same for what is fresh: it may also be shown in its old place, ahead of its turn."""
    old = (ledger.device.tenant, ledger.device.device, carried.ledger_id, carried.seq)
    early = f"SELECT 1 FROM early_punches WHERE {_OLD_PLACE} = ?"
    return is_counted(tx, ledger, carried) or tx.one(early, *old) is not None


def take_place(tx: Tx, ledger: Ledger, seq: int, carried: Carried) -> None:
    """Record `seq` of `ledger` is where the carried one counts; in its old place it is shown no more."""
    old = (ledger.device.tenant, ledger.device.device, carried.ledger_id, carried.seq)
    tx.run("INSERT INTO carried VALUES (?, ?, ?, ?, ?, ?)", *old, ledger.ledger_id, seq)
    if tx.run(f"DELETE FROM early_punches WHERE {_OLD_PLACE} = ?", *old):
        tx.run("DELETE FROM provisional WHERE ledger_id = ? AND seq = ?", carried.ledger_id, carried.seq)


def places(tx: Tx, device: DeviceName, ledger_id: str, first: int, last: int) -> list[Place]:
    """Where what a ledger has carried out of `first` to `last` lies now."""
    rows = tx.all(
        f"SELECT carrier_id, carrier_seq FROM carried WHERE {_OLD_PLACE} BETWEEN ? AND ?",
        device.tenant, device.device, ledger_id, first, last,
    )  # fmt: skip
    return [(carrier_id, seq) for carrier_id, seq in rows]


def set_punch(tx: Tx, device: DeviceName, place: Place, column: str, value: str) -> None:
    """Put `value` into a punch of the device that the kiosk knows by `place`."""
    ledger_id, seq = place
    for lies_in, at in places(tx, device, ledger_id, seq, seq) or [place]:
        tx.run(
            f"UPDATE punches SET {column} = ? WHERE tenant = ? AND device = ? AND ledger_id = ? AND seq = ?",
            value, device.tenant, device.device, lies_in, at,
        )  # fmt: skip


def old_place(tx: Tx, device: DeviceName, place: Place) -> Place:
    """The place by which the kiosk knows what lies in `place`."""
    row = tx.one(
        "SELECT ledger_id, seq FROM carried"
        " WHERE tenant = ? AND device = ? AND carrier_id = ? AND carrier_seq = ?",
        device.tenant, device.device, *place,
    )  # fmt: skip
    return (row[0], row[1]) if row else place
