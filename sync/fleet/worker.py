"""One process of the fleet: some kiosks, each with the real publisher, their punches in a file.

It may be killed at any moment: begun again with the same file it goes on where the file ends, as kioskd
does. Says on its standard output when it is ready and, at the end, what it has seen; both as JSON.
"""

from __future__ import annotations

import json
import random
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kiosk.core.config import Device, Sync
from sync.events import Acked, SyncEvent
from sync.fleet.book import Book
from sync.publisher import Publisher

ENTRY = struct.Struct("<iq")  # a kiosk's number and a punch's time
DAY_MS = 86_400_000


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker does: kiosks `first` and following, `backlog` old records each, `fresh` new punches each.

    The fresh punches come at random moments within `spread_s`.
    """

    seed: str
    first: int
    count: int
    backlog: int
    fresh: int
    spread_s: float
    days: int
    sync: dict[str, str | int | float]
    file: str
    timeout_s: float


class Kiosk:
    """One simulated kiosk."""

    def __init__(self, task: Task, number: int, acked: threading.Condition) -> None:
        self.book = Book(task.seed, number)
        self.number = number
        self._acked = acked
        self._sync = msgspec.convert(task.sync, Sync)
        self.publisher = self._new_publisher()

    def _new_publisher(self) -> Publisher:
        name, book = self.book.name, self.book
        device = Device(tenant=name.tenant, id=name.device)
        return Publisher(self._sync, device, lambda: book, book.hello(), self._event)

    def unplug(self) -> None:
        """Disconnect; the next `publisher.start` connects anew."""
        self.publisher.stop(5.0)
        self.publisher = self._new_publisher()

    @property
    def delivered(self) -> bool:
        """Whether everything it has is acknowledged."""
        return self.book.acked == self.book.count

    def _event(self, event: SyncEvent) -> None:
        if isinstance(event, Acked):
            with self._acked:
                self.book.acked = max(self.book.acked, event.upto)
                self._acked.notify_all()


class Worker:
    """Does one task."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._acked = threading.Condition()
        self._kiosks = [Kiosk(task, task.first + n, self._acked) for n in range(task.count)]
        self._introduce()
        self._made = self._remembered()

    def run(self) -> None:
        """Deliver everything; the process exits 1 when that takes longer than it may."""
        _say({"ready": len(self._kiosks)})
        sys.stdin.readline()
        began = time.monotonic()
        for kiosk in self._kiosks:
            kiosk.publisher.start()
        self._punch(began)
        done = self._wait(began + self._task.timeout_s)
        _say(
            {
                "delivered": done,
                "seconds": round(time.monotonic() - began, 3),
                "rss_kb": _resident_kb(),
                "heads": {k.book.ledger_id: [k.book.count, k.book.acked] for k in self._kiosks},
            }
        )
        for kiosk in self._kiosks:
            kiosk.publisher.stop(0.0 if done else 0.1)
        if not done:
            sys.exit(1)

    def _introduce(self) -> None:
        """The centre knows them from before the outage: their first record, and who they are."""
        begin_ms = _begin_ms(Path(self._task.file)) - self._task.days * DAY_MS
        for kiosk in self._kiosks:
            kiosk.book.append(begin_ms)
            kiosk.publisher.start()
        self._wait(time.monotonic() + self._task.timeout_s)
        for kiosk in self._kiosks:
            kiosk.unplug()

    def _remembered(self) -> dict[int, int]:
        """Build every ledger: backlog, and the punches of a run before; how many of those there are."""
        task = self._task
        made = {kiosk.number: 0 for kiosk in self._kiosks}
        by_number = {kiosk.number: kiosk.book for kiosk in self._kiosks}
        begin_ms = _begin_ms(Path(task.file)) - task.days * DAY_MS
        step_ms = max(1, task.days * DAY_MS // (task.backlog + 1))
        for book in by_number.values():
            for n in range(task.backlog):
                book.append(begin_ms + (n + 1) * step_ms)
        for number, wall_ms in _entries(Path(task.file)):
            by_number[number].append(wall_ms)
            made[number] += 1
        return made

    def _punch(self, began: float) -> None:
        """People come: a punch is in the file before anybody hears of it."""
        task = self._task
        moments = sorted(
            (began + random.uniform(0, task.spread_s), index)
            for index, kiosk in enumerate(self._kiosks)
            for _ in range(task.fresh - self._made[kiosk.number])
        )
        with Path(task.file).open("ab", buffering=0) as file:
            for moment, index in moments:
                time.sleep(max(0.0, moment - time.monotonic()))
                kiosk, wall_ms = self._kiosks[index], time.time_ns() // 1_000_000
                file.write(ENTRY.pack(kiosk.number, wall_ms))
                with self._acked:
                    seq = kiosk.book.append(wall_ms)
                kiosk.publisher.appended(kiosk.book.ledger_id, seq)

    def _wait(self, deadline: float) -> bool:
        with self._acked:
            return self._acked.wait_for(
                lambda: all(kiosk.delivered for kiosk in self._kiosks), deadline - time.monotonic()
            )


def _begin_ms(path: Path) -> int:
    """When the fleet began: the file's first entry, written when it is new."""
    if not path.exists() or path.stat().st_size < ENTRY.size:
        path.write_bytes(ENTRY.pack(-1, time.time_ns() // 1_000_000))
    _, begin_ms = ENTRY.unpack(path.read_bytes()[: ENTRY.size])
    return int(begin_ms)


def _entries(path: Path) -> Iterator[tuple[int, int]]:
    """The punches in the file; a last one that was cut short never happened, and is cut off."""
    raw = path.read_bytes()
    whole = len(raw) - len(raw) % ENTRY.size
    if whole != len(raw):
        path.write_bytes(raw[:whole])
    yield from ENTRY.iter_unpack(raw[ENTRY.size : whole])


def _resident_kb() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the task from the first line of the standard input, and do it at the second."""
    Worker(msgspec.json.decode(sys.stdin.readline(), type=Task)).run()


if __name__ == "__main__":
    main()
