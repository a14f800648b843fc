"""Guessing takes longer and longer, and unplugging the kiosk does not shorten it."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import NoReturn

import msgspec

from kiosk.daemon.durable import write_durably
from kiosk.daemon.refusal import refuse

log = logging.getLogger(__name__)
FREE_TRIES, FIRST_S, MOST_S = 3, 5.0, 900.0
MOST_DOUBLINGS = 10


class Tries:
    """Wrong tries by whom they were made for, kept in a file; forgotten with a right one.

    After a start each wait begins anew: how long the kiosk was off is not known.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._turn = path, threading.Lock()
        self._wrong = self._read()
        now_s = time.monotonic()
        self._until_s = {key: now_s + _wait_s(count) for key, count in self._wrong.items()}

    def allow(self, key: str, otherwise: str) -> None:
        """Raises `Refusal` while a wait is not over; `otherwise` says what can be done meanwhile."""
        if (left_s := self._until_s.get(key, 0.0) - time.monotonic()) > 0:
            refuse("not_allowed", f"too many wrong tries: wait {round(left_s) + 1} s", otherwise)

    def right(self, key: str) -> None:
        """It was right."""
        with self._turn:
            if self._wrong.pop(key, None):
                self._until_s.pop(key, None)
                self._write()

    def wrong(self, key: str, words: str) -> NoReturn:
        """It was wrong: refuses with `words`, and how long to wait."""
        with self._turn:
            self._wrong[key] = count = self._wrong.get(key, 0) + 1
            wait_s = _wait_s(count)
            self._until_s[key] = time.monotonic() + wait_s
            self._write()
        refuse("not_allowed", words, f"wait {round(wait_s)} s" if wait_s else "try again")

    def _write(self) -> None:
        try:
            write_durably(self._path, msgspec.json.encode(self._wrong))
        except OSError as error:
            log.warning("%s: %s; a restart forgets the last wrong try", self._path, error)

    def _read(self) -> dict[str, int]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, int])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as error:
            log.warning("%s: %s; wrong tries are counted anew", self._path, error)
            return {}


def _wait_s(count: int) -> float:
    """How long nobody may try after so many wrong ones."""
    doublings = min(count - FREE_TRIES, MOST_DOUBLINGS)
    return min(MOST_S, FIRST_S * 2.0**doublings) if doublings >= 0 else 0.0
