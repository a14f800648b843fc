"""PINs: argon2 hashes in the vault, and tries that take longer and longer."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from kiosk.core import desk, payload
from kiosk.core.api import Done
from kiosk.core.pin import LEAST, MOST, pin_fault
from kiosk.daemon.desk.parts import Actor, DeskParts, Do
from kiosk.daemon.desk.tries import Tries
from kiosk.daemon.refusal import refuse
from kiosk.daemon.store import PersonState
from kiosk.daemon.vault import Bound, VaultError

FORMAT = "argon2id"
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class Pins:
    """Sets and checks PINs; a PIN is never logged and never in the ledger."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._tries = Tries(parts.state_dir / "wrong-pins.json")

    def commands(self) -> dict[type, Do]:
        """What of the API is answered here."""
        return {desk.SetPin: self.set}

    def set(self, command: desk.SetPin, actor: Actor) -> Done:
        """Give a person a PIN; the old one is gone from the vault."""
        person = self._parts.person(command.number)
        self.give(person, command.pin, actor)
        return Done(f"PIN of {person.name} set")

    def give(self, person: PersonState, pin: str, actor: Actor) -> None:
        """The same for somebody known. Raises `Refusal` for a PIN that is easily guessed."""
        parts = self._parts
        check_form(pin, person.number)
        old = parts.on_engine(lambda: parts.core.store.newest(payload.PinSet, person.person_id))
        sealed = parts.vault.put(person.person_id, "pin", "pin", FORMAT, _hasher.hash(pin).encode())
        parts.note(payload.PinSet(person_id=person.person_id, template_id=sealed.template_id))
        if old:
            parts.vault.remove(old.template_id)
        parts.admin(actor, "set_pin", person.person_id)
        self._tries.right(person.person_id)

    def check(self, person: PersonState | None, pin: str) -> PersonState:
        """The person, if the PIN is theirs. Raises `Refusal`, which never says which of the two was wrong."""
        key = person.person_id if person else "nobody"
        self._tries.allow(key, "or use your finger")
        if person is not None and self._holds(person, pin):
            self._tries.right(key)
            return person
        self._refused(person)
        return self._tries.wrong(key, "number or PIN is wrong")

    def _holds(self, person: PersonState, pin: str) -> bool:
        parts = self._parts
        found = parts.on_engine(lambda: parts.core.store.newest(payload.PinSet, person.person_id))
        try:
            kept = _decoy()
            if found:
                kept = parts.vault.get(Bound(found.person_id, "pin", found.template_id, FORMAT)).decode()
            _hasher.verify(kept, pin)
            return found is not None
        except (VerifyMismatchError, InvalidHashError, VaultError):
            return False

    def _refused(self, person: PersonState | None) -> None:
        parts, at = self._parts, self._parts.now()
        who = person.person_id if person else None
        parts.on_engine(lambda: parts.core.refusals.add("wrong_pin", "screen", at.boot_ms, person_id=who))


def check_form(pin: str, number: str) -> None:
    """Raises `Refusal` for what is no PIN, or easily guessed."""
    fault = pin_fault(pin, number)
    if fault == "form":
        refuse("bad_request", f"a PIN has {LEAST} to {MOST} digits", "choose another")
    if fault:
        refuse("bad_request", "this PIN is easily guessed", "no repeated digits, no part of the NIP")


@cache
def _decoy() -> str:
    """What a PIN is compared with where none is set; made when first wanted, a start must not wait for it."""
    return _hasher.hash("no PIN was given")
