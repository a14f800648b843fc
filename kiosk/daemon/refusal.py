"""How the daemon's services say no to a client, in one call."""

from __future__ import annotations

from typing import NoReturn

from kiosk.core.api import ApiError, ErrorCode
from kiosk.daemon.control_request import Refusal


def refuse(code: ErrorCode, message: str, hint: str = "") -> NoReturn:
    """Raise a `Refusal` with what is wrong and what to do next."""
    raise Refusal(ApiError(code, message, hint))
