"""Faults that need to know a ZFM frame, added to the plan's general ones."""

from __future__ import annotations

import random
from collections.abc import Mapping

from drivers.emulated.fault import Chunk, Fault, Outcome
from drivers.emulated.r307.frame import ACK, encode


def _wrong_length(message: bytes, _rng: random.Random) -> Outcome:
    return Outcome("wrong_length", (Chunk(0.0, message[:7] + b"\xff\xff" + message[9:]),), intact=False)


def _long_length(message: bytes, rng: random.Random) -> Outcome:
    length = (int.from_bytes(message[7:9], "big") + rng.randrange(1, 40)).to_bytes(2, "big")
    return Outcome("long_length", (Chunk(0.0, message[:7] + length + message[9:]),), intact=False)


def _bad_checksum(message: bytes, _rng: random.Random) -> Outcome:
    return Outcome("bad_checksum", (Chunk(0.0, message[:-1] + bytes([message[-1] ^ 0xFF])),), intact=False)


def _wrong_address(message: bytes, _rng: random.Random) -> Outcome:
    return Outcome(
        "wrong_address", (Chunk(0.0, message[:2] + b"\x12\x34\x56\x78" + message[6:]),), intact=False
    )


def _stale_ok(message: bytes, _rng: random.Random) -> Outcome:
    """An acknowledgement left over from an earlier command comes first."""
    earlier = encode(int.from_bytes(message[2:6], "big"), ACK, b"\0")
    return Outcome("stale_ok", (Chunk(0.0, earlier), Chunk(0.0, message)), intact=True)


def _stale_no_finger(message: bytes, _rng: random.Random) -> Outcome:
    earlier = encode(int.from_bytes(message[2:6], "big"), ACK, b"\x02")
    return Outcome("stale_no_finger", (Chunk(0.0, earlier), Chunk(0.0, message)), intact=True)


ZFM_FAULTS: Mapping[str, Fault] = {
    "wrong_length": _wrong_length,
    "long_length": _long_length,
    "bad_checksum": _bad_checksum,
    "wrong_address": _wrong_address,
    "stale_ok": _stale_ok,
    "stale_no_finger": _stale_no_finger,
}
