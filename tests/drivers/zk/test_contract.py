"""The terminal contract, over TCP and UDP and each layout; on real hardware where the environment names it.

`HADIR_ZK=192.168.1.201 pytest -m hardware tests/drivers/zk` runs it on a terminal; `HADIR_ZK_KEY` is its
comm key, `HADIR_ZK_UDP=1` takes UDP. It asks for one punch.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from drivers.emulated.zk import ZkEmulator
from drivers.emulated.zk_store import Model
from drivers.zk import ZkTerminal
from tests.drivers.contract_terminal import Person, TerminalContract
from tests.drivers.zk.emulated import QUICK, driver_for, local_now

REAL_HOST = os.environ.get("HADIR_ZK", "")
MODELS: dict[str, dict[str, Any]] = {
    "40-72-32": {"packet_bytes": 1008},
    "40-72-36": {"event_bytes": 36, "comm_key": 4711},
    "40-72-37": {"event_bytes": 37},
    "40-72-52": {"event_bytes": 52, "id_width": 24},
    "16-28-12": {"record_bytes": 16, "user_bytes": 28, "event_bytes": 12},
    "8-28-10": {"record_bytes": 8, "user_bytes": 28, "event_bytes": 10},
    "8-28-14": {"record_bytes": 8, "user_bytes": 28, "event_bytes": 14, "comm_key": 1},
}


class EmulatedPerson(Person):
    def __init__(self, emulator: ZkEmulator) -> None:
        self._emulator = emulator

    def punch(self, user_id: str) -> None:
        self._emulator.punch(user_id)


@pytest.mark.parametrize("tcp", [True, False], ids=["tcp", "udp"])
@pytest.mark.parametrize("model", MODELS)
class TestEmulated(TerminalContract):
    @pytest.fixture
    def emulator(self, model: str) -> Iterator[ZkEmulator]:
        with ZkEmulator(Model(**MODELS[model])) as emulator:
            emulator.store.fill(30, 400)
            yield emulator

    @pytest.fixture
    def terminal(self, emulator: ZkEmulator, tcp: bool) -> Iterator[ZkTerminal]:
        terminal = driver_for(emulator, tcp=tcp, patience=QUICK)
        yield terminal
        terminal.close()

    @pytest.fixture
    def person(self, emulator: ZkEmulator) -> Person:
        return EmulatedPerson(emulator)


class RealPerson(Person):
    def punch(self, user_id: str) -> None:
        sys.stderr.write(f"\npunch once on the terminal as user {user_id}\n")


@pytest.mark.hardware
@pytest.mark.skipif(not REAL_HOST, reason="HADIR_ZK names no terminal")
class TestHardware(TerminalContract):
    @pytest.fixture
    def terminal(self) -> Iterator[ZkTerminal]:
        key, tcp = int(os.environ.get("HADIR_ZK_KEY", "0")), "HADIR_ZK_UDP" not in os.environ
        terminal = ZkTerminal(REAL_HOST, local_now=local_now, comm_key=key, tcp=tcp)
        yield terminal
        terminal.close()

    @pytest.fixture
    def person(self) -> Person:
        return RealPerson()
