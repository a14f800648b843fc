"""The seal of one local day: which records are the day's, signed by the device as they stand."""

from __future__ import annotations

import msgspec

from kiosk.core.seal import DaySeal
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import StoreReader
from sync.topics import DeviceName


def day_seal(reader: StoreReader, keys: DeviceKeys, name: DeviceName, day: str) -> DaySeal | None:
    """The seal of `day` (ISO) in the current ledger, up to its newest record; None without a record."""
    with reader.snapshot():
        ledger = reader.ledgers()[-1]
        found = reader.day_of(ledger, day)
        if found is None:
            return None
        first, last = found
        head = reader.hash_at(ledger.ledger_id, last)
    seal = DaySeal(
        tenant=name.tenant, device=name.device, day=day, first=first, last=last, ledger_id=ledger.ledger_id,
        head=(head or b"").hex(),
    )  # fmt: skip
    return msgspec.structs.replace(seal, sig=keys.sign(seal.statement()))
