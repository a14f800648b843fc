"""The ledger's own life: its beginning, runs, seals, its clock."""

from __future__ import annotations

from typing import ClassVar, Literal

from kiosk.core.payload.base import LedgerPoint, Payload

GenesisReason = Literal["new", "restored", "replaced_card", "salvaged"]


class Genesis(Payload, frozen=True):
    """The first record of a ledger: why it was opened, by which device, after which ledger."""

    TYPE: ClassVar[str] = "genesis"
    reason: GenesisReason
    tenant: str
    device_id: str
    sign_key: str
    receive_key: str
    software: str
    previous: LedgerPoint | None = None


class Seal(Payload, frozen=True):
    """Signed statement over every record since the previous seal; `head` is the hash at `last`."""

    TYPE: ClassVar[str] = "seal"
    first: int
    last: int
    count: int
    head: str
    day: str
    sig: str


class Start(Payload, frozen=True):
    """The daemon started; `after` says how the run before ended."""

    TYPE: ClassVar[str] = "start"
    software: str
    after: Literal["first", "clean", "unclean", "reboot"]


class Stop(Payload, frozen=True):
    """The daemon stopped in order."""

    TYPE: ClassVar[str] = "stop"
    reason: str


class ClockChange(Payload, frozen=True):
    """The clock's source changed or it was stepped: times before and after, same moment."""

    TYPE: ClassVar[str] = "clock"
    before_wall_ms: int
    before_source: str
    after_wall_ms: int
    after_source: str
    reason: str


class Correction(Payload, frozen=True):
    """True time became known: add `offset_ms` to the wall times of `boot_id` up to `upto_seq`."""

    TYPE: ClassVar[str] = "correction"
    boot_id: str
    from_seq: int
    upto_seq: int
    offset_ms: int
    source: str
    uncertainty_ms: int


class StoreNote(Payload, frozen=True):
    """The store found or repaired something at start, e.g. `triggers_restored`."""

    TYPE: ClassVar[str] = "store"
    what: str
    detail: str = ""


class Carried(Payload, frozen=True):
    """A record of an earlier ledger that could not be delivered there, kept as it was."""

    TYPE: ClassVar[str] = "carried"
    ledger_id: str
    seq: int
    body: str
