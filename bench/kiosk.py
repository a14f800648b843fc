"""A whole kiosk: start to ready, memory of each process, CPU of the idle kiosk in all."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figure import Figure
from bench.process import command_line, cpu_s, cpu_share, descendants, resident_bytes, until
from kiosk.demo.client import answers

BIN = Path(sys.executable).parent
STARTS = 5
IDLE_S = 60.0
SETTLE_S = 10.0
READY_LIMIT_S = 2.0
IDLE_LIMIT = 2.0
KIOSK = ("kioskd", "kiosk-ui")
"""What runs on a kiosk; broker, centre and emulators stand for other machines."""


def run() -> Iterator[Figure]:
    """Figures of the demo's own processes, the screen drawing to SDL's dummy display."""
    with tempfile.TemporaryDirectory(prefix="hadir-bench-") as name, demo(Path(name)) as processes:
        shares = _idle(processes)
        yield Figure(
            "kiosk",
            "idle CPU, kioskd + kiosk-ui",
            sum(shares.values()) * 100,
            "% of a core",
            IDLE_LIMIT,
            "limit",
        )
        for part, pid in processes.items():
            yield Figure("kiosk", f"resident memory, {part}", resident_bytes(pid) / 1e6, "MB")
    with tempfile.TemporaryDirectory(prefix="hadir-bench-") as name:
        yield from _starts(Path(name))


@contextmanager
def demo(root: Path) -> Iterator[dict[str, int]]:
    """A running demo with a screen of its own; the process id of each part by its name."""
    demo = subprocess.Popen(
        (str(BIN / "kioskd"), "demo", "--dir", str(root), "--headless"), stdout=subprocess.PIPE
    )
    ui = None
    try:
        assert demo.stdout is not None
        for line in demo.stdout:
            if b"Ctrl-C" in line:
                break
        ui = subprocess.Popen(
            (str(BIN / "kiosk-ui"), "--socket", str(root / "ui.sock"), "--size", "800x480"),
            env={**os.environ, "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"},
        )
        yield {part: pid for pid in (*descendants(demo.pid), ui.pid) if (part := _part(pid))}
    finally:
        for process in (ui, demo):
            if process is not None:
                process.terminate()
                process.wait(90)


def _part(pid: int) -> str:
    line = command_line(pid)
    known = {"kiosk-ui": "kiosk-ui", "kioskd --config": "kioskd", "hadir-centre": "hadir-centre"}
    return next((part for mark, part in known.items() if mark in line), "")


def _idle(processes: dict[str, int]) -> dict[str, float]:
    kiosk = {processes[part]: part for part in KIOSK}
    cpu_share(kiosk, SETTLE_S)
    return {kiosk[pid]: share for pid, share in cpu_share(kiosk, IDLE_S).items()}


def _starts(root: Path) -> Iterator[Figure]:
    (root / "policy.toml").write_text('version = "bench"\n', encoding="utf-8")
    (root / "kiosk.toml").write_text(
        f'state_dir = "{root}"\npolicy_file = "{root / "policy.toml"}"\n', encoding="utf-8"
    )
    measured = [_start(root) for _ in range(STARTS)]
    ready_s = statistics.median(seconds for seconds, _ in measured)
    cpu = statistics.median(used for _, used in measured)
    yield Figure("kiosk", "start to ready", ready_s, "s", READY_LIMIT_S, "limit")
    yield Figure("kiosk", "CPU of a start", cpu, "s")


def _start(root: Path) -> tuple[float, float]:
    process = subprocess.Popen(
        (str(BIN / "kioskd"), "--config", str(root / "kiosk.toml")), stderr=subprocess.DEVNULL
    )
    try:
        ready_s = until(lambda: answers(root / "control.sock"), "kioskd ready")
        return ready_s, cpu_s(process.pid)
    finally:
        process.terminate()
        process.wait(90)
