"""The fault matrix with a real Mosquitto and a real PostgreSQL (docs/faults-sync.md names every row).

Each fault strikes while kiosks deliver to two centre processes. Afterwards every record is at the centre
once, every chain holds, and no answer was ever ahead of a commit.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from bench.postgres import Server
from sync.events import Acked
from tests.sync.book import Book
from tests.sync.conftest import Rig
from tests.sync.rig import Centre, Kiosk, Mosquitto, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
PATIENCE_S = 120.0


class Field:
    """Two kiosks, a broker, two centre processes, a database server of their own."""

    def __init__(
        self, rig: Rig, server: Server, *, broker: str = "allow_anonymous true", database: str = ""
    ) -> None:
        self.server = server
        self.broker: Mosquitto = rig.broker(broker)
        self.centre: Centre = rig.centre(self.broker.port, database=database or server.create("hadir"))
        self.processes = [self.centre.start(), self.centre.start()]
        self.books = [Book(f"kiosk-{n}") for n in range(2)]
        self.kiosks: list[Kiosk] = [
            rig.kiosk(book, self.broker.port, self.centre.key, retry_max_s=2.0).start() for book in self.books
        ]

    def busy(self) -> None:
        """Every kiosk has a backlog under way, some of it acknowledged and some not."""
        for book, kiosk in zip(self.books, self.kiosks, strict=True):
            before = len(kiosk.seen(Acked))
            book.punches(2_000)
            kiosk.punch()
            until(lambda kiosk=kiosk, before=before: len(kiosk.seen(Acked)) > before, PATIENCE_S)  # type: ignore[misc]

    def recovered(self, fault: str) -> None:
        """Everybody punches once more and everything arrives; says how long that took."""
        began = time.monotonic()
        for kiosk in self.kiosks:
            kiosk.punch()
        until(lambda: all(kiosk.delivered() for kiosk in self.kiosks), PATIENCE_S)
        print(f"\nrecovered from {fault} in {time.monotonic() - began:.1f} s")
        self.sound()

    def sound(self) -> None:
        """Every record once, every chain and signature good."""
        assert self.centre.records() == sum(len(book.current.rows) for book in self.books)
        held = self.centre.read(
            lambda tx: tx.all("SELECT ledger_id, count(*) FROM records GROUP BY ledger_id")
        )
        assert dict(held) == {book.current.ledger_id: len(book.current.rows) for book in self.books}
        assert self.centre.sound()

    def never_ahead(self) -> None:
        """What kiosks were told is committed is there: asked before anything could be sent again."""
        rows = self.centre.read(lambda tx: tx.all("SELECT ledger_id, head_seq FROM ledgers"))
        held: dict[str, int] = {ledger_id: seq for ledger_id, seq in rows}  # noqa: C416
        for book in self.books:
            assert held.get(book.current.ledger_id, 0) >= book.cursor(book.current.ledger_id)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def field(rig: Rig, server: Server) -> Field:
    return Field(rig, server)


def test_database_killed_in_mid_commit(field: Field) -> None:
    for _ in range(3):
        field.busy()
        field.server.kill()
        time.sleep(1.0)
        field.server.start()
        field.never_ahead()
    field.recovered("a database killed three times")


def test_database_away_for_long_says_so(field: Field) -> None:
    field.busy()
    field.server.kill()
    until(lambda: any("nothing committed" in field.centre.log_of(p) for p in field.processes), PATIENCE_S)
    with pytest.raises(AssertionError, match="the database"):
        field.centre.command("status")
    field.server.start()
    field.recovered("a database that was away")
    assert any("commits again" in field.centre.log_of(p) for p in field.processes)


def test_database_slow(field: Field) -> None:
    with psycopg.connect(field.server.url("hadir"), autocommit=True) as db:
        for _ in range(3):
            field.busy()
            pids = [
                pid
                for (pid,) in db.execute(
                    "SELECT pid FROM pg_stat_activity WHERE application_name = 'hadir-centre'"
                )
            ]
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(3.0)
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
    field.recovered("a database that stood still for 3 s, three times")


def test_database_full(rig: Rig) -> None:
    with small_disk(mb=256) as disk:
        server = Server(root=disk / "pg", settings="max_wal_size = 64MB\nmin_wal_size = 32MB\n")
        try:
            field = Field(rig, server.start())
            field.busy()
            ballast = disk / "ballast"
            fill(ballast)
            for book, kiosk in zip(field.books, field.kiosks, strict=True):
                book.punches(3_000)
                kiosk.punch()
            until(
                lambda: any("nothing committed" in field.centre.log_of(p) for p in field.processes),
                PATIENCE_S,
            )
            ballast.unlink()
            if not server.answers():  # a full disk under the log of PostgreSQL itself ends it
                server.kill()
                server.start()
            field.never_ahead()
            field.recovered("a full disk under the database")
        finally:
            server.close()


def test_database_failed_over(rig: Rig, server: Server) -> None:
    """A synchronous standby takes over: an acknowledgement meant that both had it."""
    server.create("hadir")
    standby = Server(primary=server)
    try:
        standby.start()
        with psycopg.connect(server.url(), autocommit=True) as db:
            db.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            db.execute("SELECT pg_reload_conf()")
            until(lambda: db.execute("SELECT sync_state FROM pg_stat_replication").fetchall() == [("sync",)])
        both = f"postgresql://hadir@/hadir?host={server.root},{standby.root}&port=5432,5432"
        field = Field(rig, server, database=both)
        field.busy()
        server.kill()
        with psycopg.connect(standby.url(), autocommit=True) as db:
            db.execute("SELECT pg_promote()")
        field.never_ahead()
        field.recovered("a database failed over to its standby")
    finally:
        standby.close()


def test_broker_killed_and_started_empty(field: Field) -> None:
    for _ in range(3):
        field.busy()
        field.broker.kill()
        field.broker.start()
    field.recovered("a broker killed three times, empty each time")


def test_persistence_of_the_broker_lost(rig: Rig, server: Server, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    field = Field(rig, server, broker=f"allow_anonymous true\npersistence true\npersistence_location {kept}/")
    field.busy()
    field.broker.kill()
    for file in kept.iterdir():
        file.unlink()
    field.broker.start()
    field.recovered("the broker's persistence lost")


def test_centre_killed_between_commit_and_acknowledgement(field: Field) -> None:
    """Killed at any moment, forty times; a record committed and not acknowledged is acknowledged again."""
    for round_ in range(20):
        field.busy() if round_ % 5 == 0 else None
        for number in (0, 1):
            field.processes[number].kill()
            field.processes[number].wait()
            field.never_ahead()
            field.processes[number] = field.centre.start()
    field.recovered("centre processes killed forty times")


def test_a_centre_that_stands_still_in_a_transaction_gives_its_locks_up(field: Field) -> None:
    field.busy()
    field.processes[0].send_signal(signal.SIGSTOP)
    field.recovered("one of two centre processes standing still")
    field.processes[0].send_signal(signal.SIGCONT)
    field.recovered("it going on again")


def test_half_open_connections(rig: Rig, server: Server) -> None:
    field = Field(rig, server)
    tap = rig.tap(field.broker.port)
    book = Book("behind-a-tap")
    kiosk = rig.kiosk(book, tap.port, field.centre.key, retry_max_s=2.0).start()
    field.books.append(book)
    field.kiosks.append(kiosk)
    field.busy()
    tap.hold_back()
    book.punches(500)
    kiosk.punch()
    until(lambda: kiosk.status() == "offline", PATIENCE_S)
    tap.let_through()
    field.recovered("a half-open connection, once it was noticed")


@contextmanager
def small_disk(mb: int) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="hadir-disk-"))
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={mb}m,mode=755", "none", str(path)), check=True)
    try:
        yield path
    finally:
        subprocess.run(("umount", "--lazy", str(path)), check=True)
        path.rmdir()


def fill(ballast: Path) -> None:
    """Take every free byte beside the database."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)) == 4096:
                pass
        except OSError:
            return
