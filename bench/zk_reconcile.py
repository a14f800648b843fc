"""Reconciling a terminal's log with the ledger: 100,000 known rows and ten new ones, in the real engine."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from bench.figure import MS_PER_S, Figure
from drivers.base.terminal import Log, LogMark, LogRow
from kiosk.core.config import KioskConfig, Site
from kiosk.core.policy import Calendar, Policy
from kiosk.core.view import ClockView, LinkView, SiteView, View
from kiosk.daemon.clock import Clock
from kiosk.daemon.engine import Engine
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.journal import Journal
from kiosk.daemon.judge import Judge
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.rules_files import RuleBook, Rules
from kiosk.daemon.store import Identity, Store
from kiosk.daemon.terminal_cards import TerminalCards
from kiosk.daemon.terminal_keys import TerminalKeys
from kiosk.daemon.terminal_rows import Reconciled, Source, TerminalRows
from kiosk.daemon.terminal_time import ClockWatch
from kiosk.daemon.terminal_users import TerminalUsers

TURN_MS = 20.0
TAP_EVERY_S = 0.02
T = TypeVar("T")


def figures(known: tuple[LogRow, ...], new: tuple[LogRow, ...]) -> Iterator[Figure]:
    """Take over `known`, then `known` and `new` together, while somebody taps every 20 ms."""
    with tempfile.TemporaryDirectory() as folder:
        bench = _Bench(Path(folder))
        first_s = bench.reconcile(known)
        yield Figure("zk", f"first reconcile of {len(known):,} rows", first_s, "s")
        bench.forget()
        again_s = bench.reconcile(known + new)
        assert bench.done.known == len(known)
        title = f"reconcile {len(known):,} known + {len(new)} new"
        yield Figure("zk", title, again_s * MS_PER_S, "ms")
        yield Figure("zk", f"{title}: longest turn", max(bench.turns_s) * MS_PER_S, "ms", TURN_MS, "limit")
        taps = sorted(bench.taps_s)
        p99_s = taps[int(0.99 * (len(taps) - 1))]
        yield Figure("zk", f"{title}: wait of a punch, p99", p99_s * MS_PER_S, "ms", TURN_MS, "a turn")
        bench.close()


class _Bench:
    """An engine with a store and the rows' reconciliation, as in kioskd."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.engine = Engine(begin=self._begin, tick=lambda: None, end=self._end)
        self.engine.start(60)
        self.forget()

    def forget(self) -> None:
        """Begin to measure anew."""
        self.turns_s: list[float] = []
        self.taps_s: list[float] = []
        self.done = Reconciled()

    def _begin(self) -> None:
        config = KioskConfig(state_dir=str(self._folder), site=Site())
        clock = Clock(floor="2026-01-01", step_ms=2000)
        keys = DeviceKeys.load_or_create(self._folder / "keys")
        self.store = Store.open(self._folder, keys, Identity("bench", "bench", "bench"), clock.now())
        journal = Journal(self.store, clock, "WIB", lambda ledger_id, seq: None)
        site, link = SiteView("bench", "WIB"), LinkView("off", 0)
        hub = ViewHub(
            View(revision=1, language="id", site=site, clock=ClockView("none", 0), link=link, devices=())
        )
        names = TerminalKeys(bytes(32))
        judge = Judge(self.store, config, RuleBook(Rules(Policy(version="bench"), Calendar())))
        users = TerminalUsers(self.store, journal, names)
        cards = TerminalCards(self.store, clock, hub, "WIB", 3000)
        self._rows = TerminalRows(self.store, journal, judge, users, names, cards)

    def _end(self) -> None:
        self.store.close()

    def reconcile(self, rows: tuple[LogRow, ...]) -> float:
        """Seconds it takes; `turns_s` and `taps_s` fill up meanwhile."""
        source = Source("bench", "SERIAL", ClockWatch(0, 0, 0), False, lambda: False)
        log = Log(rows, (), len(rows), 0, LogMark("SERIAL", 40, b""))
        over = threading.Event()
        tapping = threading.Thread(target=self._tap, args=(over,))
        tapping.start()
        start_s = time.perf_counter()
        self.done = self.engine.submit_bulk(lambda: self._timed(self._rows.reconcile(source, log))).result()
        took_s = time.perf_counter() - start_s
        over.set()
        tapping.join()
        return took_s

    def close(self) -> None:
        """Stop the engine."""
        self.engine.stop(60)

    def _timed(self, turns: Iterator[T]) -> Iterator[T]:
        while True:
            start_s = time.perf_counter()
            turn = next(turns, None)
            self.turns_s.append(time.perf_counter() - start_s)
            if turn is None:
                return
            yield turn

    def _tap(self, over: threading.Event) -> None:
        while not over.wait(TAP_EVERY_S):
            start_s = time.perf_counter()
            self.engine.submit(int).result()
            self.taps_s.append(time.perf_counter() - start_s)
