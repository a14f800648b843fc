"""What frames every answer, and with what kioskctl ends."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

MAX_LINE_BYTES = 4 * 1024 * 1024
ErrorCode = Literal[
    "bad_request",
    "not_allowed",
    "not_found",
    "conflict",
    "device",
    "storage",
    "busy",
    "failed",
    "timeout",
    "cancelled",
]
EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_UNREACHABLE, EXIT_DEVICE = range(5)


class ApiError(msgspec.Struct, frozen=True):
    """Why a request failed and what to do next."""

    code: ErrorCode
    message: str
    hint: str = ""


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line to a client: exactly one of `event`, `result` and `error` is set."""

    id: int
    event: Any = None
    result: Any = None
    error: ApiError | None = None


class Done(msgspec.Struct, frozen=True):
    """It is done."""

    message: str = ""
