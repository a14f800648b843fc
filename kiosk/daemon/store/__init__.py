"""The ledger on the disk and everything derived from it; the only place that knows SQLite."""

from kiosk.daemon.store.errors import (
    CursorMismatch,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreInUse,
    StoreReadOnly,
    StoreTooNew,
)
from kiosk.daemon.store.reader import StoreReader
from kiosk.daemon.store.store import Store
from kiosk.daemon.store.transaction import Transaction
from kiosk.daemon.store.types import (
    Appended,
    Counts,
    EvidenceState,
    Head,
    Identity,
    KeptRow,
    LedgerInfo,
    PersonState,
    TemplateState,
    TerminalUserState,
)

__all__ = [
    "Appended",
    "Counts",
    "CursorMismatch",
    "EvidenceState",
    "Head",
    "Identity",
    "KeptRow",
    "LedgerInfo",
    "PersonState",
    "Store",
    "StoreCorrupt",
    "StoreError",
    "StoreFull",
    "StoreInUse",
    "StoreReadOnly",
    "StoreReader",
    "StoreTooNew",
    "TemplateState",
    "TerminalUserState",
    "Transaction",
]
