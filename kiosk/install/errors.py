"""What can stop an installation; the words are for the technician."""

from __future__ import annotations


class InstallError(RuntimeError):
    """Something a person must mend first; `hint` says how."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint
