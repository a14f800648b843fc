"""A PostgreSQL server of one's own, from the OS package, with fsync on; the tests use it too."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from bench.process import PROC, descendants

USER = "hadir"
BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
CONF = """
listen_addresses = ''
port = {port}
unix_socket_directories = '{root}'
max_connections = 200
log_min_messages = warning
"""


def programs() -> Path:
    """Where `initdb` and `postgres` are."""
    if BIN:
        return BIN[-1]
    found = shutil.which("postgres")
    if found is None:
        raise FileNotFoundError("postgres: apt-get install postgresql")
    return Path(found).parent


class Server:
    """One cluster in a folder of its own; PostgreSQL refuses root, so that root starts it as `postgres`."""

    def __init__(
        self, *, root: Path | None = None, settings: str = "", port: int = 5432, primary: Server | None = None
    ) -> None:
        self.root = root or Path(tempfile.mkdtemp(prefix="hadir-pg-"))
        self.root.mkdir(exist_ok=True)
        self.port = port
        self._user = "postgres" if os.getuid() == 0 else getpass.getuser()
        if os.getuid() == 0:
            shutil.chown(self.root, self._user, self._user)
        self._process: subprocess.Popen[bytes] | None = None
        self._make(self.root / "data", primary)
        with (self.root / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(CONF.format(port=port, root=self.root) + settings)

    def _make(self, data: Path, primary: Server | None) -> None:
        """A new cluster, or a standby that follows the running `primary`."""
        if primary:
            source = ("-h", str(primary.root), "-p", str(primary.port), "-U", USER)
            self._run("pg_basebackup", "-D", str(data), *source, "-R", "--checkpoint=fast", "--no-sync")
        else:
            options = ("-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
            self._run("initdb", "-D", str(data), *options)

    def url(self, database: str = "postgres") -> str:
        """What goes into `centre.toml`; over the Unix socket."""
        return f"postgresql://{USER}@/{database}?host={self.root}&port={self.port}"

    def start(self) -> Server:
        """Begin, and wait until it answers."""
        with (self.root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                (str(programs() / "postgres"), "-D", str(self.root / "data")),
                stdout=log, stderr=log, cwd="/", start_new_session=True, **self._as_user(),
            )  # fmt: skip
        end = time.monotonic() + 60
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.root / "log").read_text(encoding="utf-8")[-2000:])
            time.sleep(0.02)
        return self

    def answers(self) -> bool:
        """Whether it takes connections."""
        try:
            psycopg.connect(self.url()).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """kill -9 to every process of it: what a power cut leaves."""
        self._end()

    def close(self) -> None:
        """End it and remove its folder."""
        self._end()
        shutil.rmtree(self.root, ignore_errors=True)

    def create(self, database: str) -> str:
        """A new database; its URL."""
        with psycopg.connect(self.url(), autocommit=True) as db:
            db.execute(f'CREATE DATABASE "{database}"'.encode())
        return self.url(database)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        everyone = [process.pid, *descendants(process.pid)]
        for pid in everyone:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        _gone(everyone)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            (str(programs() / program), *arguments),
            check=True, cwd="/", stdout=subprocess.DEVNULL, **self._as_user(),
        )  # fmt: skip

    def _as_user(self) -> dict[str, Any]:
        if os.getuid() != 0:
            return {}
        return {"user": self._user, "group": self._user, "extra_groups": []}


@contextmanager
def server() -> Iterator[Server]:
    """A running server, gone afterwards."""
    made = Server()
    try:
        yield made.start()
    finally:
        made.close()


def _gone(pids: list[int]) -> None:
    """Wait for all of them: while a child lives its shared memory keeps a new server out."""
    end = time.monotonic() + 30
    while time.monotonic() < end and any((PROC / str(pid)).exists() for pid in pids):
        time.sleep(0.01)
