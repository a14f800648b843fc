"""The control socket's language: one JSON object a line, typed requests, one API for all clients.

A request is `{"id": N, "do": {"cmd": NAME, ...}}`. It is answered by any number of
`{"id": N, "event": {...}}` and then one `{"id": N, "result": {...}}` or `{"id": N, "error": {...}}`.
"""

from __future__ import annotations

from kiosk.core.api.answers import (
    EXIT_DEVICE,
    EXIT_FAILED,
    EXIT_OK,
    EXIT_UNREACHABLE,
    EXIT_USAGE,
    MAX_LINE_BYTES,
    ApiError,
    Done,
    ErrorCode,
    Reply,
)
from kiosk.core.api.base import Limit, Seconds
from kiosk.core.api.health import (
    DeviceHealth,
    GetHealth,
    GetStatus,
    Health,
    LedgerStatus,
    Reload,
    Reloaded,
    Status,
)
from kiosk.core.api.people import (
    FINGERS,
    EnrolFinger,
    Enrolled,
    EnrolStep,
    GetPeople,
    People,
    PersonOut,
    PersonRow,
    PutPeople,
    PutResult,
    RemoveFinger,
    RowError,
)
from kiosk.core.api.records import (
    GetLedger,
    GetPunches,
    LedgerPage,
    Punches,
    PunchRow,
    Rebuild,
    Rebuilt,
    Reseal,
    Resealed,
)
from kiosk.core.api.screen import (
    Emulate,
    Emulated,
    GetPreview,
    Intent,
    Preview,
    Watch,
)
from kiosk.core.command import Command

__all__ = [
    "EXIT_DEVICE",
    "EXIT_FAILED",
    "EXIT_OK",
    "EXIT_UNREACHABLE",
    "EXIT_USAGE",
    "FINGERS",
    "MAX_LINE_BYTES",
    "ApiError",
    "Command",
    "DeviceHealth",
    "Done",
    "Emulate",
    "Emulated",
    "EnrolFinger",
    "EnrolStep",
    "Enrolled",
    "ErrorCode",
    "GetHealth",
    "GetLedger",
    "GetPeople",
    "GetPreview",
    "GetPunches",
    "GetStatus",
    "Health",
    "Intent",
    "LedgerPage",
    "LedgerStatus",
    "Limit",
    "People",
    "PersonOut",
    "PersonRow",
    "Preview",
    "PunchRow",
    "Punches",
    "PutPeople",
    "PutResult",
    "Rebuild",
    "Rebuilt",
    "Reload",
    "Reloaded",
    "RemoveFinger",
    "Reply",
    "Reseal",
    "Resealed",
    "RowError",
    "Seconds",
    "Status",
    "Watch",
]
