"""Mosquitto, PostgreSQL and `hadir-centre` for a bench: real processes on ports of their own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.postgres import server
from bench.process import until

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
BROKER = """\
listener {port} 127.0.0.1
allow_anonymous true
max_queued_messages 10000
max_inflight_messages 128
set_tcp_nodelay true
persistence false
"""


class Stage:
    """The parts of one bench; all end with it."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.root = root
        self.port = free_port()
        self.config = root / "centre.toml"
        self.key = ""
        self._stack = stack

    def broker(self) -> None:
        """Start Mosquitto."""
        conf = self.root / "mosquitto.conf"
        conf.write_text(BROKER.format(port=self.port), encoding="ascii")
        self.start(tool("mosquitto"), "-c", str(conf))
        until(lambda: listens(self.port), "the broker listens")

    def centre(self, *, postgres: bool = True, processes: int = 1) -> None:
        """Start `hadir-centre` on a new database."""
        command = (sys.executable, "-m", "sync.centre.main", "--config", str(self.config))
        subprocess.run((*command, "init", str(self.root)), check=True, stdout=subprocess.DEVNULL)
        database = self._stack.enter_context(server()).create("hadir") if postgres else "centre.db"
        self.config.write_text(
            f'database = "{database}"\nauto_approve = true\n[broker]\nport = {self.port}\n', encoding="utf-8"
        )
        done = subprocess.run((*command, "key"), check=True, capture_output=True, text=True)
        self.key = done.stdout.strip()
        logs = [self.root / f"centre-{number}.log" for number in range(processes)]
        for log in logs:
            self.start(*command, "run", log=log)
        lines = processes * (2 if postgres else 1)
        until(lambda: sum(_lines(log, "receiving") for log in logs) >= lines, "the centre receives")

    def start(self, *command: str, log: Path | None = None) -> subprocess.Popen[bytes]:
        """A process that ends with the stage."""
        with (log or Path(os.devnull)).open("wb") as file:
            process = subprocess.Popen(command, stdout=file, stderr=file)
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)
        return process


def _lines(log: Path, word: str) -> int:
    return log.read_text(encoding="utf-8").count(word)


@contextmanager
def stage(root: Path) -> Iterator[Stage]:
    """A stage with nothing on it."""
    with ExitStack() as stack:
        yield Stage(root, stack)


def tool(name: str) -> str:
    """Where a program of the OS is."""
    found = shutil.which(name, path=PATH)
    if found is None:
        raise FileNotFoundError(f"{name}: apt-get install mosquitto mosquitto-clients")
    return found


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
