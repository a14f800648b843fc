"""Two ways of doing the same work, timed in turns so that what the machine does meanwhile hits both alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """Seconds a call took on each side, round by round: `ours[i]` and `theirs[i]` ran next to each other."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ours_s(self) -> float:
        """Our median."""
        return statistics.median(self.ours)

    @property
    def theirs_s(self) -> float:
        """Their median."""
        return statistics.median(self.theirs)

    @property
    def ratio(self) -> float:
        """Our median over theirs."""
        return self.ours_s / self.theirs_s

    @property
    def spread(self) -> tuple[float, float]:
        """10th and 90th percentile of the ratios of neighbours: how far one round may be trusted."""
        ratios = sorted(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))
        last = len(ratios) - 1
        return ratios[round(last * 0.1)], ratios[round(last * 0.9)]


def seconds(work: Callable[[], object], calls: int = 1) -> float:
    """Seconds one call of `work` takes, the mean of `calls` of them; the garbage collector waits."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        start = time.perf_counter()
        for _ in range(calls):
            work()
        return (time.perf_counter() - start) / calls
    finally:
        if was_on:
            gc.enable()


def paired(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    rounds: int = 101,
    calls: int = 1,
    warm_up: int = 3,
) -> Pair:
    """Time both sides `rounds` times in turns; who goes first changes with every round.

    Take `calls` above 1 only where one call is too short for the clock (under some 20 µs).
    """
    for _ in range(warm_up):
        ours()
        theirs()
    our_times, their_times = [], []
    for turn in range(rounds):
        if turn % 2:
            their_times.append(seconds(theirs, calls))
        our_times.append(seconds(ours, calls))
        if not turn % 2:
            their_times.append(seconds(theirs, calls))
    return Pair(tuple(our_times), tuple(their_times))
