"""Frames: recorded checksums, and finding them in any way TCP may cut the stream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base.errors import ProtocolError
from drivers.emulated import zk_wire as wire
from drivers.zk.frames import EVENT, MAGIC, Frame, Stream, is_sound, with_top

# Answers of real terminals: login, sizes, the end of a template, a buffer of 5044 bytes, a user table of two.
RECORDED = [
    "d007fffc2ffb0000",
    "d5075bb2cf450000",
    (
        "d007a3159663130000000000000000000000000000000000070000000000000006000000000000005d020000000000000f0c0000"
        "000000000100000000000000b80b000010270000a0860100b20b00000927000043840100000000000000"
    ),
    "dd054ba201003500a05701",
    "d007a7625c3c150000b4130000b4130000cdef2300",
    "d007babb5c3c100009",
    (
        "dd053c87582015009000000001000000000000000000006366756c616e6f00000000000000000000000000000000000000000000"
        "00000000000000003130303030316c70000000000000000000000000000000000200000000000000000000726d656e67616e6f00"
        "00000000000000000000000000000000000000000000000000000000323232323232636200000000000000000000000000000000"
    ),
]


@pytest.mark.parametrize("recorded", RECORDED)
def test_recorded_frames_are_sound_and_survive_a_round_trip(recorded: str) -> None:
    raw = bytes.fromhex(recorded)
    frame = Frame.from_bytes(raw)
    assert frame.sound
    assert frame.to_bytes() == raw


@pytest.mark.parametrize("recorded", RECORDED)
def test_one_turned_bit_is_noticed(recorded: str) -> None:
    raw = bytearray.fromhex(recorded)
    for bit in range(len(raw) * 8):
        raw[bit // 8] ^= 1 << bit % 8
        assert not is_sound(raw)
        raw[bit // 8] ^= 1 << bit % 8


@given(st.binary(max_size=300), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_both_sides_agree_on_the_checksum(data: bytes, command: int, session: int, reply: int) -> None:
    theirs = wire.Packet(command, session, reply, data).to_bytes()
    assert is_sound(theirs)
    assert wire.parse(Frame(command, session, reply, data).to_bytes()) is not None


frames = st.builds(
    Frame,
    st.sampled_from([2000, 1500, 1501, 2005]),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF),
    st.binary(max_size=200).filter(lambda data: MAGIC not in data),
)


@given(
    st.lists(st.tuples(st.sampled_from([b"", b"\x55", b"\x50\x50", b"PP\x82"]), frames), max_size=6),
    st.data(),
)
def test_a_stream_gives_its_frames_however_it_is_cut(
    parts: list[tuple[bytes, Frame]], data: st.DataObject
) -> None:
    whole = b"".join(noise + with_top(frame.to_bytes()) for noise, frame in parts)
    stream, found, at = Stream(), [], 0
    while at < len(whole):
        step = data.draw(st.integers(1, len(whole) - at))
        stream.feed(whole[at : at + step])
        at += step
        while (frame := stream.next()) is not None:
            found.append(frame)
    assert found == [frame for _, frame in parts]


def test_events_split_and_coalesced_between_answers() -> None:
    first = Frame(EVENT, 1, 0, wire.event(36, "101", 1, 0, bytes((26, 11, 22, 6, 50, 0))))
    answer = Frame(2000, 7, 9, b"x")
    second = Frame(EVENT, 1, 0, wire.event(52, "202", 1, 1, bytes((26, 11, 22, 6, 50, 1))))
    whole = b"".join(with_top(frame.to_bytes()) for frame in (first, answer, second))
    for cut in range(1, len(whole)):
        stream = Stream()
        stream.feed(whole[:cut])
        found = list(iter(stream.next, None))
        stream.feed(whole[cut:])
        found += list(iter(stream.next, None))
        assert found == [first, answer, second]


def test_a_length_that_cannot_be_is_skipped() -> None:
    good = Frame(2000, 1, 1, b"")
    stream = Stream()
    stream.feed(MAGIC + b"\xff\xff\xff\x7f" + MAGIC + b"\x00\x00\x00\x00" + with_top(good.to_bytes()))
    assert stream.next() == good
    assert stream.stray_bytes == 16


def test_a_frame_too_short_for_its_header() -> None:
    with pytest.raises(ProtocolError):
        Frame.from_bytes(b"\x00" * 7)
