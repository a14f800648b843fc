"""Reconciliation: each row of a terminal's log is in the ledger exactly once, however often it is read."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

from drivers.base.terminal import BadRow, Log, LogRow
from kiosk.core import payload
from kiosk.core.record import TimeBlock
from kiosk.daemon.journal import Entry, Journal
from kiosk.daemon.judge import Judge
from kiosk.daemon.store import Appended, KeptRow, PersonState, Store
from kiosk.daemon.terminal_cards import TerminalCards
from kiosk.daemon.terminal_keys import TerminalKeys
from kiosk.daemon.terminal_time import ClockWatch, time_of
from kiosk.daemon.terminal_untimed import Untimed
from kiosk.daemon.terminal_users import TerminalUsers

TURN_S = 0.006  # with the commit that ends it, under the lane's 20 ms
ROWS_A_LOOK = 128
GRADE = "B"
Append = Callable[[Entry], Appended]
Keyed = tuple[bytes, LogRow | BadRow]


@dataclass(frozen=True, slots=True)
class Source:
    """Which terminal the rows are of, what its clock is worth, and whether to give up (the kiosk stops)."""

    device: str
    serial: str
    watch: ClockWatch
    simulated: bool
    given_up: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What became of the rows of one reading; `waiting` are of users nobody knows, `bad` quarantined.

    `kept` are facts that made no punch: repeats and refusals.
    """

    known: int = 0
    punches: int = 0
    kept: int = 0
    waiting: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class _Where:
    """The terminal as its records name it."""

    device: str
    serial: str
    simulated: bool

    def kept(
        self, key: bytes, why: str, *, person_id: str | None = None, user_key: str | None = None
    ) -> payload.TerminalRow:
        """The record of a row that makes no punch."""
        return payload.TerminalRow(
            device=self.device, serial=self.serial, source_key=key.hex(), why=why[:80], person_id=person_id,
            user_key=user_key, simulated=self.simulated,
        )  # fmt: skip


class TerminalRows:
    """Turns rows into records; used on the engine's thread only."""

    def __init__(
        self, store: Store, journal: Journal, judge: Judge, users: TerminalUsers, keys: TerminalKeys,
        cards: TerminalCards,
    ) -> None:  # fmt: skip
        self._store, self._journal, self._judge = store, journal, judge
        self._users, self._keys, self._cards = users, keys, cards
        self._untimed = Untimed(store)

    def reconcile(self, source: Source, log: Log) -> Iterator[Reconciled]:
        """A bulk job: one turn a yield, the last value is the whole result. Raises `StoreError`."""
        self._correct(source)
        rows: Iterator[Keyed] = chain(
            self._keys.rows(source.serial, log.rows), self._keys.bad(source.serial, log.bad)
        )
        fresh: deque[Keyed] = deque()
        done, more = Reconciled(), True
        while more or fresh:
            end_s = time.monotonic() + TURN_S
            while more and not fresh and time.monotonic() < end_s:
                look = list(islice(rows, ROWS_A_LOOK))
                more = len(look) == ROWS_A_LOOK
                seen = self._store.sources_seen([key for key, _ in look])
                fresh.extend(keyed for keyed in look if keyed[0] not in seen)
                done = replace(done, known=done.known + len(seen))
            if fresh:
                done = self._turn(source, fresh, end_s, done)
            yield done
            if source.given_up():
                return

    def settle_waiting(self) -> Iterator[int]:
        """A bulk job: rows whose user is known by now become punches; the last value is how many."""
        after, settled = 0, 0
        while rows := self._store.waiting_rows(after, ROWS_A_LOOK // 4):
            after = rows[-1].key
            people = ((row, self._users.person(row.serial, row.row.user_id)) for row in rows)
            known = [(row, person) for row, person in people if person is not None]
            if known:
                with self._journal.batch() as append:
                    for row, person in known:
                        self._settle(row, person, append)
                self._cards.count_today()
                settled += len(known)
            yield settled
        yield settled

    def _turn(self, source: Source, fresh: deque[Keyed], end_s: float, done: Reconciled) -> Reconciled:
        self._cards.begin()
        with self._journal.batch() as append:
            while fresh:
                done = self._row(source, *fresh.popleft(), append, done)
                if time.monotonic() >= end_s:
                    break
        self._cards.committed()
        return done

    def _row(
        self, source: Source, key: bytes, row: LogRow | BadRow, append: Append, done: Reconciled
    ) -> Reconciled:
        where = _Where(source.device, source.serial, source.simulated)
        if isinstance(row, BadRow):
            private = payload.TerminalRowPrivate(raw=row.raw.hex())
            append(Entry(where.kept(key, row.why), self._journal.now(), private))
            return replace(done, bad=done.bad + 1)
        at = time_of(source.serial, row.wall, self._judge.zone, source.watch)
        private = payload.TerminalRowPrivate(raw=row.raw.hex(), user_id=row.user_id, wall=row.wall)
        person = self._users.person(source.serial, row.user_id)
        if person is None:
            kept = where.kept(key, "unknown_user", user_key=self._keys.user(row.user_id).hex())
            self._timed(source, append(Entry(kept, at, private)), at)
            if source.watch.is_fresh(at, self._journal.now()):
                self._cards.unknown(source.device, at)
            return replace(done, waiting=done.waiting + 1)
        fresh = source.watch.is_fresh(at, self._journal.now())
        entry = self._judged(where, key, person, at, private, fresh=fresh)
        self._timed(source, append(entry), at)
        if isinstance(entry.payload, payload.Punch):
            return replace(done, punches=done.punches + 1)
        return replace(done, kept=done.kept + 1)

    def _judged(
        self,
        where: _Where,
        key: bytes,
        person: PersonState,
        at: TimeBlock,
        private: payload.TerminalRowPrivate,
        *,
        fresh: bool = False,
    ) -> Entry:
        verdict = self._judge.verdict(person, at, "terminal")
        if fresh:
            self._cards.judged(where.device, person, verdict, at)
        if verdict.outcome != "take":
            return Entry(where.kept(key, verdict.code, person_id=person.person_id), at, private)
        punch = payload.Punch(
            person_id=person.person_id,
            method="terminal",
            device=where.device,
            grade=GRADE,
            shown=payload.Shown(
                verdict.code, verdict.direction, verdict.session, verdict.late_s, verdict.early_s
            ),
            place=self._judge.place,
            versions=self._judge.versions,
            source_key=key.hex(),
            simulated=where.simulated,
        )
        return Entry(punch, at)

    def _settle(self, row: KeptRow, person: PersonState, append: Append) -> None:
        append(
            self._judged(
                _Where(row.device, row.serial, row.simulated), row.source_key, person, row.at, row.row
            )
        )

    def _timed(self, source: Source, appended: Appended, at: TimeBlock) -> None:
        self._untimed.wrote(source.serial, source.watch, appended.seq, at)
        self._cards.written(appended.seq)

    def _correct(self, source: Source) -> None:
        """Rows written while no clock was to be believed get their time, now that one is."""
        due = self._untimed.due(source.serial, source.watch)
        if due:
            self._journal.note(*due)
