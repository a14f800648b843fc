"""The kiosk's fingerprint readers: a worker for each, and what their fingers mean to the engine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from drivers.base.errors import Unavailable
from drivers.base.reader import Reader as Driver
from drivers.base.reader import ReaderInfo
from kiosk.core.config import Reader
from kiosk.daemon.devices import DeviceBoard
from kiosk.daemon.hardware import make_reader
from kiosk.daemon.reader_worker import ReaderPorts, ReaderWorker
from kiosk.daemon.seen import FingerSeen, PoorImage
from kiosk.daemon.slotmap import SlotMap

log = logging.getLogger(__name__)
NOBODYS_SLOT = -1


class Readers:
    """All readers of one kiosk; any thread. `seen` and `poor` take what a reader made out."""

    def __init__(
        self,
        configured: Sequence[Reader],
        board: DeviceBoard,
        slots: SlotMap,
        seen: Callable[[FingerSeen], None],
        poor: Callable[[PoorImage], None],
    ) -> None:
        self._slots, self._seen = slots, seen
        ports = ReaderPorts(self._finger_seen, poor, self._connected)
        self.workers = {
            one.name: ReaderWorker(make_reader(one), board, ports, simulated=one.simulated)
            for one in configured
        }

    def start(self) -> None:
        """Start every worker."""
        for worker in self.workers.values():
            worker.start()

    def stop(self, timeout_s: float) -> bool:
        """Stop every worker; whether each ended within `timeout_s`."""
        ended = [worker.stop(timeout_s) for worker in self.workers.values()]
        return all(ended)

    def recheck(self) -> None:
        """Have each sensor compared with the store again: fingers came from another kiosk."""

        def check(reader: Driver) -> None:
            if reader.info is not None:
                self._slots.check(reader, reader.info)

        for worker in self.workers.values():
            with suppress(Unavailable):  # it is compared when it is back
                worker.submit(check)

    def _finger_seen(self, seen: FingerSeen) -> None:
        if self._slots.is_distrusted(seen.device, seen.slot):
            seen = replace(seen, slot=NOBODYS_SLOT)
        self._seen(seen)

    def _connected(self, reader: Driver, info: ReaderInfo) -> None:
        log.debug("%s: %s", reader.name, info)
        self._slots.check(reader, info)
