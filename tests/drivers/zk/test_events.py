"""Live events, decoded: recorded bytes, every size, several in one."""

from __future__ import annotations

import pytest

from drivers.base.terminal import BadRow, LiveEvent
from drivers.zk.events import decode
from drivers.zk.frames import Frame, Stream

SIX = bytes((26, 11, 22, 6, 50, 0))
# Recorded from terminals, with the TCP length (1016) as recorded; the second one's checksum is wrong.
RECORDED = [
    ("5050827df8030000f401ae4301000000f19449000000120c07130906", "4822257", "2018-12-07T19:09:06"),
    (
        "5050827df8030000f401ae43010000003131343030363400000000000000000000000000000000000f00120b1d0c3703",
        "1140064",
        "2018-11-29T12:55:03",
    ),
]


def event(size: int, user_id: str = "1140064", six: bytes = SIX) -> bytes:
    width = {10: 2, 12: 4, 14: 2}.get(size, 24)
    user = int(user_id).to_bytes(width, "little") if width < 24 else user_id.encode().ljust(24, b"\0")
    return (user + b"\x0f\x01" + six).ljust(size, b"\0")


@pytest.mark.parametrize(("packet", "user_id", "wall"), RECORDED)
def test_recorded_events(packet: str, user_id: str, wall: str) -> None:
    stream = Stream()
    stream.feed(bytes.fromhex(packet))
    frame = stream.next() or stream.next(quiet=True)
    assert frame is not None
    (punch,) = decode(frame.data)
    assert isinstance(punch, LiveEvent)
    assert (punch.user_id, punch.wall) == (user_id, wall)


def test_recorded_events_in_one_segment() -> None:
    stream = Stream()
    stream.feed(b"".join(bytes.fromhex(packet) for packet, _, _ in RECORDED * 2))
    frames = [stream.next(quiet=True) for _ in range(5)]
    assert frames.pop() is None
    punches = [decode(frame.data)[0] for frame in frames if isinstance(frame, Frame)]
    assert [punch.user_id for punch in punches if isinstance(punch, LiveEvent)] == ["4822257", "1140064"] * 2


@pytest.mark.parametrize("size", [10, 12, 14, 32, 36, 37, 52])
def test_every_size(size: int) -> None:
    user_id = "40123" if size in {10, 14} else "1140064"
    (punch,) = decode(event(size, user_id))
    assert punch == LiveEvent(user_id, "2026-11-22T06:50:00", state=1, verify=15, raw=event(size, user_id))


@pytest.mark.parametrize("size", [32, 36, 37, 52])
def test_user_ids_that_are_no_numbers(size: int) -> None:
    (punch,) = decode(event(size, "PNS-0042"))
    assert isinstance(punch, LiveEvent)
    assert punch.user_id == "PNS-0042"


@pytest.mark.parametrize("size", [10, 12, 14, 32, 36, 37, 52])
def test_several_punches_in_one_event_each_go_to_the_right_person(size: int) -> None:
    payload = event(size, "101") + event(size, "202")
    punches = decode(payload)
    assert [punch.user_id for punch in punches if isinstance(punch, LiveEvent)] == ["101", "202"]


@pytest.mark.parametrize("length", [0, 1, 9, 11, 13, 33, 53])
def test_an_unknown_length_is_kept(length: int) -> None:
    assert decode(bytes(length)) == [BadRow(bytes(length), f"live event of {length} bytes", 0)]


def test_an_impossible_date_is_kept() -> None:
    raw = event(32, "5", bytes((26, 2, 30, 6, 50, 0)))
    assert decode(raw) == [BadRow(raw, "impossible date", 0)]


def test_an_event_nobody_made_is_kept() -> None:
    (bad,) = decode(event(32, ""))
    assert isinstance(bad, BadRow)
