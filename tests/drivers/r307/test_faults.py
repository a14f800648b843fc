"""Each fault of the matrix, and those at the port: typed in time, over in time, never the wrong person."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue

import pytest

from drivers.base.errors import DeviceError, ProtocolError, Rejected, Timeout, Unavailable
from drivers.base.reader import CALL_S
from drivers.r307 import R307Reader
from drivers.r307.reader import captured
from tests.drivers.r307.emulated import EmulatedR307, touch_somehow
from tests.drivers.r307.fault_matrix import LIMIT_S, RECOVERY_S, Measured, measure
from tests.drivers.r307.faults import ALICE, BOB, FAULTS, Fault, allow, forbid, teach

HASTY_S = 0.7
"""So that the tests do not wait: that a real call gives up within 2.5 s is measured for silence."""


AT_ONCE = 4
"""Most of a fault is waiting: several sensors have theirs at the same time."""
ALONE = [fault for fault in FAULTS if fault.begin is forbid]
"""Another user's rights are the whole process's."""


def measured(device: EmulatedR307, fault: Fault) -> Measured:
    device.reset()
    teach(device)
    device.late_ms = 2 * HASTY_S * 1000
    hurried = Timeout in fault.errors and fault.name != "silence"
    reader = R307Reader("reader", device.port, simulated=True)
    try:
        return measure(device, reader, fault, give_up_s=HASTY_S if hurried else CALL_S)
    finally:
        reader.close()


def is_right(fault: Fault, seen: Measured) -> bool:
    """As the table says, in time, and the right person is found."""
    named = seen.error in {error.__name__ for error in fault.errors} or not (fault.errors or seen.error)
    in_time = seen.error_s < LIMIT_S and seen.recovery_s < RECOVERY_S
    return named and in_time and seen.slot == (BOB if fault.errors else ALICE)


def test_each_fault_is_typed_in_time_over_in_time_and_finds_the_right_person(tmp_path: Path) -> None:
    free: SimpleQueue[EmulatedR307] = SimpleQueue()

    def run(fault: Fault) -> Measured:
        device = free.get()
        try:
            return measured(device, fault)
        finally:
            free.put(device)

    with ExitStack() as stack:
        for number in range(AT_ONCE):
            (tmp_path / str(number)).mkdir()
            device = EmulatedR307(tmp_path / str(number))
            stack.callback(device.stop)
            free.put(device)
        pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        together = [fault for fault in FAULTS if fault not in ALONE]
        seen = dict(zip(together, pool.map(run, together), strict=True))
        seen |= {fault: run(fault) for fault in ALONE}
    assert {fault.name: got for fault, got in seen.items() if not is_right(fault, got)} == {}


@contextmanager
def refused(*kinds: type[DeviceError]) -> Iterator[None]:
    started_s = time.monotonic()
    with pytest.raises(kinds):
        yield
    assert time.monotonic() - started_s < LIMIT_S


def test_no_such_device(tmp_path: Path) -> None:
    with refused(Unavailable):
        R307Reader("reader", tmp_path / "nothing").open()


def test_a_port_that_is_no_serial_port(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for path in (file, tmp_path):
        with refused(Unavailable):
            R307Reader("reader", path).open()


def test_a_busy_port_names_the_cause(device: EmulatedR307, reader: R307Reader) -> None:
    second = R307Reader("second", device.port)
    with pytest.raises(Unavailable, match="busy") as refusal:
        second.open()
    assert "fuser" in refusal.value.hint
    assert reader.touch() is None
    reader.close()
    second.open()
    second.close()


def test_permission_denied_names_the_group(device: EmulatedR307) -> None:
    forbid(device)
    try:
        with pytest.raises(Unavailable, match="permission denied") as refusal:
            R307Reader("reader", device.port).open()
    finally:
        allow(device)
    assert "dialout" in refusal.value.hint


def test_a_wrong_password_is_refused_and_the_right_one_accepted(device: EmulatedR307) -> None:
    device.do("swap", password=0xCAFE)
    for wrong in (0, 0xBEEF):
        with refused(Rejected):
            R307Reader("reader", device.port, password=wrong).open()
    reader = R307Reader("reader", device.port, password=0xCAFE)
    reader.open()
    reader.close()


def test_a_sensor_with_the_makers_password_becomes_ours(device: EmulatedR307) -> None:
    reader = R307Reader("reader", device.port, password=0xCAFE)
    for _ in range(2):
        reader.open()
        reader.close()
    assert device.do("status")["settings"]["password"] == 0xCAFE
    with refused(Rejected):
        R307Reader("another kiosk's", device.port).open()
    device.do("swap", password=0)
    reader.open()
    assert reader.touch() is None
    reader.close()


def test_a_wrong_speed_is_silence(device: EmulatedR307) -> None:
    reader = R307Reader("reader", device.port, baud=9600)
    reader.call_s = HASTY_S
    with refused(Timeout, ProtocolError):
        reader.open()


def test_a_sensor_that_misses_the_first_command_is_asked_again(device: EmulatedR307) -> None:
    device.do("fault", kind="silence")
    reader = R307Reader("reader", device.port)
    reader.open()
    reader.close()


def test_another_sensor_with_other_sizes_is_read_anew(device: EmulatedR307, reader: R307Reader) -> None:
    reader.write_mark(b"kiosk 7")
    device.do("swap", capacity=150, template_bytes=512)
    with pytest.raises(Unavailable):
        reader.touch()
    info = reader.open()
    assert (info.capacity, info.template_format, info.mark) == (150, "zfm-512", b"")


def test_a_sensor_of_the_same_make_with_other_templates_is_read_anew(
    device: EmulatedR307, reader: R307Reader
) -> None:
    assert reader.open().template_bytes == 768
    device.do("swap", template_bytes=512)
    with pytest.raises(Unavailable):
        reader.touch()
    assert reader.open().template_format == "zfm-512"


@pytest.mark.parametrize("again", [False, True], ids=["first time", "opened before"])
def test_a_data_packet_that_comes_twice_makes_no_longer_template(device: EmulatedR307, again: bool) -> None:
    reader = R307Reader("reader", device.port, simulated=True)
    if again:
        reader.open()
        reader.close()
    for packet in range(5):
        device.do("fault", kind="duplicate", after=4 + packet)
        assert reader.open().template_bytes == 768
        reader.close()
    assert device.do("status")["faults"]["duplicate"] >= 5


def test_a_mark_survives_and_tells_the_sensor_again(device: EmulatedR307, reader: R307Reader) -> None:
    reader.write_mark(b"kiosk 7")
    device.do("unplug")
    device.do("replug")
    with suppress(Unavailable):
        reader.touch()
    assert reader.open().mark == b"kiosk 7"


def test_a_late_answer_is_never_the_next_persons(device: EmulatedR307, reader: R307Reader) -> None:
    teach(device)
    device.do("fault", kind="late", after=2, late_ms=2 * HASTY_S * 1000)
    device.put("alice")
    reader.call_s = HASTY_S
    with pytest.raises(Timeout):
        reader.touch()
    reader.call_s = CALL_S
    device.put("bob")
    assert touch_somehow(reader, 10).slot == BOB


def test_a_template_is_never_half_read(device: EmulatedR307, reader: R307Reader) -> None:
    teach(device)
    template = reader.download(ALICE)
    for kind in ("duplicate", "lose_byte", "truncate", "bad_checksum", "silence", "stale_ok"):
        device.do("fault", kind=kind, after=3)
        try:
            assert reader.download(ALICE) == template
        except (ProtocolError, Timeout):
            reader.open()


def test_an_upload_that_was_damaged_is_noticed(device: EmulatedR307, reader: R307Reader) -> None:
    teach(device)
    template = reader.download(ALICE)
    for after in range(3):
        device.do("fault", kind="stale_ok", after=after)
        try:
            reader.upload(20 + after, template)
        except ProtocolError:
            reader.open()
        else:
            assert reader.download(20 + after) == template


def test_one_warning_and_one_recovery_line(
    device: EmulatedR307, reader: R307Reader, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        device.do("unplug")
        for _ in range(5):
            with pytest.raises(Unavailable):
                touch_once(reader)
        device.do("replug")
        reader.open()
        assert reader.touch() is None
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "working again" in caplog.records[1].message


def touch_once(reader: R307Reader) -> None:
    reader.open()
    reader.touch()


@pytest.mark.parametrize(
    ("surplus", "certain"),
    [
        ([], True),
        ([0x00], True),
        ([0x00, 0x00], True),
        ([0x02], True),
        ([0x02, 0x00], False),
        ([0x06], False),
        ([0x00, 0x07], False),
        ([0x03, 0x02], False),
    ],
)
def test_skipped_answers_that_may_have_been_a_refusal_spoil_a_capture(
    surplus: list[int], certain: bool
) -> None:
    assert captured(surplus) is certain
