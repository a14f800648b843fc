"""Which answers each instruction can have, so that an earlier command's is not taken for it.

A ZFM acknowledgement carries no number and no instruction: only its length and its confirmation code tell
what it may answer (R307 user manual, section 5; R503 manual 1.2.2 for 0x35 and 0x3C).
"""

from __future__ import annotations

from dataclasses import dataclass

OK = 0x00
BAD_PACKET, WRONG_ADDRESS, PASSWORD_FIRST = 0x01, 0x20, 0x21
ANY_COMMAND = frozenset({BAD_PACKET, WRONG_ADDRESS, PASSWORD_FIRST})

UP_CHAR = 0x08


@dataclass(frozen=True, slots=True)
class Expected:
    """`ok_bytes` follow the code of success; `refusals` are the other codes it may answer."""

    ok_bytes: int
    refusals: frozenset[int] = frozenset()

    def fits(self, payload: bytes) -> bool:
        """Whether an acknowledgement with this payload can be the answer."""
        if payload[0] == OK:
            return len(payload) == 1 + self.ok_bytes
        return payload[0] in self.refusals or payload[0] not in KNOWN_REFUSALS


def _expected(ok_bytes: int, *refusals: int) -> Expected:
    return Expected(ok_bytes, ANY_COMMAND | frozenset(refusals))


EXPECTED = {
    0x01: _expected(0, 0x02, 0x03),
    0x02: _expected(0, 0x04, 0x05, 0x06, 0x07, 0x15),
    0x03: _expected(2, 0x08),
    0x04: _expected(4, 0x09),
    0x05: _expected(0, 0x0A),
    0x06: _expected(0, 0x0B, 0x0C, 0x18, 0x1F),
    0x07: _expected(0, 0x0B, 0x0C),
    0x08: _expected(0, 0x0D),
    0x09: _expected(0, 0x0E),
    0x0C: _expected(0, 0x0B, 0x10),
    0x0D: _expected(0, 0x11),
    0x0F: _expected(16),
    0x12: _expected(0, 0x18),
    0x13: _expected(0, 0x13),
    0x18: _expected(0, 0x0B, 0x18, 0x1C),
    0x19: _expected(32, 0x0B, 0x1C),
    0x1D: _expected(2),
    0x1F: _expected(32, 0x0B),
    0x35: _expected(0),
    0x3C: _expected(46),
}
KNOWN_REFUSALS = frozenset().union(*(expected.refusals for expected in EXPECTED.values()))
