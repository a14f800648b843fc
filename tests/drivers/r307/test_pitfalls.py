"""What pyfingerprint does wrong on its own, reproduced, beside what the driver makes of the same sensor."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import serial
from pyfingerprint.pyfingerprint import PyFingerprint

from drivers.base.errors import DeviceError
from drivers.r307 import R307Reader
from drivers.r307.line import SerialLine
from tests.drivers.r307.emulated import EmulatedR307, until

PATIENCE_S = 2.6
READ_IMAGE = """
import sys
from pyfingerprint.pyfingerprint import PyFingerprint
sensor = PyFingerprint(sys.argv[1])
print("asking", flush=True)
sensor.readImage()
"""


@contextmanager
def library_reading_an_image(device: EmulatedR307) -> Iterator[subprocess.Popen[bytes]]:
    """The bare library in a process that can be killed."""
    command = [sys.executable, "-c", READ_IMAGE, str(device.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_the_library_blocks_for_longer_than_the_driver_takes_to_give_up(tmp_path: Path) -> None:
    """That the driver gives up within 2.5 s is in `test_faults.py`."""
    with ExitStack() as stack:
        devices, readings = [], []
        for fault in ("silence", "lose_byte", "wrong_length"):
            (tmp_path / fault).mkdir()
            devices.append(EmulatedR307(tmp_path / fault))
            stack.callback(devices[-1].stop)
            devices[-1].do("fault", kind=fault, count=9)
            readings.append(stack.enter_context(library_reading_an_image(devices[-1])))
        time.sleep(PATIENCE_S)
        assert [reading.poll() for reading in readings] == [None] * 3
        for device in devices:
            device.do("fault", clear=True)
        for reading, device in zip(readings, devices, strict=True):
            reading.kill()
            reading.wait()
            reader = R307Reader("reader", device.port)
            reader.open()
            assert reader.touch() is None
            reader.close()


def test_after_a_stray_byte_the_library_fails_for_ever_and_the_driver_does_not(device: EmulatedR307) -> None:
    library = PyFingerprint(str(device.port))
    device.do("fault", kind="stray")
    for _ in range(5):
        with pytest.raises(Exception, match="valid header"):
            library.readImage()
    library.__del__()
    reader = R307Reader("reader", device.port)
    reader.open()
    device.do("fault", kind="stray", count=5)
    assert [reader.touch() for _ in range(5)] == [None] * 5
    reader.close()


def test_the_librarys_errors_have_no_type_and_the_drivers_do(device: EmulatedR307) -> None:
    library = PyFingerprint(str(device.port))
    with pytest.raises(Exception, match="template could not be read") as failure:
        library.loadTemplate(3)
    assert type(failure.value) is Exception
    library.__del__()
    reader = R307Reader("reader", device.port)
    reader.open()
    with pytest.raises(DeviceError):
        reader.download(3)
    assert reader.info is not None
    reader.close()


def test_a_port_closed_under_it_is_no_error_of_its_own_in_the_library(device: EmulatedR307) -> None:
    library = PyFingerprint(str(device.port))
    device.do("fault", kind="silence")
    errors: list[BaseException] = []

    def read_image() -> None:
        try:
            library.readImage()
        except Exception as error:  # noqa: BLE001 - whatever it is
            errors.append(error)

    thread = threading.Thread(target=read_image)
    thread.start()
    until(lambda: bool(device.do("status")["faults"].get("silence")))
    library.__del__()
    thread.join(10)
    (error,) = errors  # which one depends on the call it was in
    assert isinstance(error, TypeError | serial.SerialException)


def counted(calls: list[int], write: Callable[..., object]) -> Callable[..., object]:
    def spy(*arguments: object) -> object:
        calls.append(1)
        return write(*arguments)

    return spy


def test_the_library_writes_single_bytes_and_the_driver_whole_frames(
    device: EmulatedR307, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs: list[int] = []
    monkeypatch.setattr(serial.Serial, "write", counted(theirs, serial.Serial.write))
    library = PyFingerprint(str(device.port))
    assert not library.readImage()
    library.__del__()
    ours: list[int] = []
    monkeypatch.setattr(SerialLine, "write", counted(ours, SerialLine.write))
    reader = R307Reader("reader", device.port)
    reader.open()
    ours.clear()
    assert reader.touch() is None
    reader.close()
    assert (len(theirs), len(ours)) == (12, 1)


def test_the_library_knows_four_pages_of_the_index_and_the_driver_all(device: EmulatedR307) -> None:
    device.do("swap", capacity=3000)
    device.enrol(2999, "alice")
    library = PyFingerprint(str(device.port))
    with pytest.raises(ValueError, match="index page"):
        library.getTemplateIndex(11)
    library.__del__()
    reader = R307Reader("reader", device.port)
    reader.open()
    assert reader.index() == {2999}
    with suppress(DeviceError):
        reader.close()
