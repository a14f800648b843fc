"""Real processes for the sync tests: Mosquitto, `hadir-centre`, and a publisher in this process."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from kiosk.core.config import Device, Sync
from sync.centre import reports
from sync.centre.config import load
from sync.centre.report_types import StatusReport
from sync.centre.store import Tx
from sync.centre.stores import open_store
from sync.centre.verify import verify
from sync.events import Acked, LinkChanged, SyncEvent
from sync.publisher import Publisher
from tests.sync.book import Book

T = TypeVar("T")
E = TypeVar("E")
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


def until(what: Callable[[], T], timeout_s: float = 20.0) -> T:
    """The first true value of `what`."""
    end = time.monotonic() + timeout_s
    while not (value := what()):
        assert time.monotonic() < end, f"still {value!r} after {timeout_s:g} s"
        time.sleep(0.02)
    return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Mosquitto:
    """A broker with its own port and settings."""

    def __init__(self, root: Path, settings: str = "allow_anonymous true") -> None:
        assert MOSQUITTO, "apt-get install mosquitto"
        self.port = free_port()
        self._file = root / f"mosquitto-{self.port}.conf"
        self._file.write_text(f"listener {self.port} 127.0.0.1\n{settings}\nuser root\n", encoding="ascii")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Mosquitto:
        with self._file.with_suffix(".log").open("ab") as log:
            self._process = subprocess.Popen([str(MOSQUITTO), "-c", str(self._file)], stdout=log, stderr=log)
        until(lambda: listens(self.port))
        return self

    def log(self) -> str:
        return self._file.with_suffix(".log").read_text(encoding="utf-8").lower()

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


class Centre:
    """One folder with a configuration and a database, any number of processes on it."""

    def __init__(
        self,
        root: Path,
        port: int,
        *,
        auto_approve: bool = True,
        extra: str = "",
        database: str = "centre.db",
    ) -> None:
        self.root = root
        self._receivers = 1 if database == "centre.db" else 2
        self._processes: list[subprocess.Popen[bytes]] = []
        self.command("init", str(root))
        self.config = root / "centre.toml"
        self.config.write_text(
            f'database = "{database}"\nauto_approve = {str(auto_approve).lower()}\n'
            f"[broker]\nport = {port}\nretry_max_s = 1\n{extra}",
            encoding="utf-8",
        )
        self.key = self.command("key").strip()

    def start(self) -> subprocess.Popen[bytes]:
        """One more process, ready to receive."""
        log = (self.root / f"centre-{len(self._processes)}.log").open("wb")
        process = subprocess.Popen(self._argv("run"), stdout=log, stderr=log)
        self._processes.append(process)
        until(lambda: self.log_of(process).count("receiving") >= self._receivers)
        return process

    def log_of(self, process: subprocess.Popen[bytes]) -> str:
        number = self._processes.index(process)
        return (self.root / f"centre-{number}.log").read_text(encoding="utf-8")

    def stop(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self._processes:
            process.wait(10)

    def command(self, *args: str) -> str:
        done = subprocess.run(self._argv(*args), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def read(self, question: Callable[[Tx], T]) -> T:
        """Ask the database itself, while the centre runs."""
        store = open_store(load(self.config))
        try:
            with store.reading() as tx:
                return question(tx)
        finally:
            store.close()

    def status(self) -> StatusReport:
        return self.read(reports.status)

    def records(self) -> int:
        return self.status().records

    def sound(self) -> bool:
        """Every chain and signature holds."""
        return not [row for row in self.read(verify) if row.fault]

    def _argv(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "sync.centre.main", "--config", str(self.root / "centre.toml"), *args]


class Kiosk:
    """A publisher over a `Book`, moving its cursor as the daemon does."""

    def __init__(self, book: Book, port: int, centre_key: str, **config: Any) -> None:
        self.book = book
        self.events: list[SyncEvent] = []
        self._lock = threading.Lock()
        settings: dict[str, Any] = {
            "host": "127.0.0.1",
            "ack_timeout_s": 1.0,
            "retry_max_s": 1.0,
            "batch_bytes": 8_192,
        }
        self.publisher = Publisher(
            Sync(port=port, centre_key=centre_key, **(settings | config)),
            Device(tenant=book.name.tenant, id=book.name.device),
            lambda: book,
            book.hello(),
            self._event,
        )

    def start(self) -> Kiosk:
        self.publisher.start()
        return self

    def punch(self) -> int:
        seq = self.book.punch()
        self.publisher.appended(self.book.current.ledger_id, seq)
        return seq

    def stop(self) -> bool:
        return self.publisher.stop(5.0)

    def delivered(self) -> bool:
        current = self.book.current
        return self.book.cursor(current.ledger_id) == len(current.rows)

    def status(self) -> str:
        """Where the link stands by the last word of it."""
        said = self.seen(LinkChanged)
        return said[-1].status if said else ""

    def seen(self, kind: type[E]) -> list[E]:
        with self._lock:
            return [event for event in self.events if isinstance(event, kind)]

    def _event(self, event: SyncEvent) -> None:
        with self._lock:
            self.events.append(event)
        if isinstance(event, Acked):
            self.book.cursors[event.ledger_id] = max(self.book.cursor(event.ledger_id), event.upto)
