"""What the Linux kernel knows about the clock, and the boot it is running."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from kiosk.daemon.adjtimex import KernelWord, ask_kernel
from kiosk.daemon.clock_teller import TellerClient

_NOT_SYNCHRONISED = KernelWord(False, 1)


@dataclass(frozen=True, slots=True)
class KernelClock:
    """One reading: wall time (UTC, ms), whether the kernel calls it synchronised, its error bound."""

    wall_ms: int
    boot_ms: int
    synchronised: bool
    error_ms: int


def read_kernel_clock() -> KernelClock:
    """The clock as it is now; a kernel that refuses to tell counts as not synchronised.

    Under systemd kioskd may not ask itself; `kiosk-clock` does it then.
    """
    word = ask_kernel() or _teller.ask() or _NOT_SYNCHRONISED
    return KernelClock(
        wall_ms=time.time_ns() // 1_000_000,
        boot_ms=boot_ms(),
        synchronised=word.synchronised,
        error_ms=word.error_ms,
    )


def boot_ms() -> int:
    """Milliseconds since boot, suspended time included."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def boot_id() -> str:
    """The kernel's random name for this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


_teller = TellerClient()
