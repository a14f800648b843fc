"""What the daemon tells the publisher, beside the events of its link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sync.documents import Reply
from sync.uploads import FileSource


@dataclass(frozen=True, slots=True)
class Appended:
    """A record was committed just now."""

    ledger_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Again:
    """The centre asks for what it has acknowledged before."""

    ledger_id: str
    from_seq: int


@dataclass(frozen=True, slots=True)
class Restate:
    """What the device says of itself has changed, or a file waits to go up."""


Order = Appended | Again | Restate | Reply


@dataclass(frozen=True, slots=True)
class Beside:
    """What a session has beside the ledger: files to send, and how far the system is off the true time."""

    files: FileSource | None
    clock_off_ms: Callable[[], int | None]
