"""The emulator by itself: recorded bytes, its command line, its control socket, its memory."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from drivers.base.terminal import LiveEvent
from drivers.emulated import zk_wire as wire
from drivers.emulated.control import ControlSocket
from drivers.emulated.zk import ZkEmulator
from drivers.emulated.zk_control import operations
from drivers.emulated.zk_machine import Client, Machine
from drivers.emulated.zk_store import Model, Store
from drivers.emulated.zk_wire import Moment, Packet, Person
from drivers.zk import ZkTerminal
from tests.drivers.zk.emulated import live_punches, local_now, wait_until


# Recorded: the comm keys 12 and 45 as sent in session 0x45cf.
@pytest.mark.parametrize(("key", "sent"), [(12, "614d323c"), (45, "61c9323c")])
def test_recorded_comm_keys(key: int, sent: str) -> None:
    assert wire.scrambled_key(key, 0x45CF, 50).hex() == sent


def test_a_recorded_login() -> None:
    command = wire.parse(bytes.fromhex("e80317fc00000000"))
    assert command == Packet(wire.CONNECT, 0, 0)
    assert wire.over_tcp(Packet(wire.CONNECT, 0, 0).to_bytes()).hex() == "5050827d08000000e80317fc00000000"


def test_a_recorded_user_record() -> None:
    """User 2 of a terminal of 72-byte records."""
    password, name, user_id = "3334393438363600", "4e69657665734c6f70657a", "33343934383636"
    head = f"02000e{password}{name}".ljust(70, "0")
    raw = bytes.fromhex(f"{head}00000000010000000000000000{user_id}".ljust(144, "0"))
    assert Person.from_record(raw) == Person(2, "3494866", "NievesLopez", 14, "3494866")
    assert Person.from_record(raw).record(72) == raw


def test_a_wrong_checksum_is_not_answered() -> None:
    raw = bytearray(Packet(wire.CONNECT, 0, 0).to_bytes())
    raw[2] ^= 1
    assert wire.parse(bytes(raw)) is None


def test_commands_before_the_login_are_refused() -> None:
    reply = Machine(Store(Model())).handle(Client(tcp=True), Packet(wire.GET_TIME, 0, 3))
    assert [packet.command for packet in reply.packets] == [wire.ACK_UNAUTH]


def test_garbage_is_an_error_and_not_a_crash() -> None:
    machine, client = Machine(Store(Model())), Client(tcp=True)
    machine.handle(client, Packet(wire.CONNECT, 0, 0))
    for command in range(2010):
        for data in (b"", b"\x01", b"\xff" * 7, b"\xff" * 80):
            if command not in {wire.CONNECT, wire.EXIT}:
                machine.handle(client, Packet(command, client.session, 1, data))


@pytest.mark.parametrize("wall", ["2026-02-30T06:50:00", "2000-01-01T00:00:00", "2083-12-31T23:59:59"])
def test_moments_go_there_and_back(wall: str) -> None:
    assert Moment.from_code(Moment.from_text(wall).code).text == wall


class Control:
    """The control socket's other end."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rwb")

    def do(self, op: str, **fields: Any) -> dict[str, Any]:
        self._lines.write(json.dumps({"op": op, **fields}).encode() + b"\n")
        self._lines.flush()
        answer: dict[str, Any] = json.loads(self._lines.readline())
        return answer

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


@contextmanager
def running(tmp_path: Path, *options: str) -> Iterator[tuple[int, Control]]:
    """The emulator as a process of its own, and its control socket."""
    command = [sys.executable, "-m", "drivers.emulated.zk", "--port", "0", *options]
    command += ["--control", str(tmp_path / "zk.sock"), "--state", str(tmp_path / "zk.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        control = Control(tmp_path / "zk.sock")
        try:
            yield int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", said)[1]), control  # type: ignore[index]
        finally:
            control.close()
            process.terminate()
            assert process.wait(10) == 0


def test_runs_alone_and_remembers(tmp_path: Path) -> None:
    options = ("--users", "5", "--records", "50", "--serial", "KIOSK7", "--event-bytes", "52")
    with running(tmp_path, *options) as (port, control):
        terminal = ZkTerminal("127.0.0.1", port, local_now=local_now, simulated=True)
        info = terminal.open()
        assert (info.serial, info.users, info.records, info.simulated) == ("KIOSK7", 5, 50, True)
        terminal.live(0.0)
        wall = control.do("punch", user_id="1003", state=1)["wall"]
        (punch,) = live_punches(terminal, 1)
        assert isinstance(punch, LiveEvent)
        assert (punch.user_id, punch.wall, punch.state) == ("1003", wall, 1)
        assert control.do("user", user_id="77", name="Baru")["uid"] == 6
        assert control.do("clock", wall="2083-01-01T00:00:00")["ok"]
        assert terminal.read_clock().wall == "2083-01-01T00:00:00"
        control.do("unplug")
        assert control.do("status")["plugged"] is False
        control.do("replug")
        terminal.open()
        assert control.do("status")["taken"] == 51
        terminal.close()
    with running(tmp_path, *options) as (port, control):
        assert control.do("status")["records"] == 51
        assert control.do("punch", user_id="1001", count=2, live=False)["ok"]
        assert control.do("status")["taken"] == 53


def test_what_the_control_socket_does_not_know(tmp_path: Path) -> None:
    with running(tmp_path) as (_, control):
        assert control.do("dance") == {"ok": False, "error": "KeyError: 'dance'"}
        assert not control.do("fault", kind="fire")["ok"]
        assert not control.do("punch")["ok"]
        assert control.do("faults", rates={"split": 0.5}, quirks={"short": 0.1})["ok"]
        assert control.do("fill", users=3, records=7)["records"] == 7
        assert control.do("reboot", down_s=0.01)["ok"]


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
        return True
    return False


def test_every_order_is_answered_while_it_reboots_and_hosts_come_and_go(tmp_path: Path) -> None:
    over = threading.Event()

    def come_and_go(port: int) -> None:
        while not over.is_set():
            answers(port)

    with ZkEmulator() as emulator:
        server = ControlSocket(tmp_path / "c", operations(emulator))
        hosts = [threading.Thread(target=come_and_go, args=(emulator.port,)) for _ in range(4)]
        for host in hosts:
            host.start()
        control = Control(tmp_path / "c")
        for number in range(200):
            assert control.do("punch", user_id="7")["ok"]
            if number % 5 == 0:
                assert control.do("reboot", down_s=0.001)["ok"]
                assert control.do("reboot", down_s=0.0)["ok"]
        over.set()
        for host in hosts:
            host.join()
        wait_until(lambda: answers(emulator.port))
        assert control.do("status")["taken"] == 200
        control.close()
        server.close()
