"""Templates into a sensor over a line that damages them: never another person's template in a slot."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from drivers.base.errors import DeviceError, ProtocolError
from drivers.r307 import R307Reader
from tests.drivers.r307.emulated import EmulatedR307, reopen

PEOPLE = 8
NOISE = {"corrupt": 0.04, "lose_byte": 0.01}


@pytest.fixture
def templates(device: EmulatedR307, reader: R307Reader) -> dict[int, bytes]:
    """What a sensor knew, and that sensor emptied."""
    for slot in range(PEOPLE):
        device.enrol(slot, f"person {slot}")
    kept = {slot: reader.download(slot) for slot in range(PEOPLE)}
    reader.clear()
    reader.call_s = 0.3
    return kept


@pytest.mark.parametrize("kind", ["corrupt", "lose_byte", "truncate"])
@pytest.mark.parametrize("after", [1, 2])
def test_a_template_damaged_on_its_way_is_not_stored(
    device: EmulatedR307, reader: R307Reader, templates: dict[int, bytes], kind: str, after: int
) -> None:
    reader.upload(0, templates[0])
    device.do("fault", inbound=True, kind=kind, after=after)
    with suppress(DeviceError):
        reader.upload(1, templates[1])
    device.do("fault", clear=True)
    reopen(reader)
    if 1 in reader.index():
        assert reader.download(1) == templates[1]


def test_a_lost_packet_does_not_store_the_previous_persons_template(
    device: EmulatedR307, reader: R307Reader
) -> None:
    device.do("swap", template_bytes=256, packet_bytes=256)
    device.enrol(0, "alice")
    device.enrol(1, "bob")
    with suppress(DeviceError):
        reader.touch()
    reader.open()
    bobs = reader.download(1)
    reader.delete(1)
    reader.download(0)
    device.do("fault", inbound=True, kind="silence", after=1)
    with pytest.raises(ProtocolError):
        reader.upload(1, bobs)
    reopen(reader)
    assert reader.index() == {0}


def test_a_refill_over_a_noisy_line_ends_with_each_template_in_its_slot(
    device: EmulatedR307, reader: R307Reader, templates: dict[int, bytes]
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    device.do("fault", seed=seed)
    device.do("fault", inbound=True, rates=NOISE)
    missing = set(templates)
    while missing:
        slot = min(missing)
        with suppress(DeviceError):
            reader.open()
            reader.upload(slot, templates[slot])
            missing.remove(slot)
    device.do("fault", clear=True)
    reopen(reader)
    assert {slot: reader.download(slot) for slot in reader.index()} == templates
