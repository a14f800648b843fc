"""The host's frame decoder: golden bytes, any cutting into pieces, any damage."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base.errors import DeviceError, ProtocolError
from drivers.r307.frames import ACK, HEAD_BYTES, MAX_LENGTH, MAX_STRAY_BYTES, Decoder, Frame
from tests.drivers.r307.golden import CAPACITIVE, answered

ADDRESS = 0xFFFFFFFF
GOLDEN = [answered(CAPACITIVE, name) for name, _, _ in CAPACITIVE]
MOST_HELD_BYTES = HEAD_BYTES + MAX_LENGTH
noise = st.binary(max_size=20).filter(lambda data: b"\xef" not in data)


def decoded(decoder: Decoder, data: bytes) -> list[Frame]:
    decoder.feed(data)
    frames = []
    while (frame := decoder.next()) is not None:
        frames.append(frame)
    return frames


def test_a_recorded_answer() -> None:
    (frame,) = decoded(Decoder(ADDRESS), answered(CAPACITIVE, "Search"))
    assert frame.kind == ACK
    assert frame.payload == bytes.fromhex("0000010050")


@given(st.lists(st.tuples(noise, st.sampled_from(GOLDEN)), max_size=6), st.data())
def test_frames_are_found_in_noise_however_the_bytes_arrive(
    parts: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(before + raw for before, raw in parts)
    decoder, found = Decoder(ADDRESS), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += decoded(decoder, stream[:cut])
        stream = stream[cut:]
    assert [frame.raw for frame in found] == [raw for _, raw in parts]


@given(st.binary(max_size=600))
def test_nothing_but_frames_and_protocol_errors_comes_out(data: bytes) -> None:
    decoder = Decoder(ADDRESS)
    decoder.feed(data)
    for _ in range(len(data) + 1):
        try:
            if decoder.next() is None:
                break
        except ProtocolError:
            continue
    assert len(decoder._buffer) < MOST_HELD_BYTES


def test_a_wrong_checksum_is_an_error_and_the_next_frame_is_found() -> None:
    decoder = Decoder(ADDRESS)
    decoder.feed(GOLDEN[0][:-1] + b"\x00" + GOLDEN[1])
    with pytest.raises(ProtocolError, match="checksum"):
        decoder.next()
    frame = decoder.next()
    assert frame is not None
    assert frame.raw == GOLDEN[1]


@pytest.mark.parametrize("length", [b"\xff\xff", b"\x00\x00", b"\x00\x02", b"\x01\x03"])
def test_an_impossible_length_is_an_error_at_once(length: bytes) -> None:
    decoder = Decoder(ADDRESS)
    decoder.feed(GOLDEN[2][:7] + length)
    with pytest.raises(ProtocolError, match="length"):
        decoder.next()


def test_another_address_is_not_ours() -> None:
    assert decoded(Decoder(0x12345678), GOLDEN[0]) == []


def test_a_flood_of_something_else_is_an_error() -> None:
    decoder = Decoder(ADDRESS)
    with pytest.raises(ProtocolError, match="another device"):
        decoded(decoder, b"$GPRMC," * MAX_STRAY_BYTES)


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """A recorded frame with a byte changed, lost, doubled, cut off, or with noise around it."""
    at = chance.randrange(len(raw))
    return (
        lambda: raw[:at] + chance.randbytes(1) + raw[at + 1 :],
        lambda: raw[:at] + raw[at + 1 :],
        lambda: raw[:at] + raw[at : at + 1] + raw[at:],
        lambda: raw[:at],
        lambda: chance.randbytes(at) + raw,
        lambda: raw + raw,
        lambda: raw,
    )[chance.randrange(7)]()


@pytest.mark.slow
def test_a_million_mutated_frames() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, decoder, frames, errors = random.Random(seed), Decoder(ADDRESS), 0, 0
    tracemalloc.start()
    for _ in range(1_000_000):
        decoder.feed(mutated(chance.choice(GOLDEN), chance))
        while True:
            try:
                if decoder.next() is None:
                    break
                frames += 1
            except DeviceError:
                errors += 1
        assert len(decoder._buffer) < MOST_HELD_BYTES
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert frames > 100_000
    assert errors > 100_000
    assert peak_bytes < 1_000_000
