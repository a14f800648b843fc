"""Guessing takes longer and longer."""

from __future__ import annotations

import time
from typing import NoReturn

from kiosk.daemon.refusal import refuse

FREE_TRIES, FIRST_S, MOST_S = 3, 5.0, 900.0


class Tries:
    """Wrong tries by whom they were made for; forgotten with a right one."""

    def __init__(self) -> None:
        self._failed: dict[str, tuple[int, float]] = {}

    def allow(self, key: str, otherwise: str) -> None:
        """Raises `Refusal` while a wait is not over; `otherwise` says what can be done meanwhile."""
        _, until_s = self._failed.get(key, (0, 0.0))
        if (left_s := until_s - time.monotonic()) > 0:
            refuse("not_allowed", f"too many wrong tries: wait {round(left_s) + 1} s", otherwise)

    def right(self, key: str) -> None:
        """It was right."""
        self._failed.pop(key, None)

    def wrong(self, key: str, words: str) -> NoReturn:
        """It was wrong: refuses with `words`, and how long to wait."""
        count = self._failed.get(key, (0, 0.0))[0] + 1
        wait_s = min(MOST_S, FIRST_S * 2 ** (count - FREE_TRIES)) if count >= FREE_TRIES else 0.0
        self._failed[key] = (count, time.monotonic() + wait_s)
        refuse("not_allowed", words, f"wait {round(wait_s)} s" if wait_s else "try again")
