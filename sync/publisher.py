"""The publisher: delivers the ledgers to the centre over MQTT, in one thread of its own.

Nothing here can delay a punch: the daemon calls `appended`, which returns at once, and hears of
everything through `on_event`. The thread outlives any exception of ledger or network: it says so,
waits, and begins anew with a new source and a new connection.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kiosk.core.config import Device, Sync
from sync.documents import Reply
from sync.events import LinkChanged, SyncEvent
from sync.hello import DeviceHello
from sync.link_events import Down, Taken
from sync.orders import Again, Appended, Beside, Restate
from sync.session import Session
from sync.source import LedgerSource
from sync.uploads import FileSource

log = logging.getLogger(__name__)
RESTART_S = 5.0


@dataclass(frozen=True, slots=True)
class _Stop:
    deadline: float


def boot_clock() -> float:
    """Seconds since boot, suspended time included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Publisher:
    """Start it once; `on_event` is called from its thread and must not block.

    Paths in `config` are taken as they stand. `source` and `files` are called in the publisher's thread.
    `clock_off_ms` says what to add to the system's clock for the true time, by which certificates' dates are
    judged; while it is None they do not count.
    """

    def __init__(
        self,
        config: Sync,
        device: Device,
        source: Callable[[], LedgerSource],
        hello: DeviceHello,
        on_event: Callable[[SyncEvent], None],
        *,
        files: Callable[[], FileSource] | None = None,
        clock_off_ms: Callable[[], int | None] = lambda: 0,
    ) -> None:
        self._config = config
        self._device = device
        self._make_source = source
        self._hello = hello
        self._on_event = on_event
        self._files = files
        self._clock_off_ms = clock_off_ms
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        """Begin to deliver; with no host configured, say `off` and do nothing."""
        self._thread.start()

    def appended(self, ledger_id: str, seq: int) -> None:
        """A record was committed. From any thread; never blocks."""
        self._inbox.put(Appended(ledger_id, seq))

    def reply(self, reply: Reply) -> None:
        """Tell the centre what became of something it sent. From any thread; never blocks."""
        self._inbox.put(reply)

    def deliver_again(self, ledger_id: str, from_seq: int) -> None:
        """Deliver records of one ledger once more. From any thread; never blocks."""
        self._inbox.put(Again(ledger_id, from_seq))

    def restate(self) -> None:
        """Say anew what the device is, and look for files to send. From any thread; never blocks."""
        self._inbox.put(Restate())

    def stop(self, timeout_s: float) -> bool:
        """Say offline, disconnect and end the thread; whether that was done in time."""
        self._inbox.put(_Stop(boot_clock() + timeout_s))
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        if not self._config.host:
            self._on_event(LinkChanged("off", ""))
            while not isinstance(self._inbox.get(), _Stop):
                pass
            return
        while not self._guarded_session():
            pass

    def _guarded_session(self) -> bool:
        """One session until stopped (true) or until it fails (false, after a pause)."""
        session: Session | None = None
        try:
            session = self._new_session()
            stop = self._serve(session)
            self._leave(session, stop)
        except Exception:
            log.exception("delivery failed; it begins anew")
            if session:
                session.abandon()
            self._on_event(LinkChanged("offline", "failed"))
            return self._stopped_within(RESTART_S * (0.5 + random.random()))
        return True

    def _new_session(self) -> Session:
        return Session(
            self._config,
            self._device,
            self._make_source(),
            self._hello,
            self._on_event,
            self._inbox,
            boot_clock,
            Beside(self._files() if self._files else None, self._clock_off_ms),
        )

    def _serve(self, session: Session) -> _Stop:
        event: Any = None
        while not isinstance(event, _Stop):
            session.turn(event)
            event = self._next_event(session.next_deadline())
        return event

    def _leave(self, session: Session, stop: _Stop) -> None:
        mid = session.say_offline()
        gone: Any = None
        while mid is not None and (boot_clock() < stop.deadline):
            gone = self._next_event(stop.deadline)
            if isinstance(gone, Down) or (isinstance(gone, Taken) and gone.mid == mid):
                break
        session.close(max(0.1, stop.deadline - boot_clock()))

    def _next_event(self, deadline: float | None) -> Any:
        try:
            if deadline is None:
                return self._inbox.get()
            return self._inbox.get(timeout=max(0.0, deadline - boot_clock()))
        except queue.Empty:
            return None

    def _stopped_within(self, seconds: float) -> bool:
        deadline = boot_clock() + seconds
        while boot_clock() < deadline:
            if isinstance(self._next_event(deadline), _Stop):
                return True
        return False
