"""What a fingerprint reader says: about itself, and about a finger."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.base.errors import Timeout


class NoFinger(Timeout):
    """Nobody put a finger on the sensor in time. The reader stays open."""

    hint = "ask the person to put the finger on the sensor"


class Led(StrEnum):
    """What the sensor's own light says."""

    OFF = "off"
    READY = "ready"
    BUSY = "busy"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReaderInfo:
    """What the device said about itself when it was opened.

    `template_format` names sensor family and size; a template fits only sensors of its own format. `mark`
    is what `write_mark` left in the sensor (None where the model cannot keep one).
    """

    family: str
    model: str
    serial: str | None
    capacity: int
    template_bytes: int
    packet_bytes: int
    security_level: int
    template_format: str
    simulated: bool
    has_led: bool
    mark: bytes | None


@dataclass(frozen=True, slots=True)
class Touch:
    """A finger that was captured and searched; `slot` is None when this sensor does not know it.

    `score` is the sensor's own, 0 when not found; `duration_ms` from the start of the capture to the result.
    """

    slot: int | None
    score: int
    duration_ms: int
