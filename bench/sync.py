"""Draining a backlog: kiosk -> Mosquitto -> PostgreSQL -> signed acknowledgement, all on this machine.

Beside it, with the same batches byte for byte: `mosquitto_pub` with QoS 1 to a `mosquitto_sub` that stores
nothing; one record a message with paho's `wait_for_publish`; PostgreSQL's own COPY of the rows the centre
wrote. Everything runs and is connected before a clock starts; fsync is on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import paho.mqtt.client as mqtt
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion

from bench.backlog import BATCH_BYTES, NAME, Backlog
from bench.figure import Figure
from bench.postgres import server
from bench.process import until
from bench.stage import Stage, stage, tool
from kiosk.core.config import Device, Sync
from sync.centre.keys import make_key
from sync.centre.letter import Letter
from sync.centre.office import Office
from sync.centre.store_postgres import PostgresStore
from sync.publisher import Publisher
from sync.topics import DeviceName

ROUNDS = 3  # their medians are compared
RECORDS = int(os.environ.get("RECORDS", "100000"))
ONE_AT_A_TIME = 2_000
WINDOW = 32
LETTERS = 16
SMALL, LARGE = 1_000, 1_000_000
WRITTEN = ("records", "punches", "heads")


def run() -> Iterator[Figure]:
    """Rates in records a second; the publisher's memory."""
    backlogs = [Backlog(RECORDS, Ed25519PrivateKey.generate(), f"kiosk-{n}") for n in range(ROUNDS)]
    with tempfile.TemporaryDirectory(prefix="hadir-bench-") as name, stage(Path(name)) as made:
        made.broker()
        made.centre()
        rounds = [
            (_drained(backlog, made), _relayed(backlog, made.port), _one_at_a_time(backlog, made.port))
            for backlog in backlogs
        ]
        rate, relayed, single = (median(column) for column in zip(*rounds, strict=True))
        peer = "mosquitto_pub of the same batches to a mosquitto_sub that stores nothing"
        yield Figure("sync", "drained, committed, acknowledged", rate, "records/s", relayed, peer)
        peer = "paho, one record a message, wait_for_publish"
        yield Figure("sync", "drained beside one at a time", rate, "records/s", single, peer)
        little, much = _memory(made, SMALL), _memory(made, LARGE)
    growth = f"kiosk's memory draining {LARGE} over draining {SMALL}"
    yield Figure("sync", growth, (much - little) / 1e6, "MB", 10.0, "limit")
    pairs = [_inserted(backlog) for backlog in backlogs]
    inserted, copied = (median(column) for column in zip(*pairs, strict=True))
    peer = "PostgreSQL's COPY of the rows this wrote"
    yield Figure("sync", "received batches verified and inserted", inserted, "records/s", copied, peer)


def _drained(backlog: Backlog, made: Stage) -> float:
    """Records a second from the first connection to the last acknowledgement."""
    config = Sync(
        host="127.0.0.1", port=made.port, centre_key=made.key, batch_bytes=BATCH_BYTES, window=WINDOW
    )
    device = Device(tenant=NAME.tenant, id=backlog.device)
    publisher = Publisher(config, device, lambda: backlog, backlog.hello(), backlog.event)
    publisher.start()
    took_s = until(backlog.done.is_set, "the backlog acknowledged", 600)
    publisher.stop(5.0)
    return backlog.count / took_s


def _relayed(backlog: Backlog, port: int) -> float:
    """Records a second through the broker alone."""
    batches = backlog.batches()
    tools = ("-p", str(port), "-q", "1", "-t", "bench/relay")
    sub = subprocess.Popen(
        ("stdbuf", "-oL", tool("mosquitto_sub"), *tools, "-C", str(len(batches)), "-d"),
        stdout=subprocess.PIPE,
    )
    assert sub.stdout is not None
    listening = next(line for line in sub.stdout if b"SUBACK" in line)
    assert listening
    drained = threading.Thread(target=sub.stdout.read)
    drained.start()
    began = time.monotonic()
    pub = subprocess.Popen((tool("mosquitto_pub"), *tools, "-l"), stdin=subprocess.PIPE)
    assert pub.stdin is not None
    for batch in batches:
        pub.stdin.write(batch + b"\n")
    pub.stdin.close()
    until(lambda: sub.poll() is not None, "every batch relayed", 120, every_s=0.001)
    took_s = time.monotonic() - began
    pub.wait()
    drained.join()
    return backlog.count / took_s


def _one_at_a_time(backlog: Backlog, port: int) -> float:
    """Records a second, each published when the broker has taken the one before."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    until(client.is_connected, "paho is let in")
    began = time.monotonic()
    for row in backlog.rows[:ONE_AT_A_TIME]:
        client.publish("bench/single", row.body, qos=1).wait_for_publish(30)
    took_s = time.monotonic() - began
    client.disconnect()
    client.loop_stop()
    return ONE_AT_A_TIME / took_s


def _inserted(backlog: Backlog) -> tuple[float, float]:
    """Records a second through the centre's checks into a new database, and by COPY into the same tables."""
    topic = DeviceName(NAME.tenant, backlog.device).up("ledger")
    letters = [Letter(topic, payload) for payload in backlog.batches()]
    with tempfile.TemporaryDirectory() as name, server() as running:
        store = PostgresStore(running.create("hadir"))
        key = make_key(Path(name) / "centre.key")
        office = Office(store, key, lambda: time.time_ns() // 1_000_000, auto_approve=True)
        began = time.monotonic()
        for first in range(0, len(letters), LETTERS):
            office.take(letters[first : first + LETTERS])
        ours = backlog.count / (time.monotonic() - began)
        store.close()
        return ours, backlog.count / _copied_s(running.url("hadir"))


def _copied_s(url: str) -> float:
    with psycopg.connect(url) as db:
        rows = {}
        for table in WRITTEN:
            with db.cursor().copy(f"COPY {table} TO STDOUT".encode()) as out:
                rows[table] = [bytes(block) for block in out]
        db.execute(f"TRUNCATE {', '.join(WRITTEN)}".encode())
        db.commit()
        began = time.monotonic()
        for table, blocks in rows.items():
            with db.cursor().copy(f"COPY {table} FROM STDIN".encode()) as into:
                into.write(b"".join(blocks))
        db.commit()
        return time.monotonic() - began


def _memory(made: Stage, count: int) -> float:
    """Most bytes a process with nothing but a publisher had in RAM while draining a ledger in a file."""
    done = subprocess.run(
        (sys.executable, "-m", "bench.drain", str(count), str(made.port), made.key, str(made.root)),
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout)
