"""The R307 driver: finger to match beside pyfingerprint alone, idle polling, refill beside the line's limit.

The emulated sensor keeps the pace of a real one: recorded delays, and 57,600 baud on the line.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyfingerprint.pyfingerprint import PyFingerprint

from bench.figure import Figure
from bench.pair import paired
from drivers.r307 import R307Reader

BAUD = 57600
BITS_PER_BYTE = 10
TEMPLATE_BYTES, PACKET_BYTES = 768, 128
FRAME_BYTES = 11
ENROLLED = 100
ROUNDS = 25
IDLE_S = 20.0
REFILLED = 100
SENSOR_S = (12 + 12 + 58) / 1000
"""What the sensor takes for DownChar, UpChar and Store, as recorded; nothing crosses the line meanwhile."""


def run() -> Iterator[Figure]:
    """All figures, about two minutes."""
    with emulated_sensor() as (port, control):
        reader = R307Reader("bench", port, simulated=True)
        reader.open()
        tell(control, op="speed", factor=0)
        for slot in range(ENROLLED):
            tell(control, op="foreign", label=f"person {slot}", slot=slot)
        tell(control, op="speed", factor=1)
        yield finger_to_match(reader, port, control)
        yield idle_polling(reader, control)
        yield refill(reader)
        reader.close()


def finger_to_match(reader: R307Reader, port: Path, control: socket.socket) -> Figure:
    """A finger rests on the sensor; both sides capture, convert and search it on the same line."""
    library = PyFingerprint(str(port), BAUD)
    tell(control, op="finger", label="person 70", hold_ms=10**9)

    def ours() -> None:
        touch = reader.touch()
        assert touch is not None
        assert touch.slot == 70

    def theirs() -> None:
        assert library.readImage()
        assert library.convertImage(1)
        assert library.searchTemplate()[0] == 70

    pair = paired(ours, theirs, rounds=ROUNDS, warm_up=1)
    tell(control, op="lift")
    return Figure.of_pair("r307", "finger to match", pair, "pyfingerprint alone")


def idle_polling(reader: R307Reader, control: socket.socket) -> Figure:
    """CPU of the thread that polls a sensor without a finger, as the kiosk's reader thread does."""
    tell(control, op="lift")
    started_s, used_s = time.monotonic(), time.thread_time()
    while time.monotonic() - started_s < IDLE_S:
        assert reader.touch() is None
        time.sleep(reader.poll_interval_s)
    share = (time.thread_time() - used_s) / (time.monotonic() - started_s)
    return Figure("r307", "idle polling", share * 100, "% of a core", 1.0, "limit")


def refill(reader: R307Reader) -> Figure:
    """Templates from the vault into a sensor, scaled to 1,000; beside what the line cannot do faster."""
    template = reader.download(0)
    started_s = time.monotonic()
    for slot in range(ENROLLED, ENROLLED + REFILLED):
        reader.upload(slot, template)
    took_s = (time.monotonic() - started_s) * 1000 / REFILLED
    assert len(reader.index()) == ENROLLED + REFILLED
    name = f"refill of 1,000 templates (from {REFILLED}), each read back"
    return Figure("r307", name, took_s, "s", 1000 * (line_s() + SENSOR_S), "serial line and sensor")


def line_s() -> float:
    """Seconds of 57,600 baud for one template there and back: DownChar, UpChar, Store, and what they move."""
    packets = -(-TEMPLATE_BYTES // PACKET_BYTES)
    template = TEMPLATE_BYTES + packets * FRAME_BYTES
    commands = (FRAME_BYTES + 2) + (FRAME_BYTES + 2) + (FRAME_BYTES + 4)
    answers = 3 * (FRAME_BYTES + 1)
    return (2 * template + commands + answers) * BITS_PER_BYTE / BAUD


@contextmanager
def emulated_sensor() -> Iterator[tuple[Path, socket.socket]]:
    """The port of an emulated sensor, and its control socket."""
    with tempfile.TemporaryDirectory() as folder:
        port, path = Path(folder, "port"), Path(folder, "c")
        arguments = ["--link", port, "--control", path, "--template-bytes", str(TEMPLATE_BYTES)]
        command = [sys.executable, "-m", "drivers.emulated.r307", *map(str, arguments)]
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE) as process,
            socket.socket(socket.AF_UNIX) as control,
        ):
            assert process.stdout is not None
            process.stdout.readline()
            control.connect(str(path))
            try:
                yield port, control
            finally:
                process.terminate()


def tell(control: socket.socket, **request: object) -> None:
    """One operation on the emulator."""
    control.sendall(json.dumps(request).encode() + b"\n")
    answer = json.loads(control.makefile().readline())
    assert answer["ok"], answer
