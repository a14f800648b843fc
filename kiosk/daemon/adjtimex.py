"""`adjtimex(2)`, read only: whether something keeps the kernel's clock, and how far off it may be."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

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
class KernelWord:
    """Whether the kernel calls its clock synchronised, and its error bound."""

    synchronised: bool
    error_ms: int


def ask_kernel() -> KernelWord | None:
    """What the kernel says; None where the call is not allowed."""
    timex = _Timex()
    state = _libc.adjtimex(ctypes.byref(timex))
    if state == -1:
        return None
    synchronised = state != _TIME_ERROR and not timex.status & _STA_UNSYNC
    return KernelWord(synchronised, max(1, timex.maxerror // 1000 + 1))


_libc = ctypes.CDLL(None, use_errno=True)
