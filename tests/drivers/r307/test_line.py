"""The serial line's own promises, on a bare pseudo-terminal."""

from __future__ import annotations

import os
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.base.deadline import Deadline
from drivers.base.errors import ProtocolError, Timeout, Unavailable
from drivers.r307.line import SerialLine


@pytest.fixture
def terminal() -> Iterator[tuple[int, Path]]:
    """The device's end, and the path of the host's."""
    master, slave = os.openpty()
    tty.setraw(slave)
    path = Path(os.ttyname(slave))
    os.close(slave)
    yield master, path
    os.close(master)


@pytest.fixture
def line(terminal: tuple[int, Path]) -> Iterator[SerialLine]:
    line = SerialLine(terminal[1], 57600)
    yield line
    line.close()


def test_reads_what_arrives(terminal: tuple[int, Path], line: SerialLine) -> None:
    os.write(terminal[0], b"hello")
    assert line.read(Deadline.after(1)) == b"hello"


def test_silence_ends_at_the_deadline(line: SerialLine) -> None:
    started_s = time.monotonic()
    with pytest.raises(Timeout):
        line.read(Deadline.after(0.2))
    assert 0.19 < time.monotonic() - started_s < 2


def test_a_write_that_nobody_takes_ends_at_the_deadline(line: SerialLine) -> None:
    with pytest.raises(Timeout):
        line.write(bytes(10_000_000), Deadline.after(0.3))


def test_cancel_ends_a_read_in_another_thread(line: SerialLine) -> None:
    threading.Timer(0.1, line.cancel).start()
    with pytest.raises(Unavailable, match="closed"):
        line.read(Deadline.after(30))


def test_cancel_after_close_touches_no_other_file(terminal: tuple[int, Path]) -> None:
    line = SerialLine(terminal[1], 57600)
    line.close()
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    line.cancel()
    line.close()
    with pytest.raises(BlockingIOError):
        os.read(reading, 1)
    os.close(reading)
    os.close(writing)


def test_settling_ends_when_the_line_is_quiet(terminal: tuple[int, Path], line: SerialLine) -> None:
    os.write(terminal[0], bytes(100))
    line.settle(0.05, Deadline.after(2))
    assert line.waiting() == b""


def test_settling_gives_up_on_a_line_that_is_never_quiet(
    terminal: tuple[int, Path], line: SerialLine
) -> None:
    stop = threading.Event()

    def chatter() -> None:
        while not stop.wait(0.002):
            os.write(terminal[0], b"x" * 100)

    thread = threading.Thread(target=chatter)
    thread.start()
    try:
        with pytest.raises(ProtocolError, match="without pause"):
            line.settle(0.5, Deadline.after(1.0))
    finally:
        stop.set()
        thread.join()
