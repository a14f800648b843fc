"""A ledger of punches for the benches of delivery: in memory, or in a file for a backlog of any size."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.payload import Genesis, Place, Punch, Shown, Versions, to_data
from kiosk.core.record import RECORD_VERSION, ZERO_HASH, Record, TimeBlock, chain_hash, encode_body
from sync.batching import Packer, body_bytes
from sync.events import Acked, SyncEvent
from sync.hello import DeviceHello
from sync.source import LedgerHead, Row
from sync.topics import DeviceName

NAME = DeviceName("bench", "kiosk")
BATCH_BYTES = 262_144
PUNCH = Punch(
    person_id="0f3c9a61d2b84e57", method="finger", device="r307", grade="A",
    shown=Shown("on_time", "in", "pagi"),
    place=Place("sdn-1", -81724000, 1137005000), versions=Versions("p-1", "c-1", "r-1"),
    slot=17, score=143,
)  # fmt: skip


class Backlog:
    """A signed ledger of `count` records and how far it is acknowledged."""

    def __init__(self, count: int, key: Ed25519PrivateKey, device: str = NAME.device) -> None:
        self._key = key
        self.device = device
        self.sign_key = key.public_key().public_bytes_raw().hex()
        self.ledger_id = f"bench-{device}-{count}"
        self.count = count
        self.acked = 0
        self.done = threading.Event()
        self._keep(self._made())

    def _keep(self, rows: Iterator[Row]) -> None:
        self.rows = list(rows)
        self.head = self.rows[-1].hash

    def hello(self) -> DeviceHello:
        """Who delivers it."""
        return DeviceHello(self.sign_key, "00" * 32, "bench", "bench", "boot")

    def ledgers(self) -> list[LedgerHead]:
        """The one ledger."""
        return [LedgerHead(self.ledger_id, self.count, self.head, None)]

    def cursor(self, ledger_id: str) -> int:
        """What has been acknowledged."""
        return self.acked

    def records(self, ledger_id: str, after_seq: int, max_bytes: int, max_count: int) -> list[Row]:
        """Rows within the limits; all have about the same size."""
        count = max(1, min(max_count, max_bytes // len(self.rows[-1].body)))
        return self.rows[after_seq : after_seq + count]

    def hash_at(self, ledger_id: str, seq: int) -> bytes:
        """The chain's hash."""
        return self.rows[seq - 1].hash if seq else ZERO_HASH

    def sign(self, statement: bytes) -> str:
        """The device's signature."""
        return self._key.sign(statement).hex()

    def event(self, event: SyncEvent) -> None:
        """Move the cursor."""
        if isinstance(event, Acked):
            self.acked = max(self.acked, event.upto)
            if self.acked == self.count:
                self.done.set()

    def batches(self) -> list[bytes]:
        """All of it in batches as the publisher makes them."""
        packer, upto, hash_ = Packer(self, self.sign_key), 0, ZERO_HASH
        payloads = []
        while upto < self.count:
            rows = self.records(self.ledger_id, upto, body_bytes(BATCH_BYTES), 1_000)
            packed = packer.pack(self.ledger_id, (upto, hash_), rows, self.count, BATCH_BYTES)
            payloads.append(packed.payload)
            upto, hash_ = packed.span.upto, packed.span.hash
        return payloads

    def _made(self) -> Iterator[Row]:
        genesis = Genesis(
            reason="new", tenant=NAME.tenant, device_id=self.device, sign_key=self.sign_key,
            receive_key="00" * 32, software="bench",
        )  # fmt: skip
        last, data = ZERO_HASH, to_data(PUNCH)
        for seq in range(1, self.count + 1):
            at = TimeBlock(1_790_000_000_000 + seq, "ntp", 20, "5c0e1f6e", seq)
            type_, payload = ("genesis", to_data(genesis)) if seq == 1 else ("punch", data)
            body = encode_body(Record(self.ledger_id, seq, RECORD_VERSION, type_, at, payload))
            last = chain_hash(last, body)
            yield Row(seq, body, last, None)


class FileBacklog(Backlog):
    """The same in a SQLite file, as on a kiosk: memory does not grow with it."""

    def __init__(self, count: int, key: Ed25519PrivateKey, path: Path, device: str) -> None:
        self._path = path
        super().__init__(count, key, device)

    def _keep(self, rows: Iterator[Row]) -> None:
        db = sqlite3.connect(self._path)
        db.execute("CREATE TABLE ledger (seq INTEGER PRIMARY KEY, body BLOB, hash BLOB)")
        db.executemany("INSERT INTO ledger VALUES (?, ?, ?)", ((r.seq, r.body, r.hash) for r in rows))
        db.commit()
        self.head = bytes(db.execute("SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()[0])
        db.close()
        self._db = sqlite3.connect(self._path, check_same_thread=False)

    def records(self, ledger_id: str, after_seq: int, max_bytes: int, max_count: int) -> list[Row]:
        """Rows within the limits; all have about the same size."""
        count = max(1, min(max_count, max_bytes // 450))
        found = self._db.execute(
            "SELECT seq, body, hash FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?", (after_seq, count)
        )
        return [Row(seq, body, hash_, None) for seq, body, hash_ in found]

    def hash_at(self, ledger_id: str, seq: int) -> bytes:
        """The chain's hash."""
        found = self._db.execute("SELECT hash FROM ledger WHERE seq = ?", (seq,)).fetchone()
        return bytes(found[0]) if found else ZERO_HASH
