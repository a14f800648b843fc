"""The process that asks the kernel about its clock for kioskd."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.daemon.adjtimex import ask_kernel
from kiosk.daemon.clock_teller import FROM_SYSTEMD, TellerClient
from tests.house.tracked import ROOT


def hand_over(listener: socket.socket) -> subprocess.Popen[bytes]:
    """Start the teller as systemd does, with the socket as descriptor 3."""
    number = listener.fileno()
    start = (
        f"import os, sys; os.dup2({number}, {FROM_SYSTEMD}); "
        "os.execv(sys.executable, (sys.executable, '-m', 'kiosk.daemon.clock_teller'))"
    )
    return subprocess.Popen((sys.executable, "-c", start), pass_fds=(number,), cwd=ROOT)


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen()
        yield listener


@pytest.fixture
def teller(tmp_path: Path) -> Iterator[Path]:
    with listening(tmp_path / "clock") as listener:
        process = hand_over(listener)
        yield tmp_path / "clock"
        process.kill()
        process.wait()


def eventually(client: TellerClient) -> object:
    """The first answer: a teller needs a moment to start."""
    for _ in range(100):
        if (word := client.ask()) is not None:
            return word
    return None


def test_it_says_what_the_kernel_says(teller: Path) -> None:
    word, kernel = eventually(TellerClient(teller)), ask_kernel()
    assert kernel is not None
    assert getattr(word, "synchronised", None) == kernel.synchronised


def test_a_teller_that_was_killed_is_met_again(tmp_path: Path) -> None:
    client = TellerClient(tmp_path / "clock")
    with listening(tmp_path / "clock") as listener:
        for _ in range(2):
            process = hand_over(listener)
            assert eventually(client) is not None
            process.kill()
            process.wait()


def test_nobody_there_is_no_answer_and_no_error(tmp_path: Path) -> None:
    assert TellerClient(tmp_path / "none").ask() is None


def test_it_needs_nothing_that_it_could_leak() -> None:
    """Standard library only, so that it starts at once and stays small."""
    done = subprocess.run(
        (sys.executable, "-c", "import sys, kiosk.daemon.clock_teller; print(*sys.modules)"),
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert not {"msgspec", "sqlite3", "ssl", "numpy"} & set(done.stdout.split())
