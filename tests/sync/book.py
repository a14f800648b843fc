"""A kiosk's ledgers in memory, signed with a real key: what the daemon's store is to the publisher."""

from __future__ import annotations

import copy
import json
import secrets
import threading

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.payload import Genesis, LedgerPoint, Payload, Person, Place, Punch, Shown, Versions, to_data
from kiosk.core.record import (
    RECORD_VERSION,
    ZERO_HASH,
    Record,
    TimeBlock,
    chain_hash,
    encode_body,
    private_hash,
)
from sync.hello import DeviceHello
from sync.source import LedgerHead, Row
from sync.topics import DeviceName

START_MS = 1_790_000_000_000


class Ledger:
    """One ledger; `rows[0]` is seq 1."""

    def __init__(self, ledger_id: str, previous: LedgerPoint | None) -> None:
        self.ledger_id = ledger_id
        self.previous = previous
        self.rows: list[Row] = []

    @property
    def head(self) -> LedgerHead:
        last = self.rows[-1]
        return LedgerHead(self.ledger_id, last.seq, last.hash, self.previous)


class Book:
    """All ledgers of one device; safe to append to while a publisher reads."""

    def __init__(
        self, device: str = "kiosk-1", tenant: str = "dinas", key: Ed25519PrivateKey | None = None
    ) -> None:
        self.name = DeviceName(tenant, device)
        self.key = key or Ed25519PrivateKey.generate()
        self.sign_key = self.key.public_key().public_bytes_raw().hex()
        self.receive_key = secrets.token_hex(32)
        self.books: list[Ledger] = []
        self.cursors: dict[str, int] = {}
        self._lock = threading.Lock()
        self.open("new")

    @property
    def current(self) -> Ledger:
        return self.books[-1]

    def hello(self) -> DeviceHello:
        return DeviceHello(self.sign_key, self.receive_key, "0.1.0", "sd-1", "boot-1", simulated=True)

    def open(self, reason: str, previous: LedgerPoint | None = None) -> Ledger:
        ledger = Ledger(secrets.token_hex(8), previous)
        with self._lock:
            self.books.append(ledger)
            self._append(
                Genesis(
                    reason=reason,  # type: ignore[arg-type]
                    tenant=self.name.tenant,
                    device_id=self.name.device,
                    sign_key=self.sign_key,
                    receive_key=self.receive_key,
                    software="0.1.0",
                    previous=previous,
                )
            )
        return ledger

    def person(self, person_id: str, number: str, name: str) -> int:
        text = json.dumps({"number": number, "name": name})
        with self._lock:
            return self._append(
                Person(person_id=person_id, category="PNS", active=True, source="operator"), private=text
            )

    def punch(self, person_id: str = "p1", code: str = "on_time") -> int:
        punch = Punch(
            person_id=person_id,
            method="finger",
            device="r307",
            grade="A",
            shown=Shown(code, "in"),
            place=Place("sd-1"),
            versions=Versions("p", "c", "r"),
        )
        return self.append(punch)

    def punches(self, count: int, code: str = "on_time") -> int:
        return [self.punch(code=code) for _ in range(count)][-1]

    def append(self, payload: Payload) -> int:
        with self._lock:
            return self._append(payload)

    def append_raw(self, body: bytes) -> int:
        """A body of a form this version does not make."""
        with self._lock:
            return self._store(body, None)

    def put_back(self, seq: int) -> Book:
        """This device as it was when its current ledger ended at `seq`, same keys."""
        old = copy.copy(self)
        old._lock = threading.Lock()
        old.books = [copy.copy(book) for book in self.books]
        old.current.rows = self.current.rows[:seq]
        old.cursors = {book_id: min(at, seq) for book_id, at in self.cursors.items()}
        return old

    def ledgers(self) -> list[LedgerHead]:
        with self._lock:
            return [book.head for book in self.books]

    def cursor(self, ledger_id: str) -> int:
        return self.cursors.get(ledger_id, 0)

    def records(self, ledger_id: str, after_seq: int, max_bytes: int, max_count: int) -> list[Row]:
        rows: list[Row] = []
        size = 0
        for row in self._book(ledger_id).rows[after_seq : after_seq + max_count]:
            size += len(row.body)
            if rows and size > max_bytes:
                break
            rows.append(row)
        return rows

    def hash_at(self, ledger_id: str, seq: int) -> bytes:
        rows = self._book(ledger_id).rows
        if seq == 0:
            return ZERO_HASH
        return rows[seq - 1].hash if seq <= len(rows) else b""

    def sign(self, statement: bytes) -> str:
        return self.key.sign(statement).hex()

    def _book(self, ledger_id: str) -> Ledger:
        return next(book for book in self.books if book.ledger_id == ledger_id)

    def _append(self, payload: Payload, private: str | None = None) -> int:
        seq = len(self.current.rows) + 1
        salt = secrets.token_bytes(16)
        record = Record(
            ledger_id=self.current.ledger_id,
            seq=seq,
            v=RECORD_VERSION,
            type=payload.TYPE,
            at=TimeBlock(START_MS + seq, "ntp", 10, "boot-1", seq),
            data=to_data(payload),
            private_hash=None if private is None else private_hash(salt, private.encode()),
        )
        return self._store(encode_body(record), None if private is None else (salt.hex(), private))

    def _store(self, body: bytes, private: tuple[str, str] | None) -> int:
        rows = self.current.rows
        last = rows[-1].hash if rows else ZERO_HASH
        rows.append(Row(len(rows) + 1, body, chain_hash(last, body), private))
        return len(rows)
