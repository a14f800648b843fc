"""Any bytes at all: every decoder gives rows, quarantines, or raises a typed error; nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base.errors import DeviceError
from drivers.base.terminal import LogRow
from drivers.emulated import zk_wire as wire
from drivers.emulated.zk_wire import Moment, Packet, Person
from drivers.zk import events, people, records
from drivers.zk.frames import EVENT, Frame, Stream
from drivers.zk.timecode import code_of, wall_of

MILLION = 1_000_000
FLAT_BYTES = 32 << 20
SIX = bytes((26, 11, 22, 6, 50, 0))


def typed(decode: Callable[..., Any], *given: Any) -> Any:
    """The decoder's result, or None when it raised one of the typed errors."""
    try:
        return decode(*given)
    except DeviceError:
        return None


@given(st.binary(max_size=400), st.sampled_from([8, 16, 40]), st.integers(0, 12))
def test_any_log(data: bytes, size: int, first: int) -> None:
    users = {1: "10", 2: "20"}
    whole = data[: len(data) // size * size]
    rows, bad = records.decode(whole, size, users, min(first, len(whole) // size))
    assert len(rows) + len(bad) == len(whole) // size - min(first, len(whole) // size)
    assert len({row.key for row in rows}) == len(rows)
    assert typed(records.decode, data + b"\0", size, users) is None or (len(data) + 1) % size == 0


@given(st.integers(0, 0xFFFFFFFF))
def test_any_time_code(code: int) -> None:
    wall = wall_of(code)
    assert wall is None or int(wall[:4]) > 2127 or code_of(wall) == code
    assert (wall or Moment.from_code(code).text) == Moment.from_code(code).text


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3), st.integers(0, 1)), max_size=60), st.data())
def test_reading_a_log_in_parts_gives_the_same_rows(
    punches: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    """In whatever parts a growing log is read, each row comes once, with the same ordinal."""
    log = b"".join(
        wire.log_record(40, Person(user, str(user)), second, 1, state) for user, second, state in punches
    )
    whole, _ = records.decode(log, 40)
    seen: list[LogRow] = []
    while len(seen) < len(punches):
        upto = data.draw(st.integers(len(seen) + 1, len(punches)))
        seen += records.decode(log[: upto * 40], 40, first=len(seen))[0]
    assert tuple(seen) == whole


@given(st.binary(max_size=120))
def test_any_event(payload: bytes) -> None:
    assert events.decode(payload)


@given(st.binary(max_size=300), st.sampled_from([28, 72]))
def test_any_user_table(data: bytes, size: int) -> None:
    typed(people.decode_users, data, size)
    typed(people.decode_users, data[: len(data) // size * size], size)
    typed(people.decode_templates, data)


@settings(max_examples=200)
@given(st.lists(st.binary(max_size=60), max_size=12), st.booleans())
def test_any_stream(parts: list[bytes], quiet: bool) -> None:
    stream = Stream()
    for part in parts:
        stream.feed(part.replace(b"\x01", wire.MAGIC))
        while typed(stream.next) is not None:
            pass
    typed(lambda: stream.next(quiet=quiet))


def sound_frames(rng: random.Random) -> list[bytes]:
    """One of each: a login, sizes, a piece of a log, an event of each size."""
    log = b"".join(wire.log_record(40, Person(n, str(n)), rng.getrandbits(31), 1, 0) for n in range(5))
    packets = [
        Packet(wire.ACK_OK, 7, 1),
        Packet(wire.ACK_OK, 7, 2, bytes(92)),
        Packet(wire.PREPARE_DATA, 7, 3, bytes(8)),
        Packet(wire.DATA, 0, 3, log),
        *(Packet(EVENT, 1, 0, wire.event(size, "1007", 1, 0, SIX)) for size in wire.EVENT_BYTES),
    ]
    return [wire.over_tcp(packet.to_bytes()) for packet in packets]


def mutated(raw: bytes, rng: random.Random) -> bytes:
    """Bits turned over, bytes lost, added, doubled; sometimes untouched."""
    data = bytearray(raw)
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(data))
        kind = rng.randrange(4)
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and len(data) > 1:
            del data[at]
        elif kind == 2:
            data[at:at] = rng.randbytes(1 + rng.randrange(3))
        else:
            data[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", wire.MAGIC])
    return bytes(data)


def decode_all(frame: Frame) -> None:
    """Everything a frame's data could be taken for."""
    if frame.command == EVENT:
        assert events.decode(frame.data)
        return
    for size in (8, 16, 40):
        typed(records.decode, frame.data, size, {1: "10"})
    typed(people.decode_users, frame.data, 72)
    typed(people.decode_templates, frame.data)


def fuzz(count: int, seed: int) -> int:
    """Feed `count` mutated frames through streams of 20; returns how many frames came out.

    A length turned over swallows the frames after it, as on a real connection until it is given up.
    """
    rng = random.Random(seed)
    originals = sound_frames(rng)
    stream, found = Stream(), 0
    for number in range(count):
        if number % 20 == 0:
            stream = Stream()
        stream.feed(mutated(originals[number % len(originals)], rng))
        while (
            frame := typed(
                stream.next,
            )
        ) is not None:
            decode_all(frame)
            found += 1
    return found


def test_mutated_frames() -> None:
    assert fuzz(5_000, 1) > 1_000


@pytest.mark.slow
def test_a_million_mutated_frames() -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    fuzz(50_000, seed)
    before_bytes = psutil.Process().memory_info().rss
    assert fuzz(MILLION, seed) > MILLION // 5
    assert psutil.Process().memory_info().rss - before_bytes < FLAT_BYTES
