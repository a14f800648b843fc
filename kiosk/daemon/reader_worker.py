"""One thread per fingerprint reader: open, serve touches and jobs, report a fault, reopen with backoff."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from drivers.base.errors import DeviceError, Rejected, Unavailable
from drivers.base.reader import Reader, ReaderInfo, Touch
from kiosk.core.view import DeviceStatus, DeviceView
from kiosk.daemon.device_jobs import DeviceJobs
from kiosk.daemon.devices import DeviceBoard
from kiosk.daemon.reader_light import Light
from kiosk.daemon.seen import FingerSeen, PoorImage

log = logging.getLogger(__name__)
BACKOFF_FIRST_S = 0.25
BACKOFF_MOST_S = 1.0
LIFT_POLL_S = 0.1
HELD_S = 1.0
Job = Callable[[Reader], Any]


@dataclass(frozen=True, slots=True)
class ReaderPorts:
    """What a worker tells the rest of the kiosk; each is called from the reader's thread."""

    finger_seen: Callable[[FingerSeen], None]
    poor_image: Callable[[PoorImage], None]
    connected: Callable[[Reader, ReaderInfo], None]
    """Called after each open, before the first touch; may drive the reader."""


class ReaderWorker:
    """Keeps one reader going for as long as the daemon runs."""

    def __init__(self, reader: Reader, board: DeviceBoard, ports: ReaderPorts, *, simulated: bool) -> None:
        self.reader, self.simulated = reader, simulated
        self.light = Light(reader)
        self._board, self._ports = board, ports
        self._jobs = DeviceJobs[Job]()
        self._stopping = threading.Event()
        self._ready = False
        self._thread = threading.Thread(target=self._run, name=f"reader-{reader.name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._report("starting")
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Close the reader, which frees a blocked call, and wait for the thread."""
        self._stopping.set()
        self.reader.close()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def submit(self, job: Job) -> Future[Any]:
        """Run `job` with the open reader between two touches. Raises `Unavailable` when it is not ready."""
        if not self._ready:
            raise Unavailable(f"reader {self.reader.name!r} is not ready")
        return self._jobs.put(job)

    def _run(self) -> None:
        backoff_s = BACKOFF_FIRST_S
        while not self._stopping.is_set():
            try:
                info = self.reader.open()
                self.light.connected()
                self._ports.connected(self.reader, info)
                self._ready = True
                self._report("ready", info=_described(info))
                backoff_s = BACKOFF_FIRST_S
                self._serve()
            except DeviceError as error:
                self._failed(error)
            except Exception as error:
                log.exception("reader %s: unexpected error; reopening", self.reader.name)
                self._failed(Unavailable(f"internal error: {error}"))
            self._ready = False
            self._jobs.refuse(f"reader {self.reader.name!r} failed before the job began")
            self._stopping.wait(backoff_s)
            backoff_s = min(BACKOFF_MOST_S, backoff_s * 2)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            self._run_jobs()
            self.light.tend()
            try:
                touch = self.reader.touch()
            except Rejected as error:
                self._ports.poor_image(PoorImage(self.reader.name, error.reason, self._board.now()))
                self._await_lift(None)
                continue
            if touch is None:
                self._stopping.wait(self.reader.poll_interval_s)
                continue
            self._seen(touch)
            self._await_lift(touch.slot)

    def _seen(self, touch: Touch) -> None:
        at = self._board.now()
        self._ports.finger_seen(FingerSeen(self.reader.name, touch.slot, touch.score, at, self.simulated))

    def _await_lift(self, slot: int | None) -> None:
        """Wait for the finger to go; one that is held is searched again, it may be the next person's."""
        look_s = time.monotonic() + HELD_S
        while self.reader.finger_present() and not self._stopping.wait(LIFT_POLL_S):
            self._run_jobs()
            self.light.tend()
            if time.monotonic() < look_s:
                continue
            look_s = time.monotonic() + HELD_S
            with contextlib.suppress(Rejected):
                touch = self.reader.touch()
                if touch is not None and touch.slot != slot:
                    slot = touch.slot
                    self._seen(touch)

    def _run_jobs(self) -> None:
        self._jobs.run(self._run_job, lambda: self.reader.info is not None)

    def _run_job(self, job: Job) -> object:
        self.light.busy()
        return job(self.reader)

    def _failed(self, error: DeviceError) -> None:
        self.reader.close()
        if not self._stopping.is_set():
            self._report("fault", cause=type(error).__name__.lower(), info=f"{error}; {error.hint}")

    def _report(self, status: DeviceStatus, *, cause: str = "", info: str = "") -> None:
        self._board.report(DeviceView(self.reader.name, "reader", status, self.simulated, cause), info)


def _described(info: ReaderInfo) -> str:
    return (
        f"{info.model}, {info.capacity} slots, templates of {info.template_bytes} bytes, "
        f"security level {info.security_level}"
    )
