"""One thread per terminal: connect, reconcile its log, take live events as a hint, reopen with backoff."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from drivers.base.errors import DeviceError, Rejected, Timeout, Unavailable
from drivers.base.terminal import Log, LogMark, Terminal, TerminalInfo
from kiosk.core import payload
from kiosk.core.config import Terminal as TerminalConfig
from kiosk.core.terminals import Synced, TerminalOut
from kiosk.core.view import DeviceStatus, DeviceView
from kiosk.core.zone import ZoneName, local
from kiosk.daemon.devices import DeviceBoard
from kiosk.daemon.engine import Engine
from kiosk.daemon.lanes import LanesClosed
from kiosk.daemon.store import StoreError
from kiosk.daemon.terminal_clock import ClockWatcher
from kiosk.daemon.terminal_rows import Reconciled, Source, TerminalRows
from kiosk.daemon.terminal_word import Heard

log = logging.getLogger(__name__)
BACKOFF_FIRST_S = 0.5
BACKOFF_MOST_S = 2.5
SEARCH_FIRST_S = 1.0
SEARCH_MOST_S = 600.0
LIVE_S = 0.5
POLL_S = 0.2
SET_CLOCK_MS = 2_000
WARN_PERCENT = 80
CLEAR_PERCENT = 95
STORE_RETRY_S = 1.0
Job = Callable[[Terminal, TerminalInfo], Any]


class Maker(Protocol):
    """Makes the driver of this terminal and finds it again."""

    def make(self, host: str, serial: str) -> Terminal:
        """The driver at `host`; with `serial` no other terminal is believed."""

    def search(self, serial: str, stopping: threading.Event) -> str | None:
        """The host at which the terminal with this serial number answers now."""


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
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Any]]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._clock = ClockWatcher(config.name, ports.board.now, ports.record, ports.clock_heard)
        self._mark: LogMark | None = None
        self._search_s, self._search_wait_s = float("-inf"), SEARCH_FIRST_S
        self._warned = False
        self._out = TerminalOut(name=config.name, status="starting", simulated=config.simulated)
        self._thread = threading.Thread(target=self._run, name=f"terminal-{config.name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._report("starting")
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Hang up, which frees a blocked call, and wait for the thread."""
        self._stopping.set()
        if self._terminal is not None:
            self._terminal.close()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def state(self) -> TerminalOut:
        """The terminal as it is now; from any thread."""
        return self._out

    def submit(self, job: Job) -> Future[Any]:
        """Run `job` with the open terminal, between two waits for punches. Raises `Unavailable`."""
        if self._out.status != "ready":
            raise Unavailable(f"terminal {self.config.name!r} is not connected")
        future: Future[Any] = Future()
        self._jobs.put((job, future))
        return future

    def sync(self, terminal: Terminal, info: TerminalInfo) -> Reconciled:
        """A job: read the whole log again and reconcile it."""
        self._mark = None
        return self._reconcile(terminal, info)

    def problem(self) -> str:
        """What a technician should do about it before it becomes a fault; empty when nothing."""
        out = self._out
        if not _is_full(out, WARN_PERCENT):
            return ""
        percent = 100 * out.records // out.record_capacity
        advice = "it is emptied at 95 %" if self.config.clear_log else "then it overwrites its oldest records"
        return (
            f"its log is {percent} % full ({out.records} of {out.record_capacity}), {advice}; "
            "everything read is in the ledger: clear it on the terminal, or set clear_log"
        )

    def _run(self) -> None:
        backoff_s = BACKOFF_FIRST_S
        while not self._stopping.is_set():
            try:
                self._connect_and_serve()
                backoff_s = BACKOFF_FIRST_S
            except DeviceError as error:
                backoff_s = BACKOFF_FIRST_S if self._out.status == "ready" else backoff_s
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
        self._search_s, self._search_wait_s = float("-inf"), SEARCH_FIRST_S
        self._clock.connected(info.serial, info.clock_offset_ms)
        self._note(info)
        self._reconcile(terminal, info)
        self._report("ready")
        self._serve(terminal, self._tend(terminal, info))

    def _serve(self, terminal: Terminal, info: TerminalInfo) -> None:
        due_s = time.monotonic() + self.config.sync_s
        while not self._stopping.is_set():
            self._run_jobs(terminal, info)
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
        self._note(info)
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
            self._read(done)
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
        if not self.config.clear_log or not _is_full(self._out, CLEAR_PERCENT) or committed != info.records:
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

    def _run_jobs(self, terminal: Terminal, info: TerminalInfo) -> None:
        while not self._jobs.empty():
            job, future = self._jobs.get_nowait()
            try:
                future.set_result(job(terminal, info))
            except DeviceError as error:
                future.set_exception(error)
                if not terminal.is_open:
                    raise
            except Exception as error:  # noqa: BLE001 - handed to whoever waits for the job
                future.set_exception(error)

    def _refuse_jobs(self) -> None:
        while not self._jobs.empty():
            _, future = self._jobs.get_nowait()
            future.set_exception(Unavailable(f"terminal {self.config.name!r} hung up before the job began"))

    def _look_elsewhere(self, error: DeviceError) -> bool:
        """A terminal that is known by its serial number may have got another address; whether it has."""
        gone = isinstance(error, (Unavailable, Timeout)) or (
            isinstance(error, Rejected) and error.reason == "wrong_terminal"
        )
        due = time.monotonic() >= self._search_s
        if not gone or not due or not self.config.serial or self._stopping.is_set():
            return False
        found = self._maker.search(self.config.serial, self._stopping)
        self._search_s = time.monotonic() + self._search_wait_s
        self._search_wait_s = min(SEARCH_MOST_S, 2 * self._search_wait_s)
        if found is not None and found != self._host:
            log.warning("%s: terminal %s has moved to %s", self.config.name, self._serial, found)
            self._host, self._terminal = found, None
            return True
        return False

    def _failed(self, error: DeviceError) -> None:
        if self._terminal is not None:
            self._terminal.close()
        if not self._stopping.is_set():
            self._report("fault", cause=type(error).__name__.lower(), info=f"{error}; {error.hint}")

    def _note(self, info: TerminalInfo) -> None:
        self._out = msgspec.structs.replace(
            self._out, serial=info.serial, model=info.model, address=info.address, users=info.users,
            records=info.records, record_capacity=info.record_capacity, clock_offset_ms=self._clock.offset_ms,
        )  # fmt: skip
        full = _is_full(self._out, WARN_PERCENT)
        if full and not self._warned:
            log.warning("terminal %s: %s", self.config.name, self.problem())
        self._warned = full

    def _read(self, done: Reconciled) -> None:
        now = local(self._ports.board.now().wall_ms, self._zone)
        self._out = msgspec.structs.replace(
            self._out, synced=_sum(self._out.synced, done), synced_local=f"{now:%Y-%m-%d %H:%M:%S}"
        )

    def _report(self, status: DeviceStatus, *, cause: str = "", info: str = "") -> None:
        out = self._out
        told = info or (
            f"{out.model} {out.serial}, {out.records} of {out.record_capacity} records" if out.serial else ""
        )
        self._out = msgspec.structs.replace(out, status=status, info=told)
        view = DeviceView(self.config.name, "terminal", status, self.config.simulated, cause)
        self._ports.board.report(view, told)


def _is_full(out: TerminalOut, percent: int) -> bool:
    return out.record_capacity > 0 and 100 * out.records >= percent * out.record_capacity


def _sum(before: Synced, done: Reconciled) -> Synced:
    return Synced(
        known=done.known,
        punches=before.punches + done.punches,
        kept=before.kept + done.kept,
        waiting=before.waiting + done.waiting,
        bad=before.bad + done.bad,
    )
