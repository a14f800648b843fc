"""What the store hands out."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from kiosk.core.payload import LedgerPoint, TerminalRowPrivate
from kiosk.core.record import TimeBlock


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the kiosk is, for the genesis of its ledgers."""

    tenant: str
    device_id: str
    software: str


class Head(msgspec.Struct, frozen=True):
    """The last record of the current ledger."""

    ledger_id: str
    seq: int
    hash: bytes

    @property
    def point(self) -> LedgerPoint:
        """The same as it is written into records."""
        return LedgerPoint(self.ledger_id, self.seq, self.hash.hex())


class Appended(msgspec.Struct, frozen=True):
    """Where a record went."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class PersonState:
    """A person as last entered; an erased one has neither number nor name. `kind` is that of the number."""

    person_id: str
    number: str
    kind: str
    name: str
    category: str
    unit: str
    active: bool


@dataclass(frozen=True, slots=True)
class TemplateState:
    """A template in the vault and, with `slot`, its place in the sensor `device`."""

    template_id: str
    person_id: str
    purpose: str
    part: str
    device: str
    format: str
    slot: int | None
    ciphertext_sha256: str
    formerly: tuple[str, ...] = ()
    """Other ids that turned out to be this person: the template may be sealed for one of them."""


@dataclass(frozen=True, slots=True)
class EvidenceState:
    """A photo that is kept, and the punch it belongs to."""

    ledger_id: str
    punch_seq: int
    kind: str
    ciphertext_sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class LedgerInfo:
    """One ledger of this kiosk, up to `seq`, with the chain's `hash` there.

    Records above `deliver_upto` are not to be delivered as this ledger's: the centre has others there,
    and ours are carried in the next ledger.
    """

    ledger_id: str
    n: int
    seq: int
    hash: bytes
    deliver_upto: int
    previous: LedgerPoint | None
    current: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures for the status: people who may punch, their fingers."""

    people: int
    fingers: int


@dataclass(frozen=True, slots=True)
class TerminalUserState:
    """A terminal's user and the person they are."""

    serial: str
    user_id: str
    person_id: str


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row of a terminal's log that is no punch yet; `at` is its record's time, `key` the record's."""

    source_key: bytes
    key: int
    device: str
    serial: str
    why: str
    simulated: bool
    row: TerminalRowPrivate
    at: TimeBlock
