"""A ZKTeco terminal's log: decoding and fetching it, beside pyzk on the same bytes and terminal."""

from __future__ import annotations

import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from zk import ZK

from bench import zk_reconcile
from bench.figure import MS_PER_S, Figure
from bench.pair import seconds
from drivers.base.terminal import Log
from drivers.zk import ZkTerminal
from drivers.zk.records import decode
from drivers.zk.timecode import code_of

RECORDS, MANY, FEW, NEW = 100_000, 500_000, 10_000, 10
PEOPLE = 500
LIMIT_MS = 500.0
ROUNDS = 5
LAYOUTS = {8: "<HBIB", 16: "<IIBBHI", 40: "<H24sBIBQ"}
USER_IDS = {uid: str(1000 + uid) for uid in range(1, PEOPLE + 1)}


def run() -> Iterator[Figure]:
    """Decoding first, then whole fetches from the emulator, which runs as a process of its own."""
    yield from _decoding()
    with _terminal(FEW) as port:
        yield _fetch(port, FEW)
    with _terminal(RECORDS) as port:
        yield _fetch(port, RECORDS)
        yield from _ours_only(port)
    rows, _ = decode(made_up(40, RECORDS + NEW), 40)
    yield from zk_reconcile.figures(rows[:RECORDS], rows[RECORDS:])


def _decoding() -> Iterator[Figure]:
    log = made_up(40, RECORDS)
    ours_s = _median(lambda: decode(log, 40))
    yield Figure("zk", "decode 100,000 records of 40 bytes", ours_s * MS_PER_S, "ms", LIMIT_MS, "limit")
    theirs_s = seconds(_Fed(log, RECORDS).get_attendance)
    yield Figure(
        "zk", "decode 100,000, beside pyzk", ours_s * MS_PER_S, "ms", theirs_s * MS_PER_S, "pyzk 0.9"
    )
    yield Figure("zk", "times faster than pyzk", theirs_s / ours_s, "x", 25.0, "aim (at least)")
    many = made_up(40, MANY)
    growth = _cpu_s(lambda: decode(many, 40)) / MANY / (_cpu_s(lambda: decode(log, 40)) / RECORDS)
    yield Figure("zk", "CPU time per record, 500,000 over 100,000", growth, "x", 1.0, "linear")
    for size in (16, 8):
        other = made_up(size, RECORDS)
        other_s = _median(lambda log=other, size=size: decode(log, size, USER_IDS))  # type: ignore[misc]
        yield Figure(
            "zk", f"decode 100,000 records of {size} bytes", other_s * MS_PER_S, "ms", LIMIT_MS, "limit"
        )


def made_up(size: int, records: int) -> bytes:
    """A log of 500 people punching every seven seconds in the hours after six, day by day."""
    start, layout, rows = code_of("2026-01-01T06:00:00"), struct.Struct(LAYOUTS[size]), []
    for number in range(records):
        day, turn = divmod(number, 5_000)
        code = start + (day // 28 * 31 + day % 28) * 86_400 + turn * 7
        uid = number * 7 % PEOPLE + 1
        user = USER_IDS[uid]
        if size == 8:
            rows.append(layout.pack(uid, 1, code, number % 2))
        elif size == 16:
            rows.append(layout.pack(int(user), code, 1, number % 2, 0, 0))
        else:
            rows.append(layout.pack(uid, user.encode(), 1, code, number % 2, 0xFF << 32))
    return b"".join(rows)


class _Fed(ZK):  # type: ignore[misc]
    """pyzk given the bytes of a log, so that only its decoding is timed."""

    def __init__(self, log: bytes, records: int) -> None:
        super().__init__("127.0.0.1", ommit_ping=True)
        self._ZK__sock.close()
        self._log = struct.pack("<I", len(log)) + log
        self.records = records

    def read_sizes(self) -> bool:
        return True

    def get_users(self) -> list[object]:
        return []

    def read_with_buffer(self, _command: int, _kind: int = 0, _extension: int = 0) -> tuple[bytes, int]:
        return self._log, len(self._log)


@contextmanager
def _terminal(records: int) -> Iterator[int]:
    """An emulated terminal with that many records; its port."""
    command = [sys.executable, "-m", "drivers.emulated.zk", "--port", "0", "--users", str(PEOPLE)]
    command += ["--records", str(records), "--record-capacity", str(2 * records)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().rsplit(":", 1)[1])
        finally:
            process.terminate()


def _fetch(port: int, records: int) -> Figure:
    terminal = _driver(port)
    terminal.open()
    log: list[Log] = []
    ours_s = _median(lambda: log.append(terminal.log()), rounds=3)
    terminal.close()
    pyzk = ZK("127.0.0.1", port, timeout=60, ommit_ping=True).connect()
    rows: list[object] = []
    theirs_s = seconds(lambda: rows.extend(pyzk.get_attendance()))
    pyzk.disconnect()
    assert len(rows) == len(log[-1].rows) == records
    name = f"fetch {records:,} records over TCP"
    return Figure("zk", name, ours_s * MS_PER_S, "ms", theirs_s * MS_PER_S, "pyzk get_attendance")


def _ours_only(port: int) -> Iterator[Figure]:
    """What pyzk cannot do: only the news, and a large log over UDP."""
    terminal = _driver(port)
    terminal.open()
    whole = terminal.log()
    whole_s = _median(terminal.log, rounds=3)
    known = len(whole.rows) - NEW
    mark = type(whole.mark)(whole.mark.serial, 40, whole.mark.data[: known * 40])
    news_s = _median(lambda: terminal.log_since(mark))
    assert len(terminal.log_since(mark).rows) == NEW
    terminal.close()
    yield Figure(
        "zk", "read 10 new of 100,000 over TCP", news_s * MS_PER_S, "ms", whole_s * MS_PER_S, "reading all"
    )
    datagrams = _driver(port, tcp=False)
    datagrams.open()
    udp_s = _median(datagrams.log, rounds=3)
    datagrams.close()
    yield Figure(
        "zk", "fetch 100,000 records over UDP", udp_s * MS_PER_S, "ms", whole_s * MS_PER_S, "over TCP"
    )


def _driver(port: int, *, tcp: bool = True) -> ZkTerminal:
    return ZkTerminal(
        "127.0.0.1", port, local_now=lambda: datetime.now().astimezone().replace(tzinfo=None), tcp=tcp
    )


def _cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of one call, the median of three: other processes' turns do not count."""

    def once() -> float:
        start_s = time.process_time()
        work()
        return time.process_time() - start_s

    return statistics.median(once() for _ in range(3))


def _median(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds of one call, the median of `rounds` after one to warm up."""
    work()
    return statistics.median(seconds(work) for _ in range(rounds))
