"""Each fault of the matrix, and those before and beside a transfer: typed, in time, nothing lost."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from drivers.base.errors import DeviceError, Full, ProtocolError, Rejected, Timeout, Unavailable
from drivers.base.terminal import BadRow, LiveEvent, TerminalUser
from drivers.emulated import zk_wire as wire
from drivers.zk import ZkTerminal
from drivers.zk.timecode import code_of
from tests.drivers.zk import connect_matrix
from tests.drivers.zk.conftest import Drive, Emulate
from tests.drivers.zk.connect_matrix import SCENARIOS, Scenario, Seen
from tests.drivers.zk.emulated import QUICK, live_punches, local_now, wait_until
from tests.drivers.zk.fault_matrix import FAULTS, RECORDS, RECOVERY_S, Fault, Measured, measure

LIMIT_S = 2.5


AT_ONCE = 8
"""Most of a fault is waiting: several terminals have theirs at the same time."""


def is_right(fault: Fault, seen: Measured) -> bool:
    """As the table says, in time, every record read once."""
    allowed = {error.__name__ for error in fault.errors}
    allowed |= {""} if fault.may_heal or not fault.errors else set()
    in_time = seen.error_s < (fault.limit_s if fault.errors else RECOVERY_S)
    return seen.error in allowed and in_time and seen.recovery_s < RECOVERY_S and seen.rows == RECORDS


def test_each_fault_is_typed_in_time_over_in_time_and_loses_nothing() -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = dict(zip(FAULTS, pool.map(lambda fault: measure(fault, QUICK), FAULTS), strict=True))
    assert {fault.title: got for fault, got in seen.items() if not is_right(fault, got)} == {}


def test_each_fault_before_and_beside_a_transfer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_matrix, "PATIENCE", QUICK)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = dict(zip(SCENARIOS, pool.map(lambda scenario: scenario.run(), SCENARIOS), strict=True))
    assert {one.name: got for one, got in seen.items() if not is_expected(one, got)} == {}


def is_expected(scenario: Scenario, got: Seen) -> bool:
    in_time = got.error_s < LIMIT_S and got.recovery_s < RECOVERY_S
    return got.error == scenario.error and in_time and got.right


@contextmanager
def refused(*kinds: type[DeviceError]) -> Iterator[pytest.ExceptionInfo[DeviceError]]:
    started_s = time.monotonic()
    with pytest.raises(kinds) as refusal:
        yield refusal
    assert time.monotonic() - started_s < LIMIT_S


@contextmanager
def peer(serve: Callable[[socket.socket], object]) -> Iterator[int]:
    """Something else that listens on a terminal's port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            try:
                connection, _ = listener.accept()
                with connection:
                    serve(connection)
            except OSError:
                pass

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def driver_at(port: int) -> ZkTerminal:
    return ZkTerminal("127.0.0.1", port, local_now=local_now, patience=QUICK)


def flood(connection: socket.socket, data: bytes) -> None:
    while True:
        connection.sendall(data * 100)


def drip(connection: socket.socket) -> None:
    connection.sendall(wire.over_tcp(bytes(500))[:8])
    while True:
        connection.sendall(b"\0")
        time.sleep(0.02)


def test_a_peer_that_speaks_another_protocol() -> None:
    http = b"HTTP/1.1 400 Bad Request\r\n"
    with peer(lambda connection: flood(connection, http)) as port, refused(Timeout, ProtocolError):
        driver_at(port).open()


def test_a_peer_that_floods_with_events() -> None:
    event = wire.over_tcp(wire.Packet(wire.REG_EVENT, 1, 0, bytes(32)).to_bytes())
    with peer(lambda connection: flood(connection, event)) as port, refused(Timeout):
        driver_at(port).open()


def test_a_peer_that_drips_an_endless_answer() -> None:
    with peer(drip) as port, refused(Timeout):
        driver_at(port).open()


def test_a_peer_that_closes_at_once() -> None:
    with peer(lambda connection: None) as port, refused(Unavailable):
        driver_at(port).open()


@pytest.mark.parametrize("tcp", [True, False], ids=["tcp", "udp"])
def test_a_wrong_comm_key_is_a_wrong_password(emulate: Emulate, drive: Drive, tcp: bool) -> None:
    emulator = emulate(comm_key=4711)
    for wrong in (0, 4712):
        with refused(Rejected) as refusal:
            drive(emulator, tcp=tcp, comm_key=wrong).open()
        assert isinstance(refusal.value, Rejected)
        assert refusal.value.reason == "wrong_password"
    assert drive(emulator, tcp=tcp).open().serial


def test_another_terminal_at_the_address(emulate: Emulate, drive: Drive) -> None:
    terminal = drive(emulate(serial="B"), serial="A")
    with refused(Rejected) as refusal:
        terminal.open()
    assert isinstance(refusal.value, Rejected)
    assert refusal.value.reason == "wrong_terminal"
    assert not terminal.is_open


def test_one_connection_and_no_ping(emulate: Emulate, drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    """pyzk opens two and starts a `ping` process."""
    monkeypatch.setattr("subprocess.call", lambda *_args, **_kw: pytest.fail("a process was started"))
    emulator = emulate()
    drive(emulator).open()
    assert emulator.network.connections == 1


@pytest.mark.parametrize("tcp", [True, False], ids=["tcp", "udp"])
def test_closing_from_another_thread_frees_a_call(
    emulate: Emulate, drive: Drive, tcp: bool, caplog: pytest.LogCaptureFixture
) -> None:
    terminal = drive(emulate(), tcp=tcp)
    terminal.open()
    ended: list[type[BaseException]] = []

    def wait() -> None:
        try:
            terminal.live(60.0)
        except DeviceError as error:
            ended.append(type(error))

    thread = threading.Thread(target=wait)
    thread.start()
    assert not ended
    terminal.close()
    thread.join(LIMIT_S)
    assert ended == [Unavailable]
    assert not caplog.records


def test_a_terminal_that_vanishes_while_nobody_punches(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate()
    terminal = drive(emulator, patience=QUICK)
    terminal.open()
    assert terminal.live(0.05) == []
    emulator.network.unplug()
    assert terminal.live(0.05) == []
    with refused(Timeout):
        terminal.status()


def test_a_reboot_while_waiting_for_punches(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate()
    terminal = drive(emulator, patience=QUICK)
    terminal.open()
    terminal.live(0.0)
    emulator.reboot(0.2)
    with refused(Unavailable):
        terminal.live(5.0)
    wait_until(lambda: reopens(terminal))
    emulator.store.add_person(wire.Person(1, "101"))
    terminal.live(0.0)
    emulator.punch("101")
    assert len(live_punches(terminal, 1)) == 1


def reopens(terminal: ZkTerminal) -> bool:
    try:
        return bool(terminal.open())
    except Unavailable:
        return False


def test_one_warning_and_one_recovery_line(
    emulate: Emulate, drive: Drive, caplog: pytest.LogCaptureFixture
) -> None:
    emulator = emulate()
    terminal = drive(emulator, patience=QUICK)
    terminal.open()
    emulator.network.unplug()
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            with pytest.raises(DeviceError):
                terminal.status() if terminal.is_open else terminal.open()
        emulator.network.replug()
        terminal.open()
    levels = [record.levelname for record in caplog.records]
    assert levels == ["WARNING", "INFO"]
    assert "EMU0000001" in caplog.records[0].message
    assert "back after" in caplog.records[1].message


def test_events_between_the_answers_of_a_transfer_are_kept(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate(packet_bytes=1008)
    emulator.store.fill(20, 2000)
    terminal = drive(emulator)
    terminal.open()
    terminal.live(0.0)
    emulator.fault("delay", 1, after=10)
    news = threading.Timer(0.01, lambda: [emulator.punch("1003"), emulator.punch("1004")])
    news.start()
    rows = terminal.log().rows
    news.join()
    assert len(rows) >= 2000
    seen = live_punches(terminal, 2)
    assert [punch.user_id for punch in seen if isinstance(punch, LiveEvent)] == ["1003", "1004"]


def test_lying_event_lengths_as_recorded(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate(event_bytes=36)
    emulator.store.fill(20, 0)
    emulator.lying_events = True
    terminal = drive(emulator)
    terminal.open()
    terminal.live(0.0)
    emulator.punch("1003", count=3)
    emulator.punch("1004")
    seen = [punch.user_id for punch in live_punches(terminal, 4) if isinstance(punch, LiveEvent)]
    assert seen == ["1003"] * 3 + ["1004"]


def test_an_event_of_unknown_length_is_shown_and_waiting_goes_on(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate()
    emulator.store.fill(20, 0)
    terminal = drive(emulator)
    terminal.open()
    terminal.live(0.0)
    emulator.announce(bytes(33))
    emulator.punch("1003")
    bad, punch = live_punches(terminal, 2)
    assert isinstance(bad, BadRow)
    assert isinstance(punch, LiveEvent)


def test_events_are_acknowledged_after_they_were_read(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate()
    emulator.store.fill(20, 0)
    terminal = drive(emulator)
    terminal.open()
    terminal.live(0.0)
    emulator.punch("1003", count=2)
    assert len(live_punches(terminal, 2)) == 2
    (host,) = emulator.network.listening()
    wait_until(lambda: host.client.acknowledged == 2)


def test_a_full_log_overwrites_its_oldest_and_the_news_is_found(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate(record_capacity=200)
    emulator.store.fill(20, 190)
    terminal = drive(emulator)
    terminal.open()
    before = terminal.log()
    for number in range(30):
        emulator.punch(str(1001 + number % 20), live=False)
    assert terminal.status().records == terminal.status().record_capacity == 200
    news = terminal.log_since(before.mark)
    assert news.first == 0
    assert {row.key for row in news.rows} - {row.key for row in before.rows} == {
        row.key for row in news.rows[-30:]
    }
    emulator.punch("1001", live=False)
    assert terminal.log_since(news.mark).rows[-1].user_id == "1001"


def test_a_log_that_was_cleared_is_read_whole(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate()
    emulator.store.fill(20, 300)
    terminal = drive(emulator)
    terminal.open()
    before = terminal.log()
    terminal.clear_log(300)
    assert terminal.log_since(before.mark).rows == ()
    for _ in range(301):
        emulator.punch("1002", live=False)
    news = terminal.log_since(before.mark)
    assert (news.first, len(news.rows)) == (0, 301)


def test_only_what_is_new_is_read(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate()
    emulator.store.fill(20, 20_000)
    terminal = drive(emulator)
    terminal.open()
    before = terminal.log()
    emulator.punch("1002", live=False)
    before_bytes = emulator.network.sent_bytes
    news = terminal.log_since(before.mark)
    assert (news.first, [row.user_id for row in news.rows]) == (20_000, ["1002"])
    assert emulator.network.sent_bytes - before_bytes < 2000


def test_a_clock_in_the_year_2083_and_on_30_february(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate()
    terminal = drive(emulator)
    emulator.store.clock.stick(code_of("2083-05-06T07:08:09"))
    offset_ms = terminal.open().clock_offset_ms
    assert offset_ms is not None
    assert offset_ms > 50 * 365 * 86_400_000
    emulator.store.clock.stick(code_of("2026-02-28T00:00:00") + 2 * 86400)
    assert terminal.open().clock_offset_ms is None
    ours = local_now().isoformat(timespec="seconds")
    terminal.set_clock(ours)
    offset_ms = terminal.read_clock().offset_ms
    assert offset_ms is not None
    assert abs(offset_ms) < 2500
    with pytest.raises(Rejected):
        terminal.set_clock("2026-02-30T00:00:00")


def test_no_room_for_another_user(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate(user_capacity=5)
    emulator.store.fill(5, 0)
    terminal = drive(emulator)
    terminal.open()
    with pytest.raises(Full):
        terminal.put_user(TerminalUser(0, "77"))
    assert terminal.put_user(TerminalUser(0, "1003", "Nama Baru")).uid == 3


def test_a_user_whose_id_cannot_be_read_is_not_overwritten(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate()
    emulator.store.add_person(wire.Person(1, "\x07", "Siapa"))
    terminal = drive(emulator)
    terminal.open()
    assert terminal.users() == ()
    assert terminal.put_user(TerminalUser(0, "77")).uid == 2
    with pytest.raises(Rejected):
        terminal.put_user(TerminalUser(1, "78"))


def test_the_first_user_of_an_empty_terminal_over_udp(emulate: Emulate, drive: Drive) -> None:
    """pyzk takes the short records for UDP, whatever the terminal."""
    terminal = drive(emulate(), tcp=False)
    terminal.open()
    assert terminal.put_user(TerminalUser(0, "77", "Pegawai Pertama")) in terminal.users()


def test_ids_that_are_no_numbers(emulate: Emulate, drive: Drive) -> None:
    emulator = emulate(id_width=24)
    terminal = drive(emulator)
    terminal.open()
    terminal.put_user(TerminalUser(0, "PNS-0042", "Rina"))
    terminal.live(0.0)
    emulator.punch("PNS-0042")
    emulator.punch("TAMU/7")
    seen = [punch.user_id for punch in live_punches(terminal, 2) if isinstance(punch, LiveEvent)]
    assert seen == ["PNS-0042", "TAMU/7"]
    assert [row.user_id for row in terminal.log().rows] == ["PNS-0042", "TAMU/7"]
    numbers_only = drive(emulate(record_bytes=16, user_bytes=28))
    numbers_only.open()
    emulator.store.fill(3, 0)
    with pytest.raises(Rejected):
        drive_with_people(numbers_only)


def drive_with_people(terminal: ZkTerminal) -> None:
    terminal.put_user(TerminalUser(0, "41"))
    terminal.put_user(TerminalUser(0, "PNS-0042"))
