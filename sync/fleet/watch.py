"""Looks at the centre's database while a fleet delivers: when each fresh punch could first be seen there."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import msgspec

from sync.centre.config import CentreConfig, load
from sync.centre.stores import open_store

EVERY_S = 0.25


class Seen(msgspec.Struct, frozen=True):
    """From stored on the kiosk to visible at the centre, in seconds; `count` punches."""

    count: int
    p50_s: float
    p99_s: float
    worst_s: float


class Watch:
    """Polls with a connection of its own; times are upper bounds, by as much as a poll takes."""

    def __init__(self, config: CentreConfig) -> None:
        self._config = config
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="watch")
        self._waits_ms: dict[tuple[str, int], int] = {}
        self._begin_ms = 0

    def begin(self) -> None:
        """Punches from now on are fresh."""
        self._begin_ms = _now_ms()
        self._thread.start()

    def end(self) -> Seen | None:
        """Look once more, and say how long they took."""
        self._stop.set()
        self._thread.join()
        waits = sorted(self._waits_ms.values())
        if not waits:
            return None
        at = [waits[min(len(waits) - 1, int(len(waits) * share))] / 1000 for share in (0.5, 0.99, 1.0)]
        return Seen(len(waits), *at)

    def heads(self) -> dict[str, int]:
        """How many records the centre holds of each ledger, counted one by one."""
        store = open_store(self._config)
        try:
            with store.reading() as tx:
                return dict(tx.all("SELECT ledger_id, count(*) FROM records GROUP BY ledger_id"))
        finally:
            store.close()

    def _poll(self) -> None:
        store = open_store(self._config)
        try:
            stopped = False
            while not stopped:
                stopped = self._stop.wait(EVERY_S)  # and one more look afterwards
                with store.reading() as tx:
                    rows = tx.all(
                        "SELECT ledger_id, seq, wall_ms FROM every_punch WHERE true_ms >= ?", self._begin_ms
                    )
                now_ms = _now_ms()
                for ledger_id, seq, wall_ms in rows:
                    self._waits_ms.setdefault((ledger_id, seq), now_ms - wall_ms)
        finally:
            store.close()


def watch_over(path: str) -> Watch | None:
    """A watch over the database that `path`, a `centre.toml`, names; none without one."""
    return Watch(load(Path(path))) if path else None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
