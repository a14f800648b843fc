"""pyzk's own failures, as measured, happen on the emulator; ours, on the same terminal, does not share them.

The emulator and the calls are real on both sides; nothing of pyzk is replaced here.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from zk import ZK
from zk.exception import ZKErrorResponse

from drivers.base.errors import Unavailable
from drivers.base.terminal import LiveEvent
from drivers.emulated.zk import ZkEmulator
from tests.drivers.zk.conftest import Drive, Emulate
from tests.drivers.zk.emulated import live_punches, wait_until

Attendance = Any


@pytest.fixture
def pyzk() -> Iterator[Callable[[ZkEmulator], Any]]:
    """pyzk as everybody uses it, connected."""
    opened: list[Any] = []

    def connect(emulator: ZkEmulator, **options: Any) -> Any:
        settings = {"timeout": 2, "ommit_ping": True, **options}
        opened.append(ZK("127.0.0.1", emulator.port, **settings).connect())
        return opened[-1]

    yield connect
    for one in opened:
        one._ZK__sock.close()


def captured(
    connection: Any, emulator: ZkEmulator, punch: Callable[[], object], count: int
) -> list[Attendance]:
    """What `live_capture` yields until it has been silent for half a second."""
    seen: list[Attendance] = []
    stream = connection.live_capture(new_timeout=0.5)

    def punch_once_registered() -> None:
        wait_until(lambda: bool(emulator.network.listening()))
        punch()

    registered = threading.Thread(target=punch_once_registered)
    registered.start()
    for one in stream:
        if one is not None:
            seen.append(one)
        elif not registered.is_alive():
            break
        if len(seen) == count:
            break
    registered.join()
    return seen


def test_connect_opens_two_connections(emulate: Emulate, drive: Drive, pyzk: Any) -> None:
    emulator = emulate()
    pyzk(emulator)
    wait_until(lambda: emulator.network.connections == 2)
    drive(emulator).open()
    assert emulator.network.connections == 3


def test_one_impossible_date_loses_the_whole_log(emulate: Emulate, drive: Drive, pyzk: Any) -> None:
    emulator = emulate()
    emulator.store.fill(10, 100)
    emulator.punch("1002", wall="2026-02-30T06:50:00")
    with pytest.raises(ValueError, match="day is out of range"):
        pyzk(emulator).get_attendance()
    terminal = drive(emulator)
    terminal.open()
    assert len(terminal.log().rows) == 100


def test_a_large_answer_over_udp_comes_back_short_without_an_error(
    emulate: Emulate, drive: Drive, pyzk: Any
) -> None:
    emulator = emulate()
    emulator.store.fill(5, 300)
    emulator.fault("short")
    assert len(pyzk(emulator, force_udp=True).get_attendance()) == 25
    emulator.fault("short")
    terminal = drive(emulator, tcp=False)
    terminal.open()
    assert len(terminal.log().rows) == 300


def test_two_events_in_one_segment(emulate: Emulate, drive: Drive, pyzk: Any) -> None:
    emulator = emulate()
    emulator.store.fill(10, 0)
    seen: list[Attendance] = []
    with suppress(ValueError):
        seen = captured(pyzk(emulator), emulator, lambda: emulator.punch("1003", count=3), 3)
    assert [one.user_id for one in seen] != ["1003"] * 3
    terminal = drive(emulator)
    terminal.open()
    terminal.live(0.0)
    emulator.punch("1003", count=3)
    assert [one.user_id for one in live_punches(terminal, 3) if isinstance(one, LiveEvent)] == ["1003"] * 3


@pytest.mark.parametrize(("size", "failure"), [(10, None), (14, UnboundLocalError), (37, UnboundLocalError)])
def test_events_of_sizes_pyzk_does_not_know(
    emulate: Emulate, drive: Drive, pyzk: Any, size: int, failure: type[Exception] | None
) -> None:
    emulator = emulate(event_bytes=size)
    emulator.store.fill(10, 0)
    connection = pyzk(emulator)
    if failure is None:
        assert captured(connection, emulator, lambda: emulator.punch("1003"), 1) == []
    else:
        with pytest.raises(failure):
            captured(connection, emulator, lambda: emulator.punch("1003"), 1)
    terminal = drive(emulator)
    terminal.open()
    terminal.live(0.0)
    emulator.punch("1004")
    assert [one.user_id for one in live_punches(terminal, 1) if isinstance(one, LiveEvent)] == ["1004"]


def test_a_user_id_that_is_no_number_and_in_no_table(emulate: Emulate, drive: Drive, pyzk: Any) -> None:
    emulator = emulate()
    emulator.store.fill(10, 0)
    with pytest.raises(ValueError, match="invalid literal"):
        captured(pyzk(emulator), emulator, lambda: emulator.punch("TAMU-1"), 1)
    terminal = drive(emulator)
    terminal.open()
    terminal.live(0.0)
    emulator.punch("TAMU-1")
    assert [one.user_id for one in live_punches(terminal, 1) if isinstance(one, LiveEvent)] == ["TAMU-1"]


def test_a_peer_that_closes_in_mid_transfer(emulate: Emulate, drive: Drive, pyzk: Any) -> None:
    """pyzk reads nothing for ever: only closing its socket from another thread ends it."""
    emulator = emulate(packet_bytes=1008)
    emulator.store.fill(50, 2000)
    connection = pyzk(emulator)
    connection.read_sizes()
    reads: list[int] = []
    sock = _Counting(connection._ZK__sock, reads)
    connection._ZK__sock = sock
    emulator.fault("hang_up", after=7)

    def read() -> None:
        with suppress(Exception):
            connection.read_with_buffer(13)

    thread = threading.Thread(target=read)
    thread.start()
    wait_until(lambda: reads.count(0) > 1000)
    sock.close()
    thread.join(5.0)
    assert not thread.is_alive()
    terminal = drive(emulator)
    terminal.open()
    emulator.fault("hang_up", after=7)
    with pytest.raises(Unavailable):
        terminal.log()


class _Counting:
    """A socket that writes down how much each `recv` brought."""

    def __init__(self, sock: socket.socket, reads: list[int]) -> None:
        self._sock = sock
        self._reads = reads
        self._closed = False

    def recv(self, size: int) -> bytes:
        if self._closed:
            raise OSError("closed")
        data = self._sock.recv(size)
        self._reads.append(len(data))
        return data

    def close(self) -> None:
        self._closed = True
        self._sock.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def test_a_wrong_comm_key_is_an_untyped_error(emulate: Emulate, pyzk: Any) -> None:
    with pytest.raises(ZKErrorResponse, match="Unauthenticated"):
        pyzk(emulate(comm_key=4711), password=1)
    assert pyzk(emulate(comm_key=4711), password=4711).get_serialnumber() == "EMU0000001"


def test_an_answer_in_many_packets_that_arrive_together(emulate: Emulate, drive: Drive, pyzk: Any) -> None:
    """pyzk asks for bytes that it already has, and waits for them."""
    emulator = emulate(packet_bytes=1008)
    emulator.store.fill(50, 0)
    emulator.fault("coalesce", 6, after=2)
    with pytest.raises(TimeoutError):
        pyzk(emulator, timeout=1).get_users()
    emulator.fault("coalesce", 6, after=2)
    terminal = drive(emulator)
    terminal.open()
    assert len(terminal.users()) == 50


def test_both_read_the_same_log(emulate: Emulate, drive: Drive, pyzk: Any) -> None:
    """Where nothing is wrong, pyzk's own decoder and ours agree on every row, in each layout."""
    for fields in ({}, {"record_bytes": 16, "user_bytes": 28}, {"record_bytes": 8, "user_bytes": 28}):
        emulator = emulate(**fields)
        emulator.store.fill(40, 3000)
        theirs = [
            (one.user_id, one.timestamp.isoformat(), one.punch, one.status)
            for one in pyzk(emulator).get_attendance()
        ]
        terminal = drive(emulator)
        terminal.open()
        ours = [(row.user_id, row.wall, row.state, row.verify) for row in terminal.log().rows]
        assert ours == theirs


def test_a_peer_that_closes_while_waiting_for_punches(emulate: Emulate, drive: Drive, pyzk: Any) -> None:
    emulator = emulate()
    emulator.store.fill(10, 0)
    with pytest.raises(struct.error):
        captured(pyzk(emulator), emulator, emulator.network.drop_all, 1)
    terminal = drive(emulator)
    terminal.open()
    terminal.live(0.0)
    emulator.network.drop_all()
    with pytest.raises(Unavailable):
        terminal.live(2.0)
