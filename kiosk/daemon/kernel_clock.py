"""What the Linux kernel knows about the clock: `adjtimex(2)` and the boot it is running."""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from pathlib import Path

_STA_UNSYNC = 0x0040
_TIME_ERROR = 5


class _Timex(ctypes.Structure):
    # linux/timex.h; only the head is read, the rest is room for the kernel to write.
    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    ]


@dataclass(frozen=True, slots=True)
class KernelClock:
    """One reading: wall time (UTC, ms), whether the kernel calls it synchronised, its error bound."""

    wall_ms: int
    boot_ms: int
    synchronised: bool
    error_ms: int


def read_kernel_clock() -> KernelClock:
    """The clock as it is now; a kernel that refuses to tell counts as not synchronised."""
    timex = _Timex()
    state = _libc.adjtimex(ctypes.byref(timex))
    synchronised = state not in (-1, _TIME_ERROR) and not timex.status & _STA_UNSYNC
    return KernelClock(
        wall_ms=time.time_ns() // 1_000_000,
        boot_ms=boot_ms(),
        synchronised=synchronised,
        error_ms=max(1, timex.maxerror // 1000 + 1),
    )


def boot_ms() -> int:
    """Milliseconds since boot, suspended time included."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def boot_id() -> str:
    """The kernel's random name for this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


_libc = ctypes.CDLL(None, use_errno=True)
