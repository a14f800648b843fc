"""The gallery: whose face templates kiosk-face is given, all at first and every change after."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from kiosk.core import payload
from kiosk.core.facing import PEOPLE_A_LINE, DropPerson, FromDaemon, Person, PutPeople
from kiosk.daemon.face_socket import Order
from kiosk.daemon.store import Store, StoreReader, TemplateState
from kiosk.daemon.vault import Bound, Vault, VaultError

log = logging.getLogger(__name__)
FACE: Literal["face"] = "face"
"""The purpose of these templates in the vault."""


class FaceGallery:
    """`changed` belongs to the engine, what it gives and `whole` to the writer of the face socket."""

    def __init__(self, state_dir: Path, vault: Vault) -> None:
        self._state_dir, self._vault = state_dir, vault
        self._given: set[str] = set()

    def whole(self) -> Iterator[PutPeople]:
        """Everybody who may punch and has a face enrolled, as it stands in the store now."""
        with StoreReader.open(self._state_dir) as reader, reader.snapshot():
            templates = reader.templates(purpose=FACE)
            active = {person.person_id for person in reader.everybody()}
        mine = [t for t in templates if t.person_id in active]
        people = [(who, list(some)) for who, some in itertools.groupby(_by_person(mine), _person_of)]
        self._given = {who for who, _ in people}
        starts = range(0, len(people), PEOPLE_A_LINE) if people else range(1)
        for start in starts:
            some = [self._person(who, theirs) for who, theirs in people[start : start + PEOPLE_A_LINE]]
            yield PutPeople(
                people=tuple(p for p in some if p.templates), whole=start == 0, done=start == starts[-1]
            )

    def formats(self) -> dict[str, int]:
        """How many face templates of each engine family there are; any thread."""
        with StoreReader.open(self._state_dir) as reader:
            return reader.template_formats(FACE)

    def changed(self, record: payload.Payload, store: Store) -> Order | None:
        """What must be told now that `record` is committed, if anything."""
        if isinstance(record, payload.Enrolment) and record.purpose != FACE:
            return None
        if not isinstance(
            record, (payload.Person, payload.Enrolment, payload.TemplateRemoved, payload.Alias)
        ):
            return None
        templates = store.templates(record.person_id, purpose=FACE)
        if not templates and record.person_id not in self._given:
            return None
        person = store.person(record.person_id)
        active = person is not None and person.active
        return lambda: self._one(record.person_id, templates if active else [])

    def _one(self, person_id: str, templates: list[TemplateState]) -> Iterable[FromDaemon]:
        now = templates[0].person_id if templates else ""
        if person_id in self._given and now != person_id:
            self._given.discard(person_id)
            yield DropPerson(person_id=person_id)
        if templates and (person := self._person(now, templates)).templates:
            self._given.add(now)
            yield PutPeople(people=(person,))

    def _person(self, person_id: str, templates: Iterable[TemplateState]) -> Person:
        opened = (self._open(template) for template in templates)
        return Person(person_id, tuple(content for content in opened if content is not None))

    def _open(self, template: TemplateState) -> bytes | None:
        try:
            return self._vault.get(Bound.of(template))
        except VaultError as error:
            log.warning("%s; %s", error, error.hint)
            return None


def _by_person(templates: list[TemplateState]) -> list[TemplateState]:
    return sorted(templates, key=_person_of)


def _person_of(template: TemplateState) -> str:
    return template.person_id
