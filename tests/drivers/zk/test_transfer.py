"""Putting a large answer together from data packets that were lost, doubled, cut or reordered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base.errors import Rejected
from drivers.zk.frames import Frame
from drivers.zk.transfer import Answer

DATA, PREPARE, ACK, ERROR = 1501, 1500, 2000, 2001
WHOLE = bytes(range(100)) * 3
PACKETS = [WHOLE[at : at + 64] for at in range(0, len(WHOLE), 64)]


def answer(*packets: tuple[int, bytes], size: int | None = len(WHOLE)) -> Answer:
    made = Answer(size)
    for number, data in packets:
        made.take(Frame(DATA, number, 5, data))
    return made


def test_all_packets_in_any_order_and_doubled() -> None:
    numbered = list(enumerate(PACKETS))
    made = answer(*reversed(numbered), *numbered[:2])
    assert made.complete
    assert made.usable == WHOLE


def test_what_came_before_the_first_gap_is_kept() -> None:
    numbered = list(enumerate(PACKETS))
    assert answer(*numbered[:3], numbered[4]).usable == WHOLE[: 3 * 64]


def test_a_lost_and_a_doubled_packet_do_not_make_up_for_each_other() -> None:
    lost = [(0, PACKETS[0]), (0, PACKETS[0]), (2, PACKETS[2]), (2, PACKETS[2]), (3, PACKETS[3])]
    made = answer(*lost, size=len(PACKETS[0]) * 3 + len(PACKETS[3]))
    assert not made.complete
    assert made.usable == b""


def test_a_packet_that_lost_zeros_at_its_end_is_not_believed() -> None:
    """Its checksum is right all the same."""
    whole = bytes(range(1, 62)) + bytes(3) + bytes(64) + bytes(range(20))
    cut = answer((0, whole[:61]), (1, whole[64:128]), (2, whole[128:]), size=len(whole))
    assert cut.usable == b""
    later = answer((0, bytes(64)), (1, b"x" * 64), (2, whole[:61]), (3, b"y" * 64), size=300)
    assert later.usable == bytes(64) + b"x" * 64


def test_packets_that_are_not_numbered_are_believed_only_whole() -> None:
    assert answer(*((0, data) for data in PACKETS)).usable == WHOLE
    assert answer(*((0, data) for data in PACKETS[:-1])).usable == b""
    assert answer(*((9, data) for data in PACKETS)).usable == WHOLE


def test_more_than_was_asked_for_is_not_believed() -> None:
    assert answer(*enumerate(PACKETS), size=100).usable == b""


def test_a_size_that_the_terminal_announces() -> None:
    made = Answer(None)
    made.take(Frame(PREPARE, 7, 5, len(WHOLE).to_bytes(4, "little") + bytes(4)))
    for number, data in enumerate(PACKETS):
        assert not made.complete
        made.take(Frame(DATA, number, 5, data))
    assert made.complete
    made.take(Frame(ACK, 7, 5, b""))
    assert made.done


def test_a_refusal_in_mid_answer() -> None:
    with pytest.raises(Rejected):
        Answer(10).take(Frame(ERROR, 7, 5, b""))


@given(st.lists(st.sampled_from(list(enumerate(PACKETS))), max_size=12))
def test_whatever_arrives_only_the_true_beginning_is_used(packets: list[tuple[int, bytes]]) -> None:
    assert WHOLE.startswith(answer(*packets).usable)
