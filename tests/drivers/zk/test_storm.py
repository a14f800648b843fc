"""Thousands of punches while everything goes wrong: each one the terminal took is read exactly once."""

from __future__ import annotations

import random
import struct
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import pytest

from drivers.base.errors import DeviceError
from drivers.base.terminal import LogMark
from drivers.emulated.zk import ZkEmulator
from drivers.emulated.zk_store import Model
from drivers.zk import Patience, ZkTerminal
from tests.drivers.zk.emulated import driver_for

HASTY = Patience(connect_s=0.5, answer_s=0.25, work_s=0.5, quiet_s=0.25)
RATES = {
    "silence": 0.004, "delay": 0.01, "late": 0.001, "byte_by_byte": 0.005, "split": 0.03, "coalesce": 0.03,
    "corrupt": 0.004, "truncate": 0.003, "lose_byte": 0.003, "stray": 0.02, "duplicate": 0.03,
    "wrong_reply": 0.004, "hang_up": 0.006,
}  # fmt: skip
QUIRKS = {"short": 0.05, "overtake": 0.05, "reorder": 0.05, "lost_data": 0.05}
PEOPLE = 40
Row = tuple[str, str, int, int]


@dataclass
class Reader:
    """Reads like the daemon will: everything after connecting, then the news; keys decide what is new."""

    terminal: ZkTerminal
    rows: Counter[Row] = field(default_factory=Counter)
    mark: LogMark | None = None
    failures: Counter[str] = field(default_factory=Counter)

    def turn(self) -> None:
        try:
            if not self.terminal.is_open:
                self.terminal.open()
                self.mark = None
            self.terminal.live(0.002)
            log = self.terminal.log() if self.mark is None else self.terminal.log_since(self.mark)
        except DeviceError as error:
            self.failures[type(error).__name__] += 1
            return
        known = self.rows.keys() if log.first == 0 else frozenset[Row]()
        self.rows.update(row.key for row in log.rows if row.key not in known)
        assert log.bad == ()
        self.mark = log.mark


def taken(emulator: ZkEmulator) -> list[tuple[str, int, int]]:
    """User, time code and state of each punch in the terminal's memory, read without the driver."""
    fields = struct.iter_unpack("<2x24sxIB8x", bytes(emulator.store.log))
    return [(user.rstrip(b"\0").decode(), code, state) for user, code, state in fields]


def mishap(emulator: ZkEmulator, rng: random.Random) -> None:
    """Now and then the cable comes out, the power goes, sessions are dropped."""
    what: Callable[[], object] = rng.choice([
        emulator.network.drop_all, emulator.network.replug, lambda: emulator.reboot(0.05)
    ])  # fmt: skip
    what()


def storm(punches: int, tcp: bool, seed: int) -> None:
    rng = random.Random(seed)
    print(f"seed {seed}")
    with ZkEmulator(Model(packet_bytes=1008), seed=seed) as emulator:
        emulator.store.fill(PEOPLE, 0)
        emulator.faults.set_rates(RATES)
        emulator.quirks.set_rates(QUIRKS)
        reader = Reader(driver_for(emulator, tcp=tcp, patience=HASTY))
        done = threading.Event()

        def people() -> None:
            pause = threading.Event()
            for number in count():  # a quick machine needs more punches for as many faults
                if number >= punches and sum(emulator.faults.happened.values()) > punches // 50:
                    break
                emulator.punch(str(1001 + rng.randrange(PEOPLE)), state=rng.randrange(2))
                pause.wait(0.002)
                if number % 200 == 100:
                    mishap(emulator, rng)
            done.set()

        crowd = threading.Thread(target=people)
        crowd.start()
        while not done.is_set():
            reader.turn()
        crowd.join()
        emulator.fault("none")
        made = emulator.store.taken
        while reader.mark is None or reader.mark.records < made:
            reader.turn()
        reader.terminal.close()
        truth = taken(emulator)
    assert len(truth) == made
    assert sum(reader.rows.values()) == len(reader.rows) == made
    assert Counter(key[:1] + key[2:3] for key in reader.rows) == Counter(
        (user, state) for user, _, state in truth
    )


@pytest.mark.parametrize("tcp", [True, False], ids=["tcp", "udp"])
def test_hundreds_of_punches_in_a_storm(tcp: bool) -> None:
    storm(400, tcp, seed=random.SystemRandom().randrange(1 << 32))


@pytest.mark.slow
@pytest.mark.parametrize("tcp", [True, False], ids=["tcp", "udp"])
def test_ten_thousand_punches_in_a_storm(tcp: bool) -> None:
    storm(10_000, tcp, seed=random.SystemRandom().randrange(1 << 32))
