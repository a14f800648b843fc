"""Presence checks: called by schedule, centre or operator; confirmed by a tap; the rest are listed."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import NamedTuple

from kiosk.core import desk, payload
from kiosk.core.api import Done
from kiosk.core.policy import PresenceRule
from kiosk.core.presence import moments
from kiosk.core.record import TimeBlock
from kiosk.core.view import Card, PresenceView
from kiosk.core.zone import local
from kiosk.daemon.desk.parts import Actor, DeskParts, Do
from kiosk.daemon.refusal import refuse
from kiosk.daemon.seen import FingerSeen
from kiosk.daemon.store import PersonState

MOST_NAMED = 400
LATE_S = 60  # a scheduled moment missed by more (the kiosk was off) is not made up for


class _Open(NamedTuple):
    check_id: str
    unit: str
    until_boot_ms: int
    until_ms: int
    expected: frozenset[str]
    confirmed: set[str]


class Presence:
    """Everything but the commands runs on the engine's thread."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._open: _Open | None = None
        self._seed = ""
        self._done: tuple[date | None, int] = (None, 0)

    def commands(self) -> dict[type, Do]:
        """What of the API is answered here."""
        return {desk.CallPresence: self.call, desk.GetPresence: self.checks}

    def call(self, command: desk.CallPresence, actor: Actor) -> Done:
        """Ask everybody now."""
        parts = self._parts
        if not parts.on_engine(lambda: self._begin(command.by, command.window_s, command.unit)):
            refuse("conflict", "a presence check is open already", "wait until it ends")
        parts.admin(actor, "call_presence", command.unit)
        return Done("called")

    def checks(self, command: desk.GetPresence, actor: Actor) -> desk.PresenceList:
        """The checks of a day with the rest by name."""
        parts, zone = self._parts, self._parts.config.site.zone
        day = command.day or local(parts.now().wall_ms, zone).date().isoformat()
        parts.looked(actor, "presence")
        return parts.on_engine(lambda: desk.PresenceList(tuple(
            self._state(row.wall_ms, row.record)
            for row in parts.core.store.desk(payload.PresenceCalled)
            if local(row.wall_ms, zone).date().isoformat() == day
        )))  # fmt: skip

    def tap(self, person: PersonState, seen: FingerSeen) -> bool:
        """A finger while a check is open confirms it, once."""
        check = self._open
        if check is None or person.person_id not in check.expected or not person.active:
            return False
        if seen.at.boot_ms > check.until_boot_ms:
            return False
        if person.person_id not in check.confirmed:
            self._parts.core.journal.note(payload.PresenceSeen(
                check_id=check.check_id, person_id=person.person_id, device=seen.device
            ))  # fmt: skip
            check.confirmed.add(person.person_id)
            self._show()
        self._parts.core.hub.show(Card(
            number=0, kind="taken", code="confirmed", name=person.name,
            show_ms=round(self._parts.config.screen.result_s * 1000),
            at_ms=seen.at.wall_ms, trusted=seen.at.trusted, device=seen.device,
        ))  # fmt: skip
        return True

    def tick(self, now: TimeBlock) -> None:
        """Close what is over, call what is due."""
        if self._open and now.boot_ms >= self._open.until_boot_ms:
            self._close(self._open)
        rule = self._parts.policy.presence
        if rule.per_day and now.trusted and self._open is None:
            self._by_schedule(rule, local(now.wall_ms, self._parts.config.site.zone))

    def _by_schedule(self, rule: PresenceRule, moment: datetime) -> None:
        day, second = moment.date(), moment.hour * 3600 + moment.minute * 60 + moment.second
        if self._done[0] != day:
            self._seed = secrets.token_hex(8)
            called = [
                row for row in self._parts.core.store.desk(payload.PresenceCalled)
                if row.record.by == "schedule"
                and local(row.wall_ms, self._parts.config.site.zone).date() == day
            ]  # fmt: skip
            self._seed = called[-1].record.seed if called else self._seed
            self._done = (day, len(called))
        due = moments(rule, day, self._seed)[self._done[1] :]
        if due and due[0] <= second:
            self._done = (day, self._done[1] + 1)
            if second <= due[0] + LATE_S:
                self._begin("schedule", rule.window_s, "", self._seed)

    def _begin(self, by: str, window_s: int, unit: str, seed: str = "") -> bool:
        if self._open is not None:
            return False
        parts, now, check_id = self._parts, self._parts.now(), secrets.token_hex(8)
        parts.core.journal.note(payload.PresenceCalled(
            check_id=check_id, by=by, window_s=window_s, unit=unit, seed=seed,  # type: ignore[arg-type]
        ))  # fmt: skip
        expected = frozenset(person.person_id for person in self._expected(unit, now.wall_ms)[0])
        self._open = _Open(
            check_id, unit, now.boot_ms + window_s * 1000, now.wall_ms + window_s * 1000, expected, set()
        )
        self._show()
        return True

    def _close(self, check: _Open) -> None:
        self._open = None
        _, excused = self._expected(check.unit, check.until_ms)
        rest = sorted(check.expected - check.confirmed)
        self._parts.core.journal.note(payload.PresenceClosed(
            check_id=check.check_id, confirmed=len(check.confirmed), excused=len(excused), missing=len(rest),
            rest=tuple(rest[:MOST_NAMED]),
        ))  # fmt: skip
        self._parts.core.hub.change(presence=None)

    def _show(self) -> None:
        if self._open:
            self._parts.core.hub.change(presence=PresenceView(
                check_id=self._open.check_id, until_ms=self._open.until_ms,
                confirmed=len(self._open.confirmed), expected=len(self._open.expected),
            ))  # fmt: skip

    def _expected(self, unit: str, at_ms: int) -> tuple[list[PersonState], list[tuple[PersonState, str]]]:
        """Who should confirm, and who is excused by which absence."""
        store, day = self._parts.core.store, local(at_ms, self._parts.config.site.zone).date()
        expected, excused = list[PersonState](), list[tuple[PersonState, str]]()
        for person in store.everybody(unit):
            away = store.subject_of(person).absence(day)
            if away and not away.half:
                excused.append((person, away.kind))
            else:
                expected.append(person)
        return expected, excused

    def _state(self, wall_ms: int, called: payload.PresenceCalled) -> desk.PresenceState:
        store, zone = self._parts.core.store, self._parts.config.site.zone
        seen = {row.record.person_id for row in store.desk(payload.PresenceSeen, subject=called.check_id)}
        closed = store.desk(payload.PresenceClosed, subject=called.check_id)
        expected, excused = self._expected(called.unit, wall_ms)
        rest = set(closed[0].record.rest) if closed else {p.person_id for p in expected} - seen
        return desk.PresenceState(
            check_id=called.check_id, by=called.by, window_s=called.window_s, seed=called.seed,
            called_local=local(wall_ms, zone).isoformat(sep=" ", timespec="seconds")[:19],
            open=bool(self._open and self._open.check_id == called.check_id),
            confirmed=tuple(p.name for p in expected if p.person_id in seen),
            excused=tuple(f"{p.name} ({why})" for p, why in excused),
            rest=tuple(p.name for p in (store.person(one) for one in sorted(rest)) if p),
        )  # fmt: skip
