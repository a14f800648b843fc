"""Live events of a ZKTeco terminal: 10, 12, 14, 32, 36, 37 or 52 bytes for one punch.

A user id (2 or 4 bytes of number, or 24 of text), verify u8, state u8, six bytes of time, then 0 to 20
bytes that differ from firmware to firmware. Some firmwares put several punches into one event.
"""

from __future__ import annotations

from drivers.base.terminal import BadRow, LiveEvent
from drivers.zk.text import text_of
from drivers.zk.timecode import wall_of_six

ID_BYTES = {10: 2, 12: 4, 14: 2, 32: 24, 36: 24, 37: 24, 52: 24}
"""Size of an event -> bytes of its user id."""


def decode(payload: bytes) -> list[LiveEvent | BadRow]:
    """The punches of one event, in order; what cannot be read is one `BadRow` with the whole payload."""
    for size in _sizes(len(payload)):
        punches = [_one(payload[at : at + size]) for at in range(0, len(payload), size)]
        if all(isinstance(punch, LiveEvent) for punch in punches):
            return punches
    if len(payload) in ID_BYTES:
        return [_one(payload)]
    return [BadRow(payload, f"live event of {len(payload)} bytes", 0)]


def _sizes(length: int) -> list[int]:
    """A single punch before several, several long ones before many short ones."""
    return sorted((size for size in ID_BYTES if length and length % size == 0), reverse=True)


def _one(event: bytes) -> LiveEvent | BadRow:
    width = ID_BYTES[len(event)]
    wall = wall_of_six(event[width + 2 : width + 8])
    user = event[:width]
    user_id = text_of(user) if width == 24 else str(int.from_bytes(user, "little"))
    if wall is None or not user_id:
        return BadRow(event, "impossible date" if wall is None else "no readable user id", 0)
    return LiveEvent(user_id, wall, state=event[width + 1], verify=event[width], raw=event)
