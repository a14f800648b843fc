"""Why a command failed, what to do next, and the exit code that scripts go by."""

from __future__ import annotations

from kiosk.core.api import EXIT_DEVICE, EXIT_FAILED, EXIT_UNREACHABLE


class CtlError(Exception):
    """A command failed; `code` is for programs, `hint` the next step for the technician."""

    def __init__(self, code: str, message: str, hint: str, exit_code: int = EXIT_FAILED) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint
        self.exit_code = exit_code


class UnreachableError(CtlError):
    """No kioskd answers on the socket."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__("unreachable", message, hint, EXIT_UNREACHABLE)


class RefusedError(CtlError):
    """kioskd said no."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(
            code,
            message,
            hint or "look at `kioskctl status` and `journalctl -u kioskd`",
            EXIT_DEVICE if code == "device" else EXIT_FAILED,
        )
