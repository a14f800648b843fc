"""Enrolment of a finger: two captures, never the same finger twice, the template in the vault at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from drivers.base.errors import Full, Rejected, Unavailable
from drivers.base.reader import NoFinger, Reader, ReaderInfo
from kiosk.core import api, payload
from kiosk.core.view import Card
from kiosk.daemon.engine import Engine
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.journal import Journal
from kiosk.daemon.refusal import refuse
from kiosk.daemon.store import PersonState, Store, TemplateState
from kiosk.daemon.vault import Sealed, Vault

log = logging.getLogger(__name__)
ENGINE_S = 10.0
LIFT_POLL_S = 0.1
LOOK_S = 1.0
T = TypeVar("T")
Emit = Callable[[object], None]


@dataclass(frozen=True, slots=True)
class EnrolJob:
    """Who is enrolled, with which finger, until when or `given_up`; `emit` gets each `EnrolStep`."""

    person: PersonState
    finger: str
    emit: Emit
    deadline_s: float
    given_up: threading.Event = field(default_factory=threading.Event)


class Enrolments:
    """Enrols and removes fingers. Runs on a reader's thread; what touches the store goes to the engine."""

    def __init__(self, engine: Engine, store: Store, journal: Journal, vault: Vault, hub: ViewHub) -> None:
        self._engine, self._store, self._journal = engine, store, journal
        self._vault, self._hub = vault, hub
        self._jobs: list[EnrolJob] = []

    def cancel(self) -> None:
        """Give up whatever waits for a finger; from any thread."""
        for job in tuple(self._jobs):
            job.given_up.set()

    def enrol(self, reader: Reader, job: EnrolJob) -> api.Enrolled:
        """Drive the whole dialogue on `reader`. Raises `Refusal` and `DeviceError`."""
        self._jobs.append(job)
        try:
            return self._enrol(reader, job)
        except Exception:
            if job.given_up.is_set():
                self._hub.change(card=None)
            else:
                self._show(reader, job, "failed", 0)
            raise
        finally:
            self._jobs.remove(job)

    def remove(self, reader: Reader, person: PersonState, finger: str) -> None:
        """Delete one finger from the sensor, the vault and the gallery. Raises `Refusal`, `DeviceError`."""
        old = [t for t in self._on_engine(lambda: self._mine(reader, person)) if t.part == finger]
        if not old:
            refuse("not_found", f"{person.name} has no {finger} on {reader.name}", "kioskctl people list")
        self._drop(reader, old, "removed")

    def _enrol(self, reader: Reader, job: EnrolJob) -> api.Enrolled:
        self._capture(reader, job, 1)
        self._refuse_twin(reader, job)
        self._step(reader, job, "lift", 1)
        while reader.finger_present():
            _check_time(job)
            time.sleep(LIFT_POLL_S)
        self._capture(reader, job, 2)
        try:
            template = reader.enrol_merge()
        except Rejected as error:
            refuse(
                "failed",
                f"the two captures do not match ({error.reason})",
                "enrol again, same finger, held flat",
            )
        enrolled = self._keep(reader, job, template)
        self._step(reader, job, "saved", 2)
        return enrolled

    def _capture(self, reader: Reader, job: EnrolJob, number: int) -> None:
        self._step(reader, job, "place" if number == 1 else "again", number)
        while True:
            _check_time(job)
            left_s = job.deadline_s - time.monotonic()
            try:
                return reader.enrol_capture(number, timeout_s=max(0.1, min(LOOK_S, left_s)))
            except Rejected as error:
                job.emit(api.EnrolStep("poor_image", error.reason))
                self._show(reader, job, error.reason, number)
            except NoFinger:
                continue

    def _refuse_twin(self, reader: Reader, job: EnrolJob) -> None:
        twin = reader.enrol_search()
        if twin.slot is None:
            return
        slot = twin.slot
        owner = self._on_engine(lambda: self._store.person_by_slot(reader.name, slot))
        if owner is None:
            refuse("conflict", f"this finger is in slot {slot} of the sensor, but of nobody known here",
                   "use another finger; whose it is can be seen nowhere")  # fmt: skip
        if owner.person_id != job.person.person_id:
            refuse("conflict", f"this finger is already enrolled for {owner.name} ({owner.number})",
                   "one finger is never two people's; use another finger")  # fmt: skip
        mine = self._on_engine(lambda: self._mine(reader, job.person))
        known = next((t.part for t in mine if t.slot == slot), job.finger)
        if known != job.finger:
            refuse("conflict", f"this finger is already enrolled as {known}", "choose another finger")

    def _keep(self, reader: Reader, job: EnrolJob, template: bytes) -> api.Enrolled:
        info = _info(reader)
        mine = self._on_engine(lambda: self._mine(reader, job.person))
        old = [t for t in mine if t.part == job.finger]
        slot = self._free_slot(reader, info.capacity)
        sealed = self._vault.put(job.person.person_id, "finger", job.finger, info.template_format, template)
        reader.store(slot)
        record = _record(reader.name, info.template_format, job, sealed, slot)
        (written,) = self._on_engine(lambda: self._journal.note(record))
        self._drop(reader, old, "replaced")
        person = job.person
        return api.Enrolled(person.person_id, person.name, job.finger, slot, sealed.template_id, written.seq)

    def _free_slot(self, reader: Reader, capacity: int) -> int:
        taken = set(reader.index())
        taken |= self._on_engine(
            lambda: {t.slot for t in self._store.templates(None, reader.name) if t.slot is not None}
        )
        free = next((slot for slot in range(capacity) if slot not in taken), None)
        if free is None:
            raise Full(f"all {capacity} slots of {reader.name} are taken")
        return free

    def _drop(self, reader: Reader, templates: list[TemplateState], reason: str) -> None:
        for template in templates:
            removed = payload.TemplateRemoved(
                template_id=template.template_id, person_id=template.person_id, reason=reason
            )
            self._on_engine(partial(self._journal.note, removed))
            if template.slot is not None:
                reader.delete(template.slot)
            self._vault.remove(template.template_id)

    def _mine(self, reader: Reader, person: PersonState) -> list[TemplateState]:
        return self._store.templates(person.person_id, reader.name)

    def _on_engine(self, task: Callable[[], T]) -> T:
        return self._engine.submit(task).result(ENGINE_S)

    def _step(self, reader: Reader, job: EnrolJob, step: str, number: int) -> None:
        job.emit(api.EnrolStep(step))
        self._show(reader, job, step, number)

    def _show(self, reader: Reader, job: EnrolJob, code: str, number: int) -> None:
        left_ms = max(2_000, round((job.deadline_s - time.monotonic()) * 1000))
        self._hub.show(Card(
            number=0, kind="enrol", code=code, name=job.person.name, device=reader.name, step=number, steps=2,
            show_ms=2_500 if code in ("saved", "failed") else left_ms,
        ))  # fmt: skip


def _info(reader: Reader) -> ReaderInfo:
    if reader.info is None:
        raise Unavailable(f"reader {reader.name!r} closed during the enrolment")
    return reader.info


def _record(device: str, template_format: str, job: EnrolJob, sealed: Sealed, slot: int) -> payload.Enrolment:
    return payload.Enrolment(
        template_id=sealed.template_id, person_id=job.person.person_id, purpose="finger", part=job.finger,
        device=device, format=template_format, ciphertext_sha256=sealed.ciphertext_sha256, slot=slot,
    )  # fmt: skip


def _check_time(job: EnrolJob) -> None:
    if job.given_up.is_set():
        refuse("cancelled", "the enrolment was given up", "begin again")
    if time.monotonic() >= job.deadline_s:
        refuse("timeout", "no finger in time", "run the command again and place the finger when asked")
