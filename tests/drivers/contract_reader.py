"""What every reader must do, whatever the hardware. A driver's test file derives from `ReaderContract`."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator

import pytest

from drivers.base.errors import Full, Rejected, Unavailable
from drivers.base.reader import NoFinger, Reader


class Hand(ABC):
    """Whoever stands in front of the sensor: an emulator's control socket, or a person who is asked to."""

    @abstractmethod
    def put(self, finger: str) -> None:
        """Put a finger (`right` or `left`) on, and leave it there until the result."""

    @abstractmethod
    def lift(self) -> None:
        """Take it off."""


class ReaderContract:
    """Give it the fixtures `reader` (open) and `hand`."""

    @pytest.fixture
    def enrolled(self, reader: Reader, hand: Hand) -> Iterator[int]:
        """A slot with the right finger in it, emptied afterwards."""
        slot = min(set(range(reader.open().capacity)) - reader.index())
        enrol(reader, hand, slot)
        yield slot
        reader.open()
        reader.delete(slot)

    def test_tells_what_it_is(self, reader: Reader) -> None:
        info = reader.open()
        assert 0 < info.capacity <= 4096
        assert info.template_bytes >= 256
        assert info.packet_bytes in (32, 64, 128, 256)
        assert 1 <= info.security_level <= 5
        assert info.template_format

    def test_no_finger_is_no_touch(self, reader: Reader, hand: Hand) -> None:
        hand.lift()
        assert reader.touch() is None
        assert not reader.finger_present()

    def test_waiting_for_a_finger_ends_and_leaves_the_reader_open(self, reader: Reader, hand: Hand) -> None:
        hand.lift()
        with pytest.raises(NoFinger):
            reader.enrol_capture(1, timeout_s=0.3)
        assert reader.info is not None

    def test_an_enrolled_finger_is_found_in_its_slot(self, reader: Reader, hand: Hand, enrolled: int) -> None:
        hand.put("right")
        touch = reader.touch()
        assert touch is not None
        assert touch.slot == enrolled
        assert touch.score > 0

    def test_another_finger_is_not_found(self, reader: Reader, hand: Hand, enrolled: int) -> None:
        hand.put("left")
        touch = reader.touch()
        assert touch is not None
        assert touch.slot is None

    def test_enrolment_finds_a_finger_that_is_known(self, reader: Reader, hand: Hand, enrolled: int) -> None:
        hand.put("right")
        reader.enrol_capture(1)
        assert reader.enrol_search().slot == enrolled

    def test_two_fingers_make_no_template(self, reader: Reader, hand: Hand) -> None:
        hand.put("right")
        reader.enrol_capture(1)
        hand.lift()
        hand.put("left")
        reader.enrol_capture(2)
        with pytest.raises(Rejected) as refusal:
            reader.enrol_merge()
        assert refusal.value.reason == "different_fingers"

    def test_a_template_moves_to_another_slot(self, reader: Reader, hand: Hand, enrolled: int) -> None:
        template = reader.download(enrolled)
        assert len(template) == reader.open().template_bytes
        reader.delete(enrolled)
        assert enrolled not in reader.index()
        reader.upload(enrolled, template)
        assert reader.download(enrolled) == template
        hand.put("right")
        touch = reader.touch()
        assert touch is not None
        assert touch.slot == enrolled

    def test_a_slot_beyond_the_end_is_refused(self, reader: Reader) -> None:
        with pytest.raises(Full):
            reader.store(reader.open().capacity)

    def test_a_template_of_another_size_is_refused(self, reader: Reader) -> None:
        with pytest.raises(Rejected) as refusal:
            reader.upload(0, bytes(reader.open().template_bytes - 1))
        assert refusal.value.reason == "wrong_template_size"

    def test_a_closed_reader_says_so_and_opens_again(self, reader: Reader) -> None:
        reader.close()
        reader.close()
        with pytest.raises(Unavailable):
            reader.touch()
        assert reader.open() == reader.info

    def test_close_from_another_thread_ends_a_waiting_call(self, reader: Reader, hand: Hand) -> None:
        hand.lift()
        closer = threading.Timer(0.2, reader.close)
        closer.start()
        started_s = time.monotonic()
        with pytest.raises((Unavailable, NoFinger)):
            reader.enrol_capture(1, timeout_s=30)
        assert time.monotonic() - started_s < 10
        closer.join()


def enrol(reader: Reader, hand: Hand, slot: int) -> bytes:
    """Enrol the right finger; the template."""
    hand.put("right")
    reader.enrol_capture(1)
    hand.lift()
    hand.put("right")
    reader.enrol_capture(2)
    template = reader.enrol_merge()
    reader.store(slot)
    assert slot in reader.index()
    return template
