"""A simulated kiosk's ledger: real records, chain and signatures, of which only hashes and times are kept.

A body is made again whenever it is read: a kiosk with a month's backlog costs 40 bytes a record.
"""

from __future__ import annotations

import hashlib
from array import array
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.payload import Genesis, Place, Punch, Shown, Versions, to_data
from kiosk.core.record import RECORD_VERSION, ZERO_HASH, Record, TimeBlock, chain_hash, encode_body
from sync.hello import DeviceHello
from sync.source import LedgerHead, Row
from sync.topics import DeviceName

HASH_BYTES = 32
STAFF = 13
TENANT = "armada"


class Book:
    """Kiosk `number` of the fleet called `seed`; its keys and its ledger's name follow from both.

    Implements `sync.source.LedgerSource` for the publisher's thread while another thread appends.
    """

    def __init__(self, seed: str, number: int) -> None:
        secret = hashlib.sha256(f"{seed}/{number}".encode()).digest()
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self._sign_key = self._key.public_key().public_bytes_raw().hex()
        self.name = DeviceName(TENANT, f"k{number:05}")
        self.ledger_id = hashlib.sha256(secret).hexdigest()[:16]
        self.acked = 0
        self._number = number
        self._walls_ms = array("q")
        self._hashes = bytearray()
        self._count = 0

    @property
    def count(self) -> int:
        """How many records it has."""
        return self._count

    def append(self, wall_ms: int) -> int:
        """One more record (the first is the genesis, all others punches); its seq."""
        seq = self._count + 1
        self._walls_ms.append(wall_ms)
        self._hashes += chain_hash(self.hash_at(self.ledger_id, seq - 1), self._body(seq))
        self._count = seq
        return seq

    def hello(self) -> DeviceHello:
        """What it says of itself."""
        site = f"site-{self._number}"
        return DeviceHello(self._sign_key, "00" * 32, "fleet", site, "boot", simulated=True)

    def ledgers(self) -> list[LedgerHead]:
        """Its one ledger."""
        count = self._count
        return [LedgerHead(self.ledger_id, count, self.hash_at(self.ledger_id, count), None)]

    def cursor(self, ledger_id: str) -> int:
        """The last acknowledged seq."""
        return self.acked

    def records(self, ledger_id: str, after_seq: int, max_bytes: int, max_count: int) -> list[Row]:
        """The records that follow, within both limits."""
        rows: list[Row] = []
        size = 0
        for seq in range(after_seq + 1, min(self._count, after_seq + max_count) + 1):
            body = self._body(seq)
            size += len(body)
            if rows and size > max_bytes:
                break
            rows.append(Row(seq, body, self.hash_at(ledger_id, seq), None))
        return rows

    def hash_at(self, ledger_id: str, seq: int) -> bytes:
        """The chain's hash at `seq`."""
        return bytes(self._hashes[(seq - 1) * HASH_BYTES : seq * HASH_BYTES]) if seq else ZERO_HASH

    def sign(self, statement: bytes) -> str:
        """The device's signature."""
        return self._key.sign(statement).hex()

    def _body(self, seq: int) -> bytes:
        wall_ms = self._walls_ms[seq - 1]
        at = TimeBlock(wall_ms, "ntp", 20, "boot", seq)
        type_, data = ("genesis", self._genesis()) if seq == 1 else ("punch", self._punch(seq))
        return encode_body(Record(self.ledger_id, seq, RECORD_VERSION, type_, at, data))

    def _genesis(self) -> dict[str, Any]:
        return to_data(
            Genesis(
                reason="new",
                tenant=self.name.tenant,
                device_id=self.name.device,
                sign_key=self._sign_key,
                receive_key="00" * 32,
                software="fleet",
            )
        )

    def _punch(self, seq: int) -> dict[str, Any]:
        late_s = 60 * (seq % 7) if seq % 5 == 0 else 0
        return to_data(
            Punch(
                person_id=f"p{self._number:05}-{seq % STAFF}",
                method="finger",
                device="r307",
                grade="A",
                shown=Shown("late" if late_s else "on_time", "out" if seq % 2 else "in", "pagi", late_s),
                place=Place(f"site-{self._number}", -81724000, 1137005000),
                versions=Versions("p-1", "c-1", "r-1"),
                slot=seq % STAFF,
                score=143,
                simulated=True,
            )
        )
