"""`kioskctl top`: 24 lines of 80, few bytes, any line; a terminal is played here."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core import api
from kiosk.ctl.top import COLUMNS, LINES, WHOLE_EVERY, Painter
from tests.ctl.conftest import Ran
from tests.ctl.samples import STATUS, punch
from tests.ctl.serving import Canned

Ctl = Callable[..., Ran]
KIOSKCTL = [sys.executable, "-c", "from kiosk.kioskctl import main; main()"]
CODE = re.compile(r"\x1b\[(\d*)(?:;(\d+))?([HJK])|(.)", re.DOTALL)


class Screen:
    """As much of a VT100 as `top` may ask for."""

    def __init__(self) -> None:
        self.lines = [""] * LINES
        self.row = 0

    def feed(self, text: str) -> None:
        for number, column, code, sign in CODE.findall(text):
            if code == "H":
                assert column == "1"
                self.row = int(number) - 1
            elif code == "K":
                assert number == "2"
                self.lines[self.row] = ""
            elif code == "J":
                self.lines = [""] * LINES
            elif sign not in "\r\n":
                assert sign != "\x1b"
                self.lines[self.row] += sign


@pytest.fixture
def busy(kioskd: Canned) -> Canned:
    kioskd.answers[api.GetStatus] = STATUS
    kioskd.answers[api.GetPunches] = api.Punches(tuple(punch(seq, 720) for seq in range(9, 0, -1)), 9)
    return kioskd


def test_a_frame_is_24_lines_of_80(busy: Canned, ctl: Ctl) -> None:
    done = ctl("top", "--once")
    lines = done.out.rstrip("\n").split("\n")
    assert len(lines) == LINES
    assert max(map(len, lines)) <= COLUMNS
    text = done.out
    for words in ("SMPN 1 Jember", "07:05:12", "trusted (NTP)", "online, 4 waiting", "! terminal lobby"):
        assert words in text
    assert "Budi Santoso" in text
    assert "late 12 min" in text


def test_without_kioskd_it_says_so_and_goes_on(ctl: Ctl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADIR_SOCKET", "/nowhere/control.sock")
    done = ctl("top", "--once")
    assert done.code == 0
    assert "kioskd does not answer" in done.out


texts = st.lists(st.text("ab ", max_size=8), min_size=LINES, max_size=LINES)


@given(st.lists(texts, min_size=1, max_size=WHOLE_EVERY + 2))
def test_the_screen_shows_the_last_frame(frames: list[list[str]]) -> None:
    painter, screen = Painter(), Screen()
    for frame in frames:
        screen.feed(painter.paint(frame))
    assert screen.lines == frames[-1]


@given(st.lists(texts, min_size=WHOLE_EVERY + 1, max_size=2 * WHOLE_EVERY), st.data())
def test_lost_bytes_are_made_good_within_ten_frames(frames: list[list[str]], data: st.DataObject) -> None:
    painter, screen = Painter(), Screen()
    lost = data.draw(st.sets(st.integers(0, len(frames) - WHOLE_EVERY - 1)))
    whole = False
    for number, frame in enumerate(frames):
        sent = painter.paint(frame)
        whole = whole or (number > max(lost, default=-1) and number % WHOLE_EVERY == 0)
        if number not in lost:
            screen.feed(sent)
    if whole:
        assert screen.lines == frames[-1]


def test_a_frame_that_is_as_before_costs_next_to_nothing() -> None:
    painter = Painter()
    frame = ["x" * COLUMNS] * LINES
    assert len(painter.paint(frame)) > LINES * COLUMNS
    assert len(painter.paint(frame)) < 10


def test_q_ends_it_and_the_terminal_is_as_before(busy: Canned) -> None:
    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    before = termios.tcgetattr(secondary)
    with subprocess.Popen(
        [*KIOSKCTL, "top", "--every", "0.5"], stdin=secondary, stdout=secondary, stderr=secondary,
        env={**os.environ, "TERM": "dumb"},
    ) as process:  # fmt: skip
        screen = Screen()
        try:
            end = time.monotonic() + 20
            while "q: end" not in screen.lines[-1] and time.monotonic() < end:
                if select.select([primary], [], [], 0.2)[0]:
                    screen.feed(os.read(primary, 65_536).decode())
            assert screen.lines[0].startswith("SMPN 1 Jember")
            os.write(primary, b"q")
            assert process.wait(10) == 0
            assert termios.tcgetattr(secondary) == before
        finally:
            process.send_signal(signal.SIGKILL)
            os.close(primary)
            os.close(secondary)
