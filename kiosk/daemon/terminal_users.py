"""Whose a terminal's user is, and which user ids people get on it.

A terminal's user ids are its own: user 7 of one is not user 7 of another. A user is known by the mapping on
record for that terminal, or because the user id is somebody's identity number. An 18-digit NIP does not fit
the nine characters of most terminals: then a short number is chosen, the same everywhere if it is free.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import count

from drivers.base.terminal import TerminalUser
from kiosk.core import api, payload
from kiosk.core.identity import BadNumberError, parse_number
from kiosk.daemon.journal import Entry, Journal
from kiosk.daemon.store import PersonState, Store
from kiosk.daemon.terminal_keys import TerminalKeys

EVERYBODY = 100_000
WIDTH = 9


class TerminalUsers:
    """Used on the engine's thread only. Raises `StoreError`."""

    def __init__(self, store: Store, journal: Journal, keys: TerminalKeys) -> None:
        self._store, self._journal, self._keys = store, journal, keys
        self._leaving: set[str] = set()

    def person(self, serial: str, user_id: str) -> PersonState | None:
        """Who the user `user_id` of the terminal `serial` is."""
        person_id = self._store.person_id_by_terminal_user(serial, self._keys.user(user_id))
        if person_id is not None:
            return self._store.person(person_id)
        try:
            return self._store.person_by_number(parse_number(user_id).text)
        except BadNumberError:
            return None

    def map(self, serial: str, user_id: str, person: PersonState, actor: str) -> None:
        """Put on record that this user is `person`; rows of theirs that wait are settled later."""
        self._journal.write(self._mapping(serial, user_id, person.person_id, actor))

    def ids_of(self, serial: str, person: PersonState) -> list[str]:
        """What the person may be on this terminal; that it is their number is on record from now on."""
        ids = [
            u.user_id for u in self._store.terminal_users()
            if (u.serial, u.person_id) == (serial, person.person_id) and u.user_id
        ]  # fmt: skip
        if person.number in ids:
            return ids
        if _fitting(person.number, WIDTH):
            self._journal.write(self._mapping(serial, person.number, person.person_id, "kiosk"))
        return [*ids, person.number]

    def leaves(self, person: PersonState) -> None:
        """The person is being erased: from now on they are put on no terminal."""
        self._leaving.add(person.person_id)

    def erased_on(self, serial: str) -> bool:
        """Whether somebody who was on this terminal has been erased."""
        return any(user.serial == serial and not user.user_id for user in self._store.terminal_users())

    def wanted(self, serial: str, there: Collection[TerminalUser], width: int) -> list[TerminalUser]:
        """Active people who are not on the terminal, each as a user for it; new mappings are on record."""
        ids = {user.user_id for user in there}
        mapped = self._mapped(serial)
        free = self._free_ids(ids)
        missing: list[TerminalUser] = []
        entries: list[Entry] = []
        for person in self._store.people(api.GetPeople(limit=EVERYBODY)).people:
            if not person.active or person.person_id in self._leaving:
                continue
            user_id = mapped.get(person.person_id, "")
            if not user_id:
                fitting = _fitting(person.number, width)
                user_id = fitting if fitting not in mapped.values() else ""
                user_id = user_id or self._elsewhere(person.person_id, serial, ids) or next(free)
                entries.append(self._mapping(serial, user_id, person.person_id, "kiosk"))
            if user_id not in ids:
                missing.append(TerminalUser(0, user_id, person.name))
        if entries:
            self._journal.write(*entries)
        return missing

    def _mapped(self, serial: str) -> dict[str, str]:
        return {
            u.person_id: u.user_id for u in self._store.terminal_users() if u.serial == serial and u.user_id
        }

    def _elsewhere(self, person_id: str, serial: str, ids: Collection[str]) -> str:
        """The id the person has on another terminal, if it is free on this one."""
        for user in self._store.terminal_users():
            if user.person_id == person_id and user.serial != serial and user.user_id not in {"", *ids}:
                return user.user_id
        return ""

    def _free_ids(self, ids: Collection[str]) -> Iterator[str]:
        taken = {*ids, *(user.user_id for user in self._store.terminal_users())}
        everybody = self._store.people(api.GetPeople(limit=EVERYBODY)).people
        taken |= {person.number for person in everybody}
        return (str(number) for number in count(1) if str(number) not in taken)

    def _mapping(self, serial: str, user_id: str, person_id: str, actor: str) -> Entry:
        mapping = payload.TerminalUser(
            person_id=person_id, serial=serial, user_key=self._keys.user(user_id).hex(), actor=actor
        )
        return Entry(mapping, self._journal.now(), payload.TerminalUserPrivate(user_id=user_id))


def _fitting(number: str, width: int) -> str:
    """An identity number that can itself be the user id: a plain number, short enough."""
    plain = number.isascii() and number.isdigit() and not number.startswith("0")
    return number if plain and len(number) <= (width or WIDTH) else ""
