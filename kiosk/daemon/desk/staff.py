"""Roles, the raised screen, and absences that an operator enters."""

from __future__ import annotations

import secrets
import threading
from datetime import date
from typing import Literal

from kiosk.core import desk, payload
from kiosk.core.api import Done
from kiosk.core.view import FlowView, RaisedView
from kiosk.daemon.desk.parts import ADMIN_SOCKET, Actor, DeskParts, Do
from kiosk.daemon.desk.pins import Pins
from kiosk.daemon.refusal import refuse
from kiosk.daemon.roster import CENTRE
from kiosk.daemon.store import PersonState

RAISED_MS = 120_000
LONGEST_DAYS = 1_100
NOBODY = Actor("screen")


class Staff:
    """Who may do what, and who is away."""

    def __init__(self, parts: DeskParts, pins: Pins) -> None:
        self._parts, self._pins = parts, pins
        self._lock = threading.Lock()
        self._raised: tuple[Actor, int] | None = None

    def commands(self) -> dict[type, Do]:
        """What of the API is answered here."""
        return {
            desk.PutRole: self.role, desk.Raise: self.raise_, desk.Lower: self.lower,
            desk.PutAbsence: self.put_absence, desk.DropAbsence: self.drop_absence,
            desk.GetAbsences: self.absences,
        }  # fmt: skip

    def actor(self, authority: str) -> Actor:
        """Who speaks: the admin socket, whoever raised the screen (for two minutes more), or anybody."""
        if authority == "admin":
            return Actor(ADMIN_SOCKET)
        if authority == CENTRE:
            return Actor(CENTRE)
        with self._lock:
            if self._raised is None:
                return NOBODY
            actor, _ = self._raised
            self._raised = (actor, self._parts.now().boot_ms + RAISED_MS)
        return actor

    def tick(self) -> None:
        """Lower the screen when its time is over."""
        with self._lock:
            over = self._raised is not None and self._parts.now().boot_ms >= self._raised[1]
            if over:
                self._raised = None
        if over:
            self._parts.core.hub.change(raised=None)

    def role(self, command: desk.PutRole, actor: Actor) -> Done:
        """Only through the admin socket."""
        person = self._parts.person(command.number)
        self._parts.note(payload.RoleSet(person_id=person.person_id, role=command.role, actor=actor.id))
        return Done(f"{person.name}: {command.role}")

    def raise_(self, command: desk.Raise, actor: Actor) -> Done:
        """PIN, then the same person's finger: two factors."""
        parts, store = self._parts, self._parts.core.store
        found = parts.on_engine(lambda: store.person_by_number(command.number))
        person = self._pins.check(found, command.pin)
        given = parts.on_engine(lambda: store.newest(payload.RoleSet, person.person_id))
        if given is None or given.role == "none":
            refuse("not_allowed", f"{person.name} has no role here", "kioskctl people role NIP operator")
        flow = FlowView(name="raise", step="finger", person=person.name)
        parts.waiting.finger(flow, command.wait_s, lambda one: one.person_id == person.person_id)
        self.lift(person, given.role)
        return Done(person.name)

    def lift(self, person: PersonState, role: Literal["operator", "technician", "head"]) -> None:
        """Raise the screen for somebody who has shown who they are."""
        parts, now = self._parts, self._parts.now()
        with self._lock:
            self._raised = (Actor(person.person_id, person.name), now.boot_ms + RAISED_MS)
        parts.admin(Actor(person.person_id), "raise", detail=role)
        parts.core.hub.change(
            raised=RaisedView(name=person.name, role=role, until_ms=now.wall_ms + RAISED_MS)
        )

    def lower(self, command: desk.Lower, actor: Actor) -> Done:
        """Done at once."""
        with self._lock:
            self._raised = None
        self._parts.core.hub.change(raised=None)
        return Done()

    def put_absence(self, command: desk.PutAbsence, actor: Actor) -> Done:
        """Leave, permission, sickness, field duty."""
        person = self._parts.person(command.number)
        try:
            first, last = date.fromisoformat(command.first), date.fromisoformat(command.last)
        except ValueError:
            refuse("bad_request", "first and last are days such as 2026-03-02", "check the dates")
        if not 0 <= (last - first).days <= LONGEST_DAYS:
            refuse("bad_request", "it ends before it begins, or lasts for years", "check the dates")
        absence = payload.Absence(
            absence_id=secrets.token_hex(8), person_id=person.person_id, kind=command.kind,
            first=first.isoformat(), last=last.isoformat(), source=actor.id, half=command.half,
        )  # fmt: skip
        text = payload.NotePrivate(letter=command.letter, note=command.note)
        self._parts.note(absence, text if command.letter or command.note else None)
        return Done(absence.absence_id)

    def drop_absence(self, command: desk.DropAbsence, actor: Actor) -> Done:
        """It is taken back."""
        store = self._parts.core.store
        rows = self._parts.on_engine(lambda: store.desk(payload.Absence, subject=command.absence_id))
        if not rows:
            refuse("not_found", "no such absence", "kioskctl absence list")
        self._parts.note(payload.AbsenceDropped(
            absence_id=command.absence_id, person_id=rows[0].record.person_id, actor=actor.id
        ))  # fmt: skip
        return Done()

    def absences(self, command: desk.GetAbsences, actor: Actor) -> desk.Absences:
        """With their notes; on record as looked at."""
        parts, store = self._parts, self._parts.core.store
        person_id = parts.person(command.number).person_id if command.number else None
        parts.looked(actor, "absences", person_id or "")
        return parts.on_engine(lambda: desk.Absences(tuple(
            desk.AbsenceRow(
                absence_id=row.record.absence_id, number=who.number, name=who.name, kind=row.record.kind,
                first=row.record.first, last=row.record.last, half=row.record.half, letter=row.text.letter,
                note=row.text.note,
            )
            for row in store.desk(payload.Absence, person_id=person_id)
            if (who := store.person(row.record.person_id))
        )))  # fmt: skip
