"""The ledger as whoever delivers it reads it: the publisher, or the child that writes to a stick."""

from __future__ import annotations

from pathlib import Path

from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import StoreReader
from sync.source import LedgerHead, Row

DESTINATION = "centre"
PHOTOS = "centre-photos"
"""The destination whose cursors say up to which `evidence` record photos have gone."""


class StoreSource:
    """The ledger as the publisher reads it; lives on the publisher's thread."""

    def __init__(self, state_dir: Path, keys: DeviceKeys) -> None:
        self._reader = StoreReader.open(state_dir)
        self._keys = keys

    def ledgers(self) -> list[LedgerHead]:
        """Every ledger of this kiosk, oldest first, as far as it is to be delivered as such."""
        return [
            LedgerHead(i.ledger_id, i.deliver_upto, self.hash_at(i.ledger_id, i.deliver_upto), i.previous)
            for i in self._reader.ledgers()
        ]

    def cursor(self, ledger_id: str) -> int:
        """The last seq the centre has acknowledged."""
        return self._reader.cursor(DESTINATION, ledger_id)

    def records(self, ledger_id: str, after_seq: int, max_bytes: int, max_count: int) -> list[Row]:
        """Rows after `after_seq`, bounded both ways."""
        return [
            Row(r.seq, r.body, r.hash, (r.private.salt.hex(), r.private.text) if r.private else None)
            for r in self._reader.records(ledger_id, after_seq, max_bytes, max_count)
        ]

    def hash_at(self, ledger_id: str, seq: int) -> bytes:
        """The chain's hash at `seq`; zeros at 0."""
        found = self._reader.hash_at(ledger_id, seq)
        if found is None:
            raise LookupError(f"ledger {ledger_id} has no record {seq}")
        return found

    def sign(self, statement: bytes) -> str:
        """The device's signature in hex."""
        return self._keys.sign(statement)
