"""Answers that belong to other commands: never a match for whoever came before, never a change unmade.

The emulated sensor keeps image and features until power-off: a driver out of step finds the last person.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from drivers.base.deadline import Deadline
from drivers.base.errors import DeviceError, ProtocolError, Rejected
from drivers.base.reader import Touch
from drivers.r307 import R307Reader
from tests.drivers.r307.emulated import EmulatedR307
from tests.drivers.r307.faults import ALICE, BOB, teach
from tests.drivers.r307.test_golden import driven

INDEX_WITH_SLOT_1 = "EF01FFFFFFFF0700230002" + "00" * 31 + "002C"


@pytest.fixture
def after_alice(device: EmulatedR307, reader: R307Reader) -> R307Reader:
    """A reader whose sensor still has Alice's image and features."""
    teach(device)
    device.put("alice")
    assert slot_of(reader.touch()) == ALICE
    assert reader.touch() is None
    return reader


def slot_of(touch: Touch | None) -> int | None:
    return touch.slot if touch else None


@pytest.mark.parametrize("speed", [0, 0.1])
def test_an_old_ok_without_a_finger_is_no_touch(
    device: EmulatedR307, after_alice: R307Reader, speed: float
) -> None:
    device.do("speed", factor=speed)
    for _ in range(10):
        device.do("fault", kind="stale_ok")
        with suppress(DeviceError):
            assert after_alice.touch() is None
            assert after_alice.touch() is None
        after_alice.open()


def test_an_old_ok_before_refused_features_is_no_match(device: EmulatedR307, after_alice: R307Reader) -> None:
    device.put("bob", quality="small", hold_ms=60_000)
    device.do("fault", kind="stale_ok", after=1)
    with pytest.raises(Rejected) as refusal:
        after_alice.touch()
    assert refusal.value.reason == "too_few_features"


@pytest.mark.parametrize("kind", ["stale_ok", "stale_no_finger", "duplicate", "split"])
@pytest.mark.parametrize("after", range(3))
def test_the_next_person_is_the_next_person(
    device: EmulatedR307, after_alice: R307Reader, kind: str, after: int
) -> None:
    device.put("bob")
    device.do("fault", kind=kind, after=after)
    touch = None
    while touch is None:
        touch = after_alice.touch()
    assert touch.slot == BOB


def test_an_old_ok_before_refused_features_spoils_an_enrolment(
    device: EmulatedR307, after_alice: R307Reader
) -> None:
    device.put("bob", quality="wet", hold_ms=60_000)
    device.do("fault", kind="stale_ok", after=1)
    with suppress(DeviceError):
        after_alice.enrol_capture(1, timeout_s=1)
        assert after_alice.enrol_search().slot != ALICE
    after_alice.open()


def test_a_deletion_that_did_not_happen_is_noticed() -> None:
    dialogue = [
        ("DeletChar 1", "EF01FFFFFFFF0100070C000100010016", "EF01FFFFFFFF07000300000A"),
        ("index", "EF01FFFFFFFF0100041F000024", INDEX_WITH_SLOT_1),
    ]
    reader = R307Reader("reader", Path("nowhere"))
    reader._zfm = driven(dialogue, "DeletChar 1", "index", capacity=10)
    with pytest.raises(ProtocolError, match="slot 1"):
        reader._delete(1, Deadline.after(1))
