"""One thread per terminal: connect, reconcile its log, take live events as a hint, reopen with backoff."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from functools import partial
from typing import Any

from drivers.base.errors import DeviceError, Rejected, Unavailable
from drivers.base.terminal import Log, LogMark, Terminal, TerminalInfo
from kiosk.core import payload
from kiosk.core.config import Terminal as TerminalConfig
from kiosk.core.zone import ZoneName, local
from kiosk.daemon.device_jobs import DeviceJobs
from kiosk.daemon.devices import DeviceBoard
from kiosk.daemon.engine import Engine
from kiosk.daemon.lanes import LanesClosed
from kiosk.daemon.store import StoreError
from kiosk.daemon.terminal_clock import ClockWatcher
from kiosk.daemon.terminal_report import TerminalReport
from kiosk.daemon.terminal_rows import Reconciled, Source, TerminalRows
from kiosk.daemon.terminal_search import Maker, Search
from kiosk.daemon.terminal_word import Heard

log = logging.getLogger(__name__)
BACKOFF_FIRST_S = 0.5
BACKOFF_MOST_S = 2.5
LIVE_S = 0.5
POLL_S = 0.2
SET_CLOCK_MS = 2_000
STORE_RETRY_S = 1.0
Job = Callable[[Terminal, TerminalInfo], Any]


@dataclass(frozen=True, slots=True)
class TerminalPorts:
    """What a worker needs of the rest of the kiosk; `rows` is touched on the engine's thread only."""

    engine: Engine
    board: DeviceBoard
    rows: Callable[[], TerminalRows]
    record: Callable[[payload.Payload], None]
    clock_heard: Heard
    tended: Callable[[Terminal, TerminalInfo, TerminalConfig], None]
    """Called after each connect and each reading of the log: people and fingers both ways."""


class TerminalWorker:
    """Keeps one terminal's log in the ledger for as long as the daemon runs."""

    def __init__(self, config: TerminalConfig, maker: Maker, ports: TerminalPorts, zone: ZoneName) -> None:
        self.config = config
        self._maker, self._ports, self._zone = maker, ports, zone
        self._host, self._serial = config.host, config.serial
        self._terminal: Terminal | None = None
        self._jobs = DeviceJobs[Job]()
        self._stopping = threading.Event()
        self._clock = ClockWatcher(config.name, ports.board.now, ports.record, ports.clock_heard)
        self._mark: LogMark | None = None
        self._search = Search(maker, config.serial)
        self.report = TerminalReport(config, ports.board, zone)
        self._thread = threading.Thread(target=self._run, name=f"terminal-{config.name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self.report.status("starting")
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Hang up, which frees a blocked call, and wait for the thread."""
        self._stopping.set()
        if self._terminal is not None:
            self._terminal.close()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def submit(self, job: Job) -> Future[Any]:
        """Run `job` with the open terminal, between two waits for punches. Raises `Unavailable`."""
        if self.report.out.status != "ready":
            raise Unavailable(f"terminal {self.config.name!r} is not connected")
        return self._jobs.put(job)

    def sync(self, terminal: Terminal, info: TerminalInfo) -> Reconciled:
        """A job: read the whole log again and reconcile it."""
        self._mark = None
        return self._reconcile(terminal, info)

    def _run(self) -> None:
        backoff_s = BACKOFF_FIRST_S
        while not self._stopping.is_set():
            try:
                self._connect_and_serve()
                backoff_s = BACKOFF_FIRST_S
            except DeviceError as error:
                backoff_s = BACKOFF_FIRST_S if self.report.out.status == "ready" else backoff_s
                self._failed(error)
                if self._look_elsewhere(error):
                    backoff_s = BACKOFF_FIRST_S
            except LanesClosed:
                break
            except Exception as error:
                log.exception("terminal %s: unexpected error; connecting again", self.config.name)
                self._failed(Unavailable(f"internal error: {error}"))
            self._refuse_jobs()
            self._stopping.wait(backoff_s)
            backoff_s = min(BACKOFF_MOST_S, backoff_s * 2)
        self._refuse_jobs()

    def _connect_and_serve(self) -> None:
        terminal = self._terminal
        if terminal is None:
            terminal = self._terminal = self._maker.make(self._host, self._serial)
        if self._stopping.is_set():
            return
        info = terminal.open()
        self._serial = info.serial
        self._search.reset()
        self._clock.connected(info.serial, info.clock_offset_ms)
        self.report.note(info, self._clock.offset_ms)
        self._reconcile(terminal, info)
        self.report.status("ready")
        self._serve(terminal, self._tend(terminal, info))

    def _serve(self, terminal: Terminal, info: TerminalInfo) -> None:
        due_s = time.monotonic() + self.config.sync_s
        while not self._stopping.is_set():
            self._jobs.run(partial(_run_job, terminal, info), lambda: terminal.is_open)
            if terminal.live(LIVE_S):
                self._reconcile(terminal, info)
            if time.monotonic() >= due_s:
                info = self._look(terminal)
                self._reconcile(terminal, info)
                info = self._tend(terminal, info)
                due_s = time.monotonic() + self.config.sync_s

    def _look(self, terminal: Terminal) -> TerminalInfo:
        info = terminal.status()
        self._clock.seen(info.clock_offset_ms)
        self.report.note(info, self._clock.offset_ms)
        return info

    def _tend(self, terminal: Terminal, info: TerminalInfo) -> TerminalInfo:
        """After the log was reconciled: its clock, a log that is nearly full, people and fingers."""
        self._set_clock(terminal)
        self._ports.tended(terminal, info, self.config)
        return self._clear(terminal, self._look(terminal))

    def _reconcile(self, terminal: Terminal, info: TerminalInfo) -> Reconciled:
        """Read what is new and have it committed. Raises `DeviceError`; a store's fault is tried again."""
        reading = terminal.log_since(self._mark) if self._mark is not None else terminal.log()
        if reading.bad and reading.first:  # only the whole log tells several alike apart
            reading = terminal.log()
        done = self._commit(self._source(info), reading)
        if not self._stopping.is_set():
            self._mark = reading.mark
            self.report.read(done)
        return done

    def _commit(self, source: Source, reading: Log) -> Reconciled:
        """Hand the rows to the engine; a store that is full is tried again until the kiosk stops."""
        level = logging.ERROR
        while True:
            try:
                done: Reconciled = self._on_engine_bulk(lambda: self._ports.rows().reconcile(source, reading))
            except StoreError as error:
                log.log(level, "terminal %s: not stored: %s; %s", self.config.name, error, error.hint)
                level = logging.DEBUG
                if self._stopping.wait(STORE_RETRY_S):
                    raise Unavailable("the kiosk is stopping") from error
            else:
                if level == logging.DEBUG:
                    log.info("terminal %s: stored again", self.config.name)
                return done

    def _source(self, info: TerminalInfo) -> Source:
        return Source(
            self.config.name, info.serial, self._clock.watch(), self.config.simulated, self._stopping.is_set
        )

    def _on_engine_bulk(self, start: Callable[[], Any]) -> Any:
        future = self._ports.engine.submit_bulk(start)
        while True:
            try:
                return future.result(POLL_S)
            except NotYet:
                if future.done():
                    raise
                if not self._ports.engine.alive:
                    raise LanesClosed("the engine has gone") from None

    def _set_clock(self, terminal: Terminal) -> None:
        at, offset_ms = self._ports.board.now(), self._clock.offset_ms
        if not self.config.set_clock or not at.trusted:
            return
        if offset_ms is None or abs(offset_ms) > SET_CLOCK_MS:
            terminal.set_clock(f"{local(self._ports.board.now().wall_ms, self._zone):%Y-%m-%dT%H:%M:%S}")
            self._clock.was_set(terminal.read_clock().offset_ms)

    def _clear(self, terminal: Terminal, info: TerminalInfo) -> TerminalInfo:
        """Empty a log that is nearly full, if that is configured and every record of it is committed."""
        committed = self._mark.records if self._mark is not None else 0
        if not self.config.clear_log or not self.report.is_nearly_full or committed != info.records:
            return info
        try:
            terminal.clear_log(committed)
        except Rejected as error:
            log.info("terminal %s: log not cleared: %s", self.config.name, error)
            return info
        self._mark = None
        detail = f"{committed} records, all committed"
        self._ports.record(
            payload.Admin(actor="kiosk", action="terminal_cleared", subject=info.serial, detail=detail)
        )
        return self._look(terminal)

    def _refuse_jobs(self) -> None:
        self._jobs.refuse(f"terminal {self.config.name!r} hung up before the job began")

    def _look_elsewhere(self, error: DeviceError) -> bool:
        """A terminal that is known by its serial number may have got another address; whether it has."""
        found = self._search.after(error, self._stopping)
        if found is None or found == self._host:
            return False
        log.warning("%s: terminal %s has moved to %s", self.config.name, self._serial, found)
        self._host, self._terminal = found, None
        return True

    def _failed(self, error: DeviceError) -> None:
        if self._terminal is not None:
            self._terminal.close()
        if not self._stopping.is_set():
            self.report.status("fault", cause=type(error).__name__.lower(), info=f"{error}; {error.hint}")


def _run_job(terminal: Terminal, info: TerminalInfo, job: Job) -> object:
    return job(terminal, info)
