"""What a PIN must be like: the same where it is typed and where it is kept."""

from __future__ import annotations

from typing import Literal

LEAST, MOST = 6, 12
_EASY = ("123456", "654321", "012345")


def pin_fault(pin: str, number: str) -> Literal["", "form", "easy"]:
    """What is wrong with a PIN for the person with this number: no PIN at all, or one easily guessed."""
    if not (pin.isascii() and pin.isdigit() and LEAST <= len(pin) <= MOST):
        return "form"
    return "easy" if len(set(pin)) < 3 or pin in _EASY or pin in number else ""
