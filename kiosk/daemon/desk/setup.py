"""The first run and its mending: the first administrator, a lost PIN given anew offline, the time by hand."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from typing import NamedTuple

from kiosk.core import api, codes, payload, setup
from kiosk.core.api import Done
from kiosk.core.exchange import SealError, receive_public
from kiosk.core.zone import ZONES, wall_ms
from kiosk.daemon.desk.parts import Actor, DeskParts, Do
from kiosk.daemon.desk.pins import Pins, check_form
from kiosk.daemon.desk.staff import Staff
from kiosk.daemon.desk.tries import Tries
from kiosk.daemon.durable import sync_folder, write_durably
from kiosk.daemon.refusal import refuse
from kiosk.daemon.store import PersonState

CODE_FILE = "admin-code"
CODE_HOLDER = Actor("code:admin")
MOST_TRIES = 5
SET_WITHIN_MS = 60_000


class _Asked(NamedTuple):
    challenge: codes.Challenge
    wrong: int


class Setup:
    """What somebody without authority may do to get it, if they can show that they should have it."""

    def __init__(self, parts: DeskParts, pins: Pins, staff: Staff) -> None:
        self._parts, self._pins, self._staff = parts, pins, staff
        self._tries = Tries(parts.state_dir / "wrong-codes.json")
        self._asked: dict[str, _Asked] = {}

    def commands(self) -> dict[type, Do]:
        """What of the API is answered here."""
        return {
            setup.MakeCode: self.make_code, setup.ClaimAdmin: self.claim, setup.AskReset: self.ask,
            setup.ResetPin: self.reset, setup.SetClock: self.clock,
        }  # fmt: skip

    def show(self) -> None:
        """Tell the screen whether there is anybody yet who can raise it; on the engine's thread."""
        store = self._parts.core.store
        roles = {row.record.person_id: row.record.role for row in store.desk(payload.RoleSet)}
        with_pin = {row.record.person_id for row in store.desk(payload.PinSet)}
        able = [one for one, role in roles.items() if role != "none" and one in with_pin]
        people = [store.person(one) for one in able]
        self._parts.core.hub.change(first_run=not any(one and one.active for one in people))

    def make_code(self, command: setup.MakeCode, actor: Actor) -> setup.Code:
        """Only through the admin socket."""
        code = f"{secrets.randbelow(10**codes.CODE_DIGITS):0{codes.CODE_DIGITS}}"
        kept = codes.kept_form(code, secrets.token_bytes(16))
        write_durably(self._parts.state_dir / CODE_FILE, kept.encode())
        self._parts.admin(actor, "admin_code")
        return setup.Code(codes.grouped(code))

    def claim(self, command: setup.ClaimAdmin, actor: Actor) -> Done:
        """The code, then everything else is checked before it is used up."""
        parts, file = self._parts, self._parts.state_dir / CODE_FILE
        self._tries.allow("code", "ask the technician for a new code")
        kept = file.read_text(encoding="ascii") if file.exists() else ""
        if not kept:
            refuse("not_found", "no code was made for this kiosk", "kioskctl admin code")
        if not codes.is_code(kept, command.code):
            self._refused("wrong_code")
            self._tries.wrong("code", "this is not the code")
        check_form(command.pin, command.number)
        person = self._known(command)
        self._tries.right("code")
        file.unlink(missing_ok=True)
        sync_folder(file.parent)
        self._pins.give(person, command.pin, CODE_HOLDER)
        parts.note(payload.RoleSet(person_id=person.person_id, role=command.role, actor=CODE_HOLDER.id))
        self._staff.lift(person, command.role)
        return Done(person.name)

    def ask(self, command: setup.AskReset, actor: Actor) -> setup.ResetAsked:
        """The same challenge until it is answered, or answered wrongly too often."""
        person = self._with_role(command.number)
        asked = self._asked.get(person.person_id)
        if asked is None:
            self._tries.allow(person.person_id, "or let another operator give a new PIN")
            device = self._parts.config.device
            digits = f"{secrets.randbelow(10**codes.CHALLENGE_DIGITS):0{codes.CHALLENGE_DIGITS}}"
            key = self._parts.keys.receive_public
            asked = _Asked(codes.Challenge(device.tenant, device.id, key, digits), 0)
            self._asked[person.person_id] = asked
        return setup.ResetAsked(person.name, codes.grouped(asked.challenge.digits), asked.challenge.text)

    def reset(self, command: setup.ResetPin, actor: Actor) -> Done:
        """The new PIN counts at once; their finger is wanted beside it as ever."""
        person = self._with_role(command.number)
        self._tries.allow(person.person_id, "or let another operator give a new PIN")
        asked = self._asked.get(person.person_id)
        if asked is None:
            refuse("conflict", "no challenge is open", "ask for one first")
        check_form(command.pin, person.number)
        signer = self._signer(asked.challenge, command.answer)
        if not signer:
            self._refused("wrong_answer", person.person_id)
            wrong = asked._replace(wrong=asked.wrong + 1)
            self._asked[person.person_id] = wrong
            if wrong.wrong >= MOST_TRIES:
                del self._asked[person.person_id]
            self._tries.wrong(person.person_id, "this is not the answer")
        del self._asked[person.person_id]
        self._tries.right(person.person_id)
        self._pins.give(person, command.pin, Actor(f"answer:{signer}"))
        return Done(person.name)

    def clock(self, command: setup.SetClock, actor: Actor) -> Done:
        """Believed as little as any operator: every other source goes before it."""
        parts = self._parts
        try:
            moment = datetime.fromisoformat(command.local).replace(tzinfo=ZONES[parts.config.site.zone])
        except ValueError:
            refuse("bad_request", f"{command.local!r} is no time", "2026-03-02 07:10")
        boot_ms = parts.now().boot_ms

        def task() -> bool:
            return parts.core.timekeeper.learn("operator", wall_ms(moment), boot_ms, SET_WITHIN_MS)

        if not parts.on_engine(task):
            source = parts.now().source
            hint = "it is not changed" if source != "none" else "it is before times that have surely passed"
            refuse("conflict", f"the time is known from {source}", hint)
        parts.admin(actor, "set_clock", detail=command.local)
        return Done(command.local)

    def _known(self, command: setup.ClaimAdmin) -> PersonState:
        parts = self._parts
        number = parts.number(command.number)
        person = parts.on_engine(lambda: parts.core.store.person_by_number(number))
        if person is None or not person.active:
            name = command.name or (person.name if person else "")
            row = api.PersonRow(1, number, name, active=True)
            put = parts.engine.submit_bulk(lambda: parts.core.roster.put(api.PutPeople((row,)))).result(30.0)
            if put.errors:
                refuse("bad_request", put.errors[0].message, "a name is wanted")
        return parts.person(number)

    def _with_role(self, number: str) -> PersonState:
        parts = self._parts
        person = parts.active(number)
        given = parts.on_engine(lambda: parts.core.store.newest(payload.RoleSet, person.person_id))
        if given is None or given.role == "none":
            refuse("not_allowed", f"{person.name} has no role here", "an operator gives them a PIN")
        return person

    def _signer(self, challenge: codes.Challenge, answer: str) -> str:
        """Whose key the answer was made with; empty for nobody's."""
        config = self._parts.config
        for name, key in (("centre", config.sync.centre_key), ("technician", config.control.technician_key)):
            if not key:
                continue
            try:
                shared = self._parts.keys.agreed(receive_public(bytes.fromhex(key)))
            except SealError:
                continue
            if hmac.compare_digest(codes.answer_to(shared, challenge), answer):
                return name
        return ""

    def _refused(self, cause: str, person_id: str | None = None) -> None:
        parts, at = self._parts, self._parts.now()
        parts.on_engine(lambda: parts.core.refusals.add(cause, "screen", at.boot_ms, person_id=person_id))
