"""From a finger on the sensor to the result, commit included, beside the vendor library's own loop.

Two emulated sensors of the same make at a real sensor's pace: kioskd drives one, pyfingerprint alone the
other, in turns. Both sides are looking for a finger all the time, as they would all day.
"""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from pyfingerprint.pyfingerprint import PyFingerprint

from bench.figure import Figure
from bench.kiosk import demo
from bench.pair import Pair
from bench.r307 import BAUD, emulated_sensor, tell
from kiosk.core.api import Emulate
from kiosk.demo.client import ask
from kiosk.demo.people import PEOPLE

ROUNDS = 30
REST_S = 0.6
"""Between two fingers: long enough for both sides to see that the last one is gone."""


def run() -> Iterator[Figure]:
    """One figure, about two minutes."""
    with (
        tempfile.TemporaryDirectory(prefix="hadir-bench-") as name,
        demo(Path(name)),
        emulated_sensor() as (port, control),
    ):
        for slot, person in enumerate(PEOPLE):
            tell(control, op="foreign", label=person.number, slot=slot)
        vendor = Vendor(port, control)
        ours, theirs = [], []
        for turn in range(ROUNDS):
            number = PEOPLE[turn % len(PEOPLE)].number
            ours.append(_ours(Path(name), number))
            theirs.append(vendor.finger_to_match(number))
        vendor.stop()
    pair = Pair(tuple(ours), tuple(theirs))
    yield Figure.of_pair("finger", "finger to result, commit included", pair, "pyfingerprint's own loop")


def _ours(root: Path, number: str) -> float:
    time.sleep(REST_S)
    start = time.perf_counter()
    card = ask(root / "control.sock", Emulate(what="finger", subject=number))["card"]
    assert card["kind"] == "taken", card
    return time.perf_counter() - start


class Vendor:
    """pyfingerprint's example loop in a thread: wait for an image, convert, search."""

    def __init__(self, port: Path, control: socket.socket) -> None:
        self._library = PyFingerprint(str(port), BAUD)
        self._control = control
        self._stopping = threading.Event()
        self._matched = threading.Event()
        self._thread = threading.Thread(target=self._loop)
        self._thread.start()

    def finger_to_match(self, label: str) -> float:
        """Seconds from putting the finger on to the library's answer."""
        time.sleep(REST_S)
        self._matched.clear()
        start = time.perf_counter()
        tell(self._control, op="finger", label=label)
        assert self._matched.wait(10)
        return time.perf_counter() - start

    def stop(self) -> None:
        """End the loop."""
        self._stopping.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            if self._library.readImage():
                self._library.convertImage(1)
                assert self._library.searchTemplate()[0] >= 0
                self._matched.set()
