"""What a device saw of somebody."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.core.record import TimeBlock


@dataclass(frozen=True, slots=True)
class FingerSeen:
    """A finger was searched in a reader; `slot` is `None` when the sensor does not know it.

    Also what another device saw of somebody: a face before the camera, a number at the screen.
    """

    device: str
    slot: int | None
    score: int
    at: TimeBlock
    simulated: bool


@dataclass(frozen=True, slots=True)
class PoorImage:
    """A finger was there but could not be read; `reason` is the `Rejected` reason."""

    device: str
    reason: str
    at: TimeBlock
