"""Rows written while no clock was to be believed: put right once one is, only if that is the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from drivers.base.terminal import Log, LogMark, LogRow
from kiosk.core import payload
from kiosk.core.config import KioskConfig, Site
from kiosk.core.policy import Calendar, Policy
from kiosk.core.record import decode_body
from kiosk.core.view import ClockView, LinkView, SiteView, View
from kiosk.core.zone import ZONES, wall_ms
from kiosk.daemon.clock import Clock
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.journal import Entry, Journal
from kiosk.daemon.judge import Judge
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.rules_files import RuleBook, Rules
from kiosk.daemon.store import Identity, Store
from kiosk.daemon.terminal_cards import TerminalCards
from kiosk.daemon.terminal_keys import TerminalKeys
from kiosk.daemon.terminal_rows import Source, TerminalRows
from kiosk.daemon.terminal_time import ClockWatch
from kiosk.daemon.terminal_users import TerminalUsers

HOUR_MS = 3_600_000
UNKNOWN = ClockWatch(None, 0, None)


class Kiosk:
    """The rows' half of a kiosk, in one thread; `again` is a restart of kioskd."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open()
        person = payload.Person(person_id="p1", category="PNS", active=True, source="test")
        words = payload.PersonPrivate(number="4711", name="Siti Aminah")
        self.journal.write(Entry(person, self.journal.now(), words))

    def open(self) -> None:
        clock = Clock(floor="2026-01-01", step_ms=2000)
        keys = DeviceKeys.load_or_create(self.folder / "keys")
        self.store = Store.open(
            self.folder, keys, Identity("dinas", "kiosk-1", "0.1"), clock.now(), reserve_mb=0
        )
        self.journal = Journal(self.store, clock, "WIB", lambda ledger_id, seq: None)
        view = View(
            revision=1, language="id", site=SiteView("x", "WIB"), clock=ClockView("none", 0),
            link=LinkView("off", 0), devices=(),
        )  # fmt: skip
        names, config = TerminalKeys(bytes(32)), KioskConfig(state_dir=str(self.folder), site=Site())
        judge = Judge(self.store, config, RuleBook(Rules(Policy(version="1"), Calendar())))
        users = TerminalUsers(self.store, self.journal, names)
        cards = TerminalCards(self.store, clock, ViewHub(view), "WIB", 3000)
        self.rows = TerminalRows(self.store, self.journal, judge, users, names, cards)

    def again(self) -> None:
        self.store.close()
        self.open()

    def punched(self, watch: ClockWatch, *walls: str, serial: str = "A") -> None:
        """The log of the terminal `serial` holds these rows of user 4711."""
        rows = tuple(LogRow("4711", wall, 0, 1, 0, wall.encode()) for wall in walls)
        source = Source("zk", serial, watch, False, lambda: False)
        for _ in self.rows.reconcile(source, Log(rows, (), len(rows), 0, LogMark(serial, 40, b""))):
            pass

    def was_set(self, serial: str = "A", before_ms: int | None = 5) -> None:
        self.journal.note(
            payload.TerminalClock(device="zk", serial=serial, what="set", before_ms=before_ms, after_ms=0)
        )

    def times(self) -> list[tuple[int, str, int | None]]:
        """Each punch's time as far as it is known now: UTC ms, source, uncertainty."""
        past = self.store.recent_punches("p1", 100)
        return [(one.at.wall_ms, one.at.source, one.at.uncertainty_ms) for one in past]

    def corrections(self) -> list[tuple[int, int]]:
        bodies = [row.body for row in self.store.records(self.store.head.ledger_id, 0, 1 << 30, 10_000)]
        made = [payload.from_data(r.type, r.data) for r in map(decode_body, bodies)]
        return [(one.from_seq, one.upto_seq) for one in made if isinstance(one, payload.Correction)]


def utc_ms(wall: str) -> int:
    return wall_ms(datetime.fromisoformat(wall).replace(tzinfo=ZONES["WIB"]))


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    made = Kiosk(tmp_path)
    yield made
    made.store.close()


Restart = Callable[[Kiosk], None]


@pytest.mark.parametrize("restart", [lambda kiosk: None, Kiosk.again], ids=["same run", "after a restart"])
def test_rows_get_their_time_once_the_clock_is_known(kiosk: Kiosk, restart: Restart) -> None:
    kiosk.punched(UNKNOWN, "2026-11-20T07:00:00", "2026-11-20T15:00:00")
    assert [source for _, source, _ in kiosk.times()] == ["none", "none"]
    restart(kiosk)
    ahead = ClockWatch(HOUR_MS, utc_ms("2026-11-21T00:00:00"), HOUR_MS)
    for _ in range(2):
        kiosk.punched(ahead)
    assert kiosk.times() == [
        (utc_ms("2026-11-20T06:00:00"), "terminal", HOUR_MS + 1500),
        (utc_ms("2026-11-20T14:00:00"), "terminal", HOUR_MS + 1500),
    ]
    assert len(kiosk.corrections()) == 1


@pytest.mark.parametrize("restart", [lambda kiosk: None, Kiosk.again], ids=["same run", "after a restart"])
def test_a_clock_that_was_set_meanwhile_says_nothing_about_earlier_rows(
    kiosk: Kiosk, restart: Restart
) -> None:
    days_off = ClockWatch(500 * 24 * HOUR_MS, utc_ms("2026-11-21T00:00:00"), 500 * 24 * HOUR_MS)
    kiosk.punched(days_off, "2026-11-20T07:00:00")
    kiosk.was_set()
    restart(kiosk)
    kiosk.punched(replace(days_off, offset_ms=0, changes=1), "2026-11-21T07:00:00")
    kiosk.punched(replace(days_off, offset_ms=0, changes=1))
    assert [source for _, source, _ in kiosk.times()] == ["none", "terminal"]
    assert kiosk.corrections() == []


@pytest.mark.parametrize("restart", [lambda kiosk: None, Kiosk.again], ids=["same run", "after a restart"])
def test_rows_with_a_believed_time_between_untimed_ones_keep_it(kiosk: Kiosk, restart: Restart) -> None:
    days_off = ClockWatch(30 * 24 * HOUR_MS, utc_ms("2026-11-19T00:00:00"), 0)
    kiosk.punched(days_off, "2026-11-20T07:00:00")
    kiosk.punched(days_off, "2026-12-20T12:00:00")
    kiosk.punched(days_off, "2026-11-20T15:00:00")
    assert [source for _, source, _ in kiosk.times()] == ["none", "terminal", "none"]
    restart(kiosk)
    kiosk.was_set("another terminal")
    kiosk.punched(ClockWatch(HOUR_MS, 0, HOUR_MS))
    assert [(at, source) for at, source, _ in kiosk.times()] == [
        (utc_ms("2026-11-20T06:00:00"), "terminal"), (utc_ms("2026-11-20T12:00:00"), "terminal"),
        (utc_ms("2026-11-20T14:00:00"), "terminal"),
    ]  # fmt: skip
    assert len(kiosk.corrections()) == 2


def test_a_first_look_at_a_clock_that_is_far_off_is_no_change_of_it(kiosk: Kiosk) -> None:
    kiosk.punched(UNKNOWN, "2026-11-20T07:00:00")
    kiosk.again()
    kiosk.journal.note(
        payload.TerminalClock(device="zk", serial="A", what="jump", before_ms=None, after_ms=HOUR_MS)
    )
    kiosk.punched(ClockWatch(HOUR_MS, 0, HOUR_MS))
    assert [source for _, source, _ in kiosk.times()] == ["terminal"]
