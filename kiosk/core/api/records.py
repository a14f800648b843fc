"""What was recorded: punches, the ledger, and putting derived tables and templates anew."""

from __future__ import annotations

import msgspec

from kiosk.core.api.base import Limit
from kiosk.core.command import Command
from kiosk.core.payload import Shown
from kiosk.core.record import TimeBlock
from kiosk.core.view import Delivery


class GetPunches(Command, frozen=True, tag="punches"):
    """Punches, newest first; answered by `Punches`.

    `before_seq` pages back, in `before_ledger` (the current one when empty); `day` is a local ISO date.
    """

    limit: Limit = 50
    before_seq: int | None = None
    before_ledger: str = ""
    number: str = ""
    day: str = ""


class GetLedger(Command, frozen=True, tag="ledger"):
    """Records `after_seq` on; answered by `LedgerPage`."""

    after_seq: int = 0
    limit: Limit = 200


class Rebuild(Command, frozen=True, tag="rebuild"):
    """Rebuild every derived table from the ledger; answered by `Rebuilt`."""


class Reseal(Command, frozen=True, tag="reseal"):
    """A new key for the vault, and everything in it sealed with that; answered by `Resealed`."""


class PunchRow(msgspec.Struct, frozen=True, kw_only=True):
    """One punch; `local` is the kiosk's local time, `delivery` how far it has come."""

    ledger_id: str
    seq: int
    person_id: str
    number: str
    name: str
    local: str
    at: TimeBlock
    method: str
    device: str
    shown: Shown
    delivery: Delivery
    simulated: bool


class Punches(msgspec.Struct, frozen=True):
    """Newest first; `total` counts all that match."""

    punches: tuple[PunchRow, ...]
    total: int


class LedgerPage(msgspec.Struct, frozen=True):
    """Bodies verbatim with their hex hashes."""

    ledger_id: str
    records: tuple[tuple[int, str, str], ...]


class Rebuilt(msgspec.Struct, frozen=True):
    """How many records were replayed, and whether the tables came out as they were."""

    records: int
    people: int
    punches: int
    differences: int


class Resealed(msgspec.Struct, frozen=True):
    """How many templates and PINs have the new key now; those that cannot be read keep the old one."""

    resealed: int
    unreadable: int
