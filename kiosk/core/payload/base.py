"""What every payload is made of."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Payload(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Base of all payloads."""

    TYPE: ClassVar[str] = ""


class LedgerPoint(msgspec.Struct, frozen=True):
    """One place in one ledger: `hash` is hex."""

    ledger_id: str
    seq: int
    hash: str


class NotePrivate(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Personal text beside a special punch, a paper entry, an absence, a validation."""

    letter: str = ""
    note: str = ""
