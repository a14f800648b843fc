"""What the publisher asks of the ledger; the daemon implements it over a read-only connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kiosk.core.payload import LedgerPoint


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """Where a ledger ends; `previous` is the place in an older ledger its genesis links to."""

    ledger_id: str
    seq: int
    hash: bytes
    previous: LedgerPoint | None


@dataclass(frozen=True, slots=True)
class Row:
    """One record as stored; `private` is its salt (hex) and text where it has and still keeps one."""

    seq: int
    body: bytes
    hash: bytes
    private: tuple[str, str] | None


class LedgerSource(Protocol):
    """Read access to the ledgers, used by the publisher's thread only."""

    def ledgers(self) -> list[LedgerHead]:
        """All ledgers of this device, oldest first; the last is the one being written."""

    def cursor(self, ledger_id: str) -> int:
        """The last seq the centre has acknowledged, 0 for none."""

    def records(self, ledger_id: str, after_seq: int, max_bytes: int, max_count: int) -> list[Row]:
        """The records following `after_seq`: at least one if there is one, else within both limits."""

    def hash_at(self, ledger_id: str, seq: int) -> bytes:
        """The chain's hash at `seq`; 32 zero bytes at 0. Never asked beyond the ledger's end."""

    def sign(self, statement: bytes) -> str:
        """The device's signature in hex."""
