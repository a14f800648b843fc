"""What every part of the desk works with, and the small questions they all ask."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from kiosk.core import desk, payload
from kiosk.core.config import KioskConfig
from kiosk.core.identity import BadNumberError, parse_number
from kiosk.core.policy import Calendar, Policy
from kiosk.core.record import TimeBlock
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.engine import Engine
from kiosk.daemon.evidence import EvidenceStore
from kiosk.daemon.journal import Entry
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.photos import Photos
from kiosk.daemon.reader_worker import ReaderWorker
from kiosk.daemon.refusal import refuse
from kiosk.daemon.rules_files import RuleBook
from kiosk.daemon.store import PersonState
from kiosk.daemon.vault import Vault
from kiosk.daemon.waiting import Waiting

T = TypeVar("T")
ENGINE_S = 30.0
MAX_PHOTO_BYTES = 2 << 20
ADMIN_SOCKET = "socket:admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who gives a command: somebody who raised the screen, the admin socket, or anybody at the screen."""

    id: str
    name: str = ""

    @property
    def is_socket(self) -> bool:
        """Whether it is a technician on the admin socket."""
        return self.id == ADMIN_SOCKET


Do = Callable[[Any, Actor], object]


class Forget(Protocol):
    """How somebody is taken off the terminals."""

    def __call__(self, person: PersonState, *, erased: bool) -> tuple[str, ...]:
        """What of it has to wait, in words."""


Carry = Callable[[Mapping[str, bytes], float], list[str]]
"""Writes files to a stick: the one in the kiosk, or the next within so many seconds. Raises `Refusal`."""


@dataclass(frozen=True, slots=True)
class DeskParts:
    """Shared by every part of the desk."""

    config: KioskConfig
    book: RuleBook
    engine: Engine
    core: CoreState
    readers: dict[str, ReaderWorker]
    vault: Vault
    evidence: EvidenceStore
    keys: DeviceKeys
    waiting: Waiting
    photos: Photos
    forget: Forget = field(default=lambda person, *, erased: ())
    carry: Carry = field(default=lambda files, wait_s: refuse("not_found", "this kiosk takes no sticks"))

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.book.policy

    @property
    def calendar(self) -> Calendar:
        """The calendar in force."""
        return self.book.calendar

    @property
    def state_dir(self) -> Path:
        """Where the kiosk keeps everything."""
        return Path(self.config.state_dir)

    def on_engine(self, task: Callable[[], T]) -> T:
        """Run `task` where the store may be used."""
        future: Future[T] = self.engine.submit(task)
        return future.result(ENGINE_S)

    def note(self, record: payload.Payload, text: payload.NotePrivate | None = None) -> int:
        """Write one record as of now; its seq."""
        return self.on_engine(lambda: self.core.journal.write(Entry(record, self.now(), text))[0].seq)

    def admin(self, actor: Actor, action: str, subject: str = "", detail: str = "") -> int:
        """Put an act of authority on record."""
        return self.note(payload.Admin(actor=actor.id, action=action, subject=subject, detail=detail))

    def looked(self, actor: Actor, what: str, person_id: str = "") -> None:
        """Put on record who looked at whose record."""
        self.note(payload.Access(actor=actor.id, what=what, person_id=person_id))

    def number(self, text: str) -> str:
        """An identity number as it is kept. Raises `Refusal` naming the wrong part and whom to ask."""
        try:
            return parse_number(text).text
        except BadNumberError as error:
            refuse("bad_request", f"{text[:40]}: {error}", f"ask {error.ask}")

    def person(self, text: str) -> PersonState:
        """Whose number it is. Raises `Refusal`."""
        number = self.number(text)
        person = self.on_engine(lambda: self.core.store.person_by_number(number))
        if person is None:
            refuse("not_found", f"nobody here has the number {number}", "kioskctl people list | add")
        return person

    def active(self, text: str) -> PersonState:
        """The same, of somebody who may punch."""
        person = self.person(text)
        if not person.active:
            refuse("conflict", f"{person.name} is not active", "ask the unit's operator")
        return person

    def now(self) -> TimeBlock:
        """The kiosk's time."""
        return self.core.clock.now()

    def keep_photo(self, photo: bytes, seq: int, kind: str) -> None:
        """Encrypt a photo beside the record `seq` and put it on record. Raises `OSError`."""
        if photo:
            ledger_id = self.core.store.head.ledger_id
            kept = self.evidence.put(photo, ledger_id, seq, kind)
            self.note(payload.Evidence(
                punch_seq=seq, kind=kind, ciphertext_sha256=kept.ciphertext_sha256,
                size_bytes=kept.size_bytes,
            ))  # fmt: skip


def photo_of(text: desk.Photo) -> bytes:
    """The JPEG in a command's base64, empty for none. Raises `Refusal`."""
    try:
        photo = base64.b64decode(text, validate=True)
    except binascii.Error:
        refuse("bad_request", "the photo is not base64", "send a JPEG in base64")
    if photo and (not photo.startswith(b"\xff\xd8") or len(photo) > MAX_PHOTO_BYTES):
        refuse("bad_request", "the photo is no JPEG of at most 2 MB", "take it again, smaller")
    return photo
