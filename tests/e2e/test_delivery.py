"""Whatever happens between kiosk and centre: every punch arrives once and in order."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from itertools import cycle, islice

import pytest

from kiosk.core import api
from tests.e2e.rig import PEOPLE, Rig, until

NUMBERS = [number for number, _ in PEOPLE]


def central_seqs(kiosk: Rig) -> list[int]:
    return [p["seq"] for p in kiosk.central_punches() if not p["provisional"]]


def all_arrived(kiosk: Rig, timeout_s: float = 60) -> list[int]:
    mine = [p["seq"] for p in kiosk.punches()]
    until(lambda: len(central_seqs(kiosk)) >= len(mine), timeout_s, every_s=0.3)
    return mine


@pytest.mark.timeout(900)
def test_a_thousand_punches_while_the_centre_is_away_are_all_there_afterwards(kiosk: Rig) -> None:
    kiosk.start("broker", "centre")
    kiosk.tap(NUMBERS[0])
    until(lambda: kiosk.status()["link"]["backlog"] == 0)
    near = [timed_tap(kiosk, number) for number in islice(cycle(NUMBERS), 20)]
    kiosk.kill("broker")
    kiosk.kill("centre")
    away = [timed_tap(kiosk, number) for number in islice(cycle(NUMBERS), 1000)]
    assert statistics.median(away) < 3 * statistics.median(near) + 0.05  # not blocked by the network
    kiosk.start("broker", "centre")
    mine = all_arrived(kiosk)
    assert len(mine) == 1021
    assert central_seqs(kiosk) == mine


def timed_tap(kiosk: Rig, number: str) -> float:
    begin = time.monotonic()
    assert kiosk.tap(number)["kind"] == "taken"
    return time.monotonic() - begin


def test_a_centre_killed_again_and_again_loses_and_doubles_nothing(kiosk: Rig) -> None:
    kiosk.start("broker", "centre")
    with Tapping(kiosk):
        for _ in range(10):
            seen = len(central_seqs(kiosk))
            until(lambda seen=seen: len(central_seqs(kiosk)) > seen, every_s=0.02)  # type: ignore[misc]
            kiosk.kill("centre")
            kiosk.start("centre")
    mine = all_arrived(kiosk)
    assert central_seqs(kiosk) == mine


def test_a_broker_that_drops_messages_loses_nothing(make_rig: Callable[..., Rig]) -> None:
    kiosk = make_rig(sync="batch_bytes = 4096\nwindow = 64\n")
    # In v5 the centre's Receive Maximum (128) takes the place of `max_inflight_messages`, and nothing waits.
    settings = kiosk.centre_toml.read_text(encoding="utf-8")
    kiosk.centre_toml.write_text(settings.replace('"auto"', '"3.1.1"'), encoding="utf-8")
    kiosk.mosquitto_extra = "max_queued_messages 10\nmax_inflight_messages 2\n"
    kiosk.start("reader", "kioskd")
    kiosk.wait_reader()
    for number, name in PEOPLE:
        kiosk.enrol(number, name)
    kiosk.start("broker", "centre")
    numbers = cycle(NUMBERS)
    for number in islice(numbers, 30):  # each acknowledgement widens the window
        kiosk.tap(number)
    all_arrived(kiosk)
    with kiosk.held("centre"):  # the broker's queue overflows while its only reader sleeps
        rows = tuple(api.PersonRow(n, f"L-{n:05}", f"Orang {n}") for n in range(2000))
        assert kiosk.ask(api.PutPeople(rows=rows))["added"] == 2000
        until(lambda: kiosk.tap(next(numbers)) and "dropped" in kiosk.log("broker").lower())
    mine = all_arrived(kiosk)
    assert central_seqs(kiosk) == mine


def test_a_broker_killed_during_punches_loses_nothing(kiosk: Rig) -> None:
    kiosk.start("broker", "centre")
    with Tapping(kiosk):
        for _ in range(4):
            seen = len(central_seqs(kiosk))
            until(lambda seen=seen: len(central_seqs(kiosk)) > seen)  # type: ignore[misc]
            kiosk.kill("broker")
            kiosk.start("broker")
    mine = all_arrived(kiosk)
    assert central_seqs(kiosk) == mine


class Tapping:
    """People keep punching in the background for as long as the block lasts."""

    def __init__(self, kiosk: Rig) -> None:
        self._kiosk = kiosk
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.cards: list[object] = []

    def __enter__(self) -> Tapping:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        for number in cycle(NUMBERS):
            if self._stop.wait(0.05):
                return
            self.cards.append(self._kiosk.tap(number))
