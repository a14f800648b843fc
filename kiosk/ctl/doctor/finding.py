"""What doctor found out about one part."""

from __future__ import annotations

from typing import Literal

import msgspec

Level = Literal["ok", "warning", "fault", "unknown"]


class Finding(msgspec.Struct, frozen=True):
    """One part's state in words; `advice` and `command`, a line for the shell, mend it.

    `safe`: the command loses nothing and stops nothing that works, so `doctor --fix` may run it.
    """

    part: str
    level: Level
    words: str
    advice: str = ""
    command: str = ""
    safe: bool = False


def ok(part: str, words: str) -> Finding:
    """All is well with it."""
    return Finding(part, "ok", words)


def unknown(part: str, why: str, advice: str = "") -> Finding:
    """It could not be looked at."""
    return Finding(part, "unknown", why, advice)


def warning(part: str, words: str, advice: str, command: str = "", *, safe: bool = False) -> Finding:
    """It works, and will not for long or not as well as it should."""
    return Finding(part, "warning", words, advice, command, safe)


def fault(part: str, words: str, advice: str, command: str = "", *, safe: bool = False) -> Finding:
    """It does not work."""
    return Finding(part, "fault", words, advice, command, safe)
