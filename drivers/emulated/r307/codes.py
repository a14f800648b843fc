"""Confirmation codes (R307 user manual, section 5) and how long instructions take (`zfm_dialogue.csv`)."""

from __future__ import annotations

OK, BAD_PACKET, NO_FINGER = 0x00, 0x01, 0x02
NO_MATCH, NOT_FOUND, DIFFERENT_FINGERS, BAD_PAGE, BAD_TEMPLATE = 0x08, 0x09, 0x0A, 0x0B, 0x0C
WRONG_PASSWORD, NO_IMAGE, BAD_REGISTER, PASSWORD_FIRST = 0x13, 0x15, 0x1A, 0x21

DELAYS_MS = {
    0x01: 190,
    0x02: 300,
    0x03: 28,
    0x04: 47,
    0x05: 12,
    0x06: 58,
    0x0C: 66,
    0x0D: 70,
    0x0F: 16,
    0x18: 58,
}
OTHER_DELAY_MS = 12

Reply = tuple[int, bytes]
"""Confirmation code and what follows it."""
