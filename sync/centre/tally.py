"""What a centre process has done since it started, counted for the metrics."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

COMMIT_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Tally:
    """Counts from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.letters = 0
        self.added: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.commits = Counter[float]()  # by the upper bound they stayed within
        self.commit_s = 0.0
        self.failed = 0
        self.connected: dict[str, bool] = {}

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Times one transaction that ends well; counts one that does not."""
        began = time.monotonic()
        try:
            yield
        except BaseException:
            with self._lock:
                self.failed += 1
            raise
        took_s = time.monotonic() - began
        with self._lock:
            self.commit_s += took_s
            self.commits[next((bound for bound in COMMIT_BOUNDS_S if took_s <= bound), float("inf"))] += 1

    def took(self, letters: int, added: Mapping[str, int], answers: Sequence[str]) -> None:
        """A transaction was committed: so many letters, rows by table, answers by status."""
        with self._lock:
            self.letters += letters
            self.added.update(added)
            self.answers.update(answers)

    def refused(self, reason: str) -> None:
        """A message was not taken."""
        with self._lock:
            self.refusals[reason] += 1
