"""PINs: argon2 hashes in the vault, and tries that take longer and longer."""

from __future__ import annotations

import time
from typing import NoReturn

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from kiosk.core import desk, payload
from kiosk.core.api import Done
from kiosk.daemon.desk.parts import Actor, DeskParts, Do
from kiosk.daemon.refusal import refuse
from kiosk.daemon.store import PersonState
from kiosk.daemon.vault import Bound, VaultError

FREE_TRIES, FIRST_S, MOST_S = 3, 5.0, 900.0
FORMAT = "argon2id"
_EASY = ("123456", "654321", "012345")
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_DECOY = _hasher.hash("no PIN was given")


class Pins:
    """Sets and checks PINs; a PIN is never logged and never in the ledger."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._failed: dict[str, tuple[int, float]] = {}

    def commands(self) -> dict[type, Do]:
        """What of the API is answered here."""
        return {desk.SetPin: self.set}

    def set(self, command: desk.SetPin, actor: Actor) -> Done:
        """Give a person a PIN; the old one is gone from the vault."""
        parts, person = self._parts, self._parts.person(command.number)
        if not (command.pin.isascii() and command.pin.isdigit() and 6 <= len(command.pin) <= 12):
            refuse("bad_request", "a PIN has 6 to 12 digits", "choose another")
        if len(set(command.pin)) < 3 or command.pin in _EASY or command.pin in person.number:
            refuse("bad_request", "this PIN is easily guessed", "no repeated digits, no part of the NIP")
        old = parts.on_engine(lambda: parts.core.store.newest(payload.PinSet, person.person_id))
        sealed = parts.vault.put(person.person_id, "pin", "pin", FORMAT, _hasher.hash(command.pin).encode())
        parts.note(payload.PinSet(person_id=person.person_id, template_id=sealed.template_id))
        if old:
            parts.vault.remove(old.template_id)
        parts.admin(actor, "set_pin", person.person_id)
        return Done(f"PIN of {person.name} set")

    def check(self, person: PersonState | None, pin: str) -> PersonState:
        """The person, if the PIN is theirs. Raises `Refusal`, which never says which of the two was wrong."""
        key = person.person_id if person else "nobody"
        count, until_s = self._failed.get(key, (0, 0.0))
        if (left_s := until_s - time.monotonic()) > 0:
            refuse("not_allowed", f"too many wrong PINs: wait {round(left_s) + 1} s", "or use your finger")
        if person is not None and self._holds(person, pin):
            self._failed.pop(key, None)
            return person
        self._failed[key] = (count + 1, 0.0)
        self._refused(person)
        return self._wrong(key, count + 1)

    def _wrong(self, key: str, count: int) -> NoReturn:
        wait_s = min(MOST_S, FIRST_S * 2 ** (count - FREE_TRIES)) if count >= FREE_TRIES else 0.0
        self._failed[key] = (count, time.monotonic() + wait_s)
        refuse("not_allowed", "number or PIN is wrong", f"wait {round(wait_s)} s" if wait_s else "try again")

    def _holds(self, person: PersonState, pin: str) -> bool:
        parts = self._parts
        found = parts.on_engine(lambda: parts.core.store.newest(payload.PinSet, person.person_id))
        try:
            kept = _DECOY
            if found:
                kept = parts.vault.get(Bound(person.person_id, "pin", found.template_id, FORMAT)).decode()
            _hasher.verify(kept, pin)
            return found is not None
        except (VerifyMismatchError, InvalidHashError, VaultError):
            return False

    def _refused(self, person: PersonState | None) -> None:
        parts, at = self._parts, self._parts.now()
        who = person.person_id if person else None
        parts.on_engine(lambda: parts.core.refusals.add("wrong_pin", "screen", at.boot_ms, person_id=who))
