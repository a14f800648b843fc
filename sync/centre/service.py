"""`hadir-centre run`: which receivers one process has, and how they start and stop together."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from sync.centre.config import CentreConfig
from sync.centre.keys import CentreKey
from sync.centre.metrics import serving
from sync.centre.office import Office
from sync.centre.receiver import BULK, QUICK, Receiver
from sync.centre.store import Store
from sync.centre.stores import open_store
from sync.centre.tally import Tally
from sync.centre.zone import note_zone


def serve(
    config: CentreConfig, key: CentreKey, now_ms: Callable[[], int], notify: Callable[[str], None]
) -> None:
    """Receive until SIGTERM or SIGINT. Raises `StoreError` when the database cannot be used at the start.

    Where the database takes several writers, what is fresh has a thread and a connection of its own.
    """
    _calm_the_collector()
    _share_the_interpreter()
    tally = Tally()
    with ExitStack() as stack:
        stores = [stack.enter_context(_opened(config))]
        lanes = [BULK + QUICK]
        if stores[0].many_writers:
            stores.append(stack.enter_context(_opened(config)))
            lanes = [BULK, QUICK]
        note_zone(stores[0], config.zone)
        receivers: list[Receiver] = []
        for store, own in zip(stores, lanes, strict=True):
            office = Office(store, key, now_ms, auto_approve=config.auto_approve, tally=tally)
            receivers.append(Receiver(config.broker, office, own, _silent if receivers else notify))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: _stop(receivers))
        if config.metrics:
            stack.enter_context(serving(config, tally, now_ms))
        _run(receivers)


def _calm_the_collector() -> None:
    """A batch makes thousands of objects that die together: looking for cycles among them costs a fifth."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _share_the_interpreter() -> None:
    """What is fresh waits a moment for the thread that checks a backlog, not 5 ms at each statement."""
    sys.setswitchinterval(0.0005)


def _silent(_words: str) -> None:
    """Only the first receiver's turns are systemd's business."""


def _stop(receivers: list[Receiver]) -> None:
    for receiver in receivers:
        receiver.stop()


def _run(receivers: list[Receiver]) -> None:
    """The first in this thread; when one ends, all do."""

    def beside(receiver: Receiver) -> None:
        try:
            receiver.run()
        finally:
            _stop(receivers)

    threads = [threading.Thread(target=beside, args=(one,), name="quick") for one in receivers[1:]]
    for thread in threads:
        thread.start()
    beside(receivers[0])
    for thread in threads:
        thread.join()


@contextmanager
def _opened(config: CentreConfig) -> Iterator[Store]:
    store = open_store(config)
    try:
        yield store
    finally:
        store.close()
