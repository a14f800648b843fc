"""Fingers, and the features that a sensor makes of them.

A finger is a label, such as `198501012010011001/2`. Its features are bytes that start with a digest of the
label: two captures differ in the rest, as real ones do, and match by the digest. A template therefore keeps
its finger when it is downloaded, stored elsewhere and uploaded into another emulated sensor, provided that
the size is the same.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field

MAGIC = b"\x03\x03ZF"
DIGEST_AT = len(MAGIC) + 2
DIGEST_BYTES = 32

QUALITIES = {"good": 0x00, "dry": 0x04, "wet": 0x05, "messy": 0x06, "small": 0x07}
"""What Img2Tz answers for each quality of image."""


def features(label: str, sample: int, size_bytes: int) -> bytes:
    """The features of capture number `sample` of a finger, `size_bytes` long."""
    digest = hashlib.sha256(label.encode()).digest()
    head = MAGIC + size_bytes.to_bytes(2, "big") + digest + sample.to_bytes(4, "big")
    detail = hashlib.shake_128(head).digest(size_bytes - len(head))
    return head + detail


def merge(first: bytes, second: bytes) -> bytes | None:
    """The template of two captures, or None when they are not of one finger."""
    if match(first, second) is None:
        return None
    return first[: len(first) // 2] + second[len(first) // 2 :]


def match(first: bytes, second: bytes) -> int | None:
    """The score (50 to 150) of two feature sets, or None when they differ."""
    end = DIGEST_AT + DIGEST_BYTES
    if len(first) != len(second) or first[:end] != second[:end] or not first.startswith(MAGIC):
        return None
    return 50 + (first[-1] ^ second[-1]) % 101


@dataclass(slots=True)
class Touch:
    """One finger put on the sensor, and what became of it."""

    ordinal: int
    label: str
    quality: str
    until_seen: bool
    taken: bool = False
    slot: int | None = None
    score: int = 0
    outcome: str = ""
    searches: int = 0


@dataclass(slots=True)
class Pad:
    """The glass: at most one finger at a time; keeps every touch for comparison with a ledger."""

    touches: list[Touch] = field(default_factory=list)
    finger: Touch | None = None
    _samples: itertools.count[int] = field(default_factory=itertools.count)

    def put(self, label: str, quality: str, until_seen: bool) -> Touch:
        """Put a finger on; raises `ValueError` when one is there or the quality does not exist."""
        if self.finger is not None:
            raise ValueError("a finger is already on the sensor")
        if quality not in QUALITIES:
            raise ValueError(f"quality is one of {', '.join(QUALITIES)}")
        self.finger = Touch(len(self.touches) + 1, label, quality, until_seen)
        self.touches.append(self.finger)
        return self.finger

    def lift(self) -> None:
        """Take the finger off, if there is one."""
        self.finger = None

    def next_sample(self) -> int:
        """The number of the next capture."""
        return next(self._samples)

    def seen(self, touch: Touch, outcome: str) -> None:
        """The person has been told `outcome` and takes the finger off, unless it is to stay."""
        touch.outcome = outcome
        if touch is self.finger and touch.until_seen:
            self.finger = None
