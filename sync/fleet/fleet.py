"""Starts the fleet's processes, kills them as it is told, and puts together what they saw."""

from __future__ import annotations

import json
import random
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from sync.fleet.watch import Seen, Watch
from sync.fleet.worker import Task


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """As the command line gives them."""

    host: str
    port: int
    centre_key: str
    kiosks: int
    backlog: int
    days: int
    fresh: int
    spread_s: float
    kills: int
    herds: int
    per_process: int
    window: int
    batch_bytes: int
    retry_max_s: float
    timeout_s: float
    seed: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What happened. `wrong_at_centre` counts ledgers whose number of records differs there.

    `seconds` runs from the moment the kiosks began to connect until everything was acknowledged.
    """

    kiosks: int
    processes: int
    records: int
    fresh: int
    delivered: bool
    seconds: float
    records_per_s: float
    kills: int
    kiosk_kb: float
    wrong_at_centre: int | None = None
    visible: Seen | None = None


class Fleet:
    """One run; `folder` takes the punches of each process."""

    def __init__(self, options: Options, folder: Path, watch: Watch | None) -> None:
        self._options = options
        self._watch = watch
        self._kills = 0
        seed, per = options.seed or secrets.token_hex(4), options.per_process
        self._parts = [
            Part(_task(options, seed, first, min(per, options.kiosks - first), folder))
            for first in range(0, options.kiosks, per)
        ]

    def run(self) -> Report:
        """Begin, disturb, wait for the end."""
        for part in self._parts:
            part.start()
        for part in self._parts:
            part.wait_ready()
        began = time.monotonic()
        if self._watch:
            self._watch.begin()
        for part in self._parts:
            part.go()
        self._disturb(began)
        for part in self._parts:
            part.wait_done()
        return self._report(time.monotonic() - began)

    def _disturb(self, began: float) -> None:
        """Kill one process, or all, at random moments while punches come."""
        options = self._options
        plan = sorted(
            (began + random.uniform(0.1, 1.0) * options.spread_s, everybody)
            for everybody in (*[False] * options.kills, *[True] * options.herds)
        )
        for moment, everybody in plan:
            time.sleep(max(0.0, moment - time.monotonic()))
            chosen = self._parts if everybody else [random.choice(self._parts)]
            self._kills += sum(part.kill() for part in chosen)
            for part in chosen:
                part.start()
            for part in chosen:
                part.wait_ready()
                part.go()

    def _report(self, seconds: float) -> Report:
        said = [part.said for part in self._parts]
        heads = {ledger: pair for one in said for ledger, pair in one.get("heads", {}).items()}
        records = sum(count for count, _ in heads.values())
        held = self._watch.heads() if self._watch else None
        options = self._options
        return Report(
            kiosks=options.kiosks,
            processes=len(self._parts),
            records=records,
            fresh=options.fresh * options.kiosks,
            delivered=all(one.get("delivered") for one in said),
            seconds=round(seconds, 2),
            records_per_s=round(records / seconds, 1),
            kills=self._kills,
            kiosk_kb=round(sum(one.get("rss_kb", 0) for one in said) / options.kiosks, 1),
            wrong_at_centre=None if held is None else sum(held.get(x) != n for x, (n, _) in heads.items()),
            visible=self._watch.end() if self._watch else None,
        )


class Part:
    """One process of the fleet."""

    def __init__(self, task: Task) -> None:
        self.said: dict[str, Any] = {}
        self._task = task
        self._process: subprocess.Popen[str] | None = None
        self._ready = threading.Event()

    def start(self) -> None:
        """Begin, or begin again after a kill."""
        self._ready.clear()
        process = subprocess.Popen(
            (sys.executable, "-m", "sync.fleet.worker"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._process = process
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        self._write(msgspec.json.encode(self._task).decode())

    def wait_ready(self) -> None:
        """Until its ledgers stand."""
        self._ready.wait(self._task.timeout_s)

    def go(self) -> None:
        """Let it connect."""
        self._write("go")

    def kill(self) -> bool:
        """End it at once (SIGKILL), unless it has ended; whether it had not."""
        process = self._process
        if process is None or process.poll() is not None:
            return False
        process.kill()
        process.wait()
        return True

    def wait_done(self) -> None:
        """Until it ends."""
        if self._process:
            self._process.wait(self._task.timeout_s + 60)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line)
            if process is self._process:
                self.said.update(said)
                self._ready.set()

    def _write(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


def _task(options: Options, seed: str, first: int, count: int, folder: Path) -> Task:
    return Task(
        seed=seed,
        first=first,
        count=count,
        backlog=options.backlog,
        fresh=options.fresh,
        spread_s=options.spread_s,
        days=options.days,
        file=str(folder / f"{first}.punches"),
        timeout_s=options.timeout_s,
        sync={
            "host": options.host,
            "port": options.port,
            "centre_key": options.centre_key,
            "window": options.window,
            "batch_bytes": options.batch_bytes,
            "retry_max_s": options.retry_max_s,
        },
    )
