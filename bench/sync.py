"""Draining a backlog: kiosk -> Mosquitto -> centre (SQLite, committed) -> signed acknowledgement.

Beside it the same batches, byte for byte, sent by `mosquitto_pub` with QoS 1 to a `mosquitto_sub` that stores
nothing: what the broker alone makes of them. Both sides begin with everything running and connected.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.figure import Figure
from bench.process import resident_bytes, until
from kiosk.core.config import Device, Sync
from kiosk.core.payload import Genesis, Place, Punch, Shown, Versions, to_data
from kiosk.core.record import RECORD_VERSION, ZERO_HASH, Record, TimeBlock, chain_hash, encode_body
from sync.batching import Packer
from sync.events import Acked, SyncEvent
from sync.hello import DeviceHello
from sync.publisher import Publisher
from sync.source import LedgerHead, Row

RECORDS = 30_000
SMALL_BACKLOG = 1_000
BATCH_BYTES = 65_536
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
PUNCH = Punch(
    person_id="0f3c9a61d2b84e57", method="finger", device="r307", grade="A",
    shown=Shown("on_time", "in", "pagi"),
    place=Place("sdn-1", -81724000, 1137005000), versions=Versions("p-1", "c-1", "r-1"),
    slot=17, score=143,
)  # fmt: skip


class Backlog:
    """A ledger of `count` punches in memory, signed."""

    def __init__(self, count: int, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.sign_key = self._key.public_key().public_bytes_raw().hex()
        self.ledger_id = f"bench-{count}"
        self.rows: list[Row] = []
        self.acked = 0
        self.done = threading.Event()
        self._add("genesis", to_data(Genesis(
            reason="new", tenant="bench", device_id="kiosk", sign_key=self.sign_key, receive_key="00" * 32,
            software="bench",
        )))  # fmt: skip
        data = to_data(PUNCH)
        for _ in range(count - 1):
            self._add("punch", data)

    def ledgers(self) -> list[LedgerHead]:
        """The one ledger."""
        return [LedgerHead(self.ledger_id, len(self.rows), self.rows[-1].hash, None)]

    def cursor(self, ledger_id: str) -> int:
        """What has been acknowledged."""
        return self.acked

    def records(self, ledger_id: str, after_seq: int, max_bytes: int, max_count: int) -> list[Row]:
        """Rows within the limits; all have the same size."""
        count = max(1, min(max_count, max_bytes // len(self.rows[-1].body)))
        return self.rows[after_seq : after_seq + count]

    def hash_at(self, ledger_id: str, seq: int) -> bytes:
        """The chain's hash."""
        return self.rows[seq - 1].hash if seq else ZERO_HASH

    def sign(self, statement: bytes) -> str:
        """The device's signature."""
        return self._key.sign(statement).hex()

    def event(self, event: SyncEvent) -> None:
        """Move the cursor."""
        if isinstance(event, Acked):
            self.acked = max(self.acked, event.upto)
            if self.acked == len(self.rows):
                self.done.set()

    def _add(self, type_: str, data: dict[str, object]) -> None:
        seq = len(self.rows) + 1
        at = TimeBlock(1_790_000_000_000 + seq, "ntp", 20, "5c0e1f6e", seq)
        body = encode_body(Record(self.ledger_id, seq, RECORD_VERSION, type_, at, data))
        self.rows.append(
            Row(seq, body, chain_hash(self.rows[-1].hash if self.rows else ZERO_HASH, body), None)
        )


def run() -> Iterator[Figure]:
    """Rates in records a second; growth of the publisher's memory."""
    key = Ed25519PrivateKey.generate()
    backlog = Backlog(RECORDS, key)
    with (
        tempfile.TemporaryDirectory(prefix="hadir-bench-") as name,
        _centre(Path(name)) as (port, centre_key),
    ):
        little, _ = _drain(Backlog(SMALL_BACKLOG, key), port, centre_key)
        much, rate = _drain(backlog, port, centre_key)
        relayed = _relayed(backlog, port)
    peer = "mosquitto_pub of the same batches to a mosquitto_sub that stores nothing"
    yield Figure("sync", "draining, committed and acknowledged", rate, "records/s", relayed, peer)
    growth = f"publisher's memory, a backlog of {RECORDS} over one of {SMALL_BACKLOG}"
    yield Figure("sync", growth, much - little, "MB", 10.0, "limit")


def _drain(backlog: Backlog, port: int, centre_key: str) -> tuple[float, float]:
    """How much our memory grew (MB), and the rate (records/s)."""
    hello = DeviceHello(backlog.sign_key, "00" * 32, "bench", "bench", "boot")
    config = Sync(host="127.0.0.1", port=port, centre_key=centre_key, batch_bytes=BATCH_BYTES)
    device = Device(tenant="bench", id="kiosk")
    publisher = Publisher(config, device, lambda: backlog, hello, backlog.event)
    before = resident_bytes(os.getpid())
    publisher.start()
    took_s = until(backlog.done.is_set, "the backlog acknowledged", 120)
    grown = (resident_bytes(os.getpid()) - before) / 1e6
    publisher.stop(5.0)
    return grown, len(backlog.rows) / took_s


def _relayed(backlog: Backlog, port: int) -> float:
    """Records a second through the broker alone."""
    batches = _batches(backlog)
    tools = ("-p", str(port), "-q", "1", "-t", "bench/relay")
    sub = subprocess.Popen(
        ("stdbuf", "-oL", _tool("mosquitto_sub"), *tools, "-C", str(len(batches)), "-d"),
        stdout=subprocess.PIPE,
    )
    assert sub.stdout is not None
    listening = next(line for line in sub.stdout if b"SUBACK" in line)
    assert listening
    drained = threading.Thread(target=sub.stdout.read)
    drained.start()
    began = time.monotonic()
    pub = subprocess.Popen((_tool("mosquitto_pub"), *tools, "-l"), stdin=subprocess.PIPE)
    assert pub.stdin is not None
    for batch in batches:
        pub.stdin.write(batch + b"\n")
    pub.stdin.close()
    until(lambda: sub.poll() is not None, "every batch relayed", 120, every_s=0.001)
    took_s = time.monotonic() - began
    pub.wait()
    drained.join()
    return len(backlog.rows) / took_s


def _batches(backlog: Backlog) -> list[bytes]:
    packer, upto, hash_ = Packer(backlog, backlog.sign_key), 0, ZERO_HASH
    payloads = []
    while upto < len(backlog.rows):
        rows = backlog.records(backlog.ledger_id, upto, BATCH_BYTES, 1_000)
        packed = packer.pack(backlog.ledger_id, (upto, hash_), rows, len(backlog.rows), BATCH_BYTES)
        payloads.append(packed.payload)
        upto, hash_ = packed.span.upto, packed.span.hash
    return payloads


@contextmanager
def _centre(root: Path) -> Iterator[tuple[int, str]]:
    """Broker and centre; the broker's port and the centre's key."""
    with ExitStack() as stack:
        port = _free_port()
        conf = root / "mosquitto.conf"
        conf.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n", encoding="ascii")
        _start(stack, _tool("mosquitto"), "-c", str(conf))
        until(lambda: _listens(port), "the broker listens")
        command = (sys.executable, "-m", "sync.centre.main", "--config", str(root / "centre.toml"))
        subprocess.run((*command, "init", str(root)), check=True, stdout=subprocess.DEVNULL)
        (root / "centre.toml").write_text(f"auto_approve = true\n[broker]\nport = {port}\n", encoding="utf-8")
        key = subprocess.run((*command, "key"), check=True, capture_output=True, text=True).stdout.strip()
        log = root / "centre.log"
        _start(stack, *command, "run", log=log)
        until(lambda: "receiving" in log.read_text(encoding="utf-8"), "the centre receives")
        yield port, key


def _start(stack: ExitStack, *command: str, log: Path | None = None) -> None:
    with (log or Path(os.devnull)).open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
    stack.callback(process.wait)
    stack.callback(process.terminate)


def _tool(name: str) -> str:
    found = shutil.which(name, path=PATH)
    if found is None:
        raise FileNotFoundError(f"{name}: apt-get install mosquitto mosquitto-clients")
    return found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
