"""What running processes cost, as the kernel counts it (proc(5))."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
PROC = Path("/proc")


class NeverHappenedError(TimeoutError):
    """What a bench waited for did not come."""


def until(condition: Callable[[], bool], what: str, timeout_s: float = 30.0, every_s: float = 0.005) -> float:
    """Wait for `condition` and return the seconds it took; raise `NeverHappenedError` naming `what`."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > timeout_s:
            raise NeverHappenedError(f"{what}: not within {timeout_s:g} s")
        time.sleep(every_s)
    return time.monotonic() - start


def stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third (state) on; the name before them may hold spaces."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def cpu_s(pid: int) -> float:
    """Seconds of CPU all threads of the process have used, in the kernel and outside it."""
    user, system = stat_fields(pid)[11:13]
    return (int(user) + int(system)) / TICKS_PER_S


def cpu_share(pids: Iterable[int], over_s: float) -> dict[int, float]:
    """Share of one core each process uses over the next `over_s` seconds (0.02 is 2 %).

    The kernel counts in ticks of 10 ms: below a minute the figure of a nearly idle process is coarse.
    """
    before = {pid: cpu_s(pid) for pid in pids}
    start = time.monotonic()
    time.sleep(over_s)
    elapsed_s = time.monotonic() - start
    return {pid: (cpu_s(pid) - used_s) / elapsed_s for pid, used_s in before.items()}


def resident_bytes(pid: int) -> int:
    """Memory of the process that is in RAM, shared libraries included."""
    return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE_BYTES


def most_resident_bytes(pid: int) -> int:
    """The most memory the process ever had in RAM since its program began (VmHWM)."""
    lines = (PROC / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def descendants(pid: int) -> list[int]:
    """The process's children, theirs and so on, in no certain order."""
    parent_of: dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parent_of[int(entry.name)] = int(stat_fields(int(entry.name))[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    found = [pid]
    for parent in found:
        found.extend(child for child, its_parent in parent_of.items() if its_parent == parent)
    return found[1:]


def command_line(pid: int) -> str:
    """The process's command line, to tell one from another."""
    return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
