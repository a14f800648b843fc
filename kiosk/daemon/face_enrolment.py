"""Enrolment of a face: from the camera or a picture, never one for two people, into the vault at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from kiosk.core import faces, facing, payload
from kiosk.core.api import ErrorCode
from kiosk.core.config import CAMERA
from kiosk.core.view import FaceEnrolView
from kiosk.daemon.engine import Engine
from kiosk.daemon.face_gallery import FACE
from kiosk.daemon.face_jobs import Answer, FaceJobs
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.journal import Journal
from kiosk.daemon.photos import Photos, Taken
from kiosk.daemon.refusal import refuse
from kiosk.daemon.store import PersonState, Store, TemplateState
from kiosk.daemon.vault import Vault

T = TypeVar("T")
Emit = Callable[[object], None]
Show = Callable[[FaceEnrolView | None], None]
ENGINE_S = 10.0
PICTURE_S = 120.0  # a second on a Pi; should kiosk-face end meanwhile, that is known at once
SLACK_S = 5.0
LOOK_S = 0.25
MOST_TEMPLATES = 10
WHY: dict[str, tuple[ErrorCode, str, str]] = {
    "no_camera": ("device", "the camera is not there", "kioskctl face status"),
    "busy": ("busy", "the camera is busy with another enrolment", "wait until it ends"),
    "timeout": ("timeout", "not all poses were taken in time", "begin again, in better light and closer"),
    "cancelled": ("cancelled", "the enrolment was given up", "begin again"),
    "no_face": ("failed", "no face can be seen", "take another picture: from the front, one face, larger"),
    "two_faces": ("failed", "more than one face can be seen", "take a picture of this person alone"),
    "bad_picture": ("bad_request", "this is no JPEG that can be read", "save it as JPEG"),
    "closer": ("failed", "the face is too small", "closer, or a larger picture"),
    "back": ("failed", "the face is too close", "a step back"),
    "light": ("failed", "the face is too dark", "more light from the front"),
    "glare": ("failed", "the face is too bright", "less light, no window behind the camera"),
    "still": ("failed", "the picture is blurred", "hold still"),
    "straight": ("failed", "the face is turned away", "look straight into the camera"),
    "eyes": ("failed", "the eyes are shut", "open eyes, without dark glasses"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FaceStores:
    """What an enrolment writes through."""

    engine: Engine
    store: Store
    journal: Journal
    vault: Vault
    hub: ViewHub
    jobs: FaceJobs
    photos: Photos
    keep_pictures: bool


class FaceEnrolments:
    """Runs on the threads of commands; what touches the store goes to the engine."""

    def __init__(self, stores: FaceStores, show: Show) -> None:
        self._in, self._show = stores, show
        self._open: int | None = None

    def enrol(self, command: faces.EnrolFace, person: PersonState, emit: Emit) -> faces.FaceEnrolled:
        """All poses before the camera. Raises `Refusal` and `DeviceError`."""

        def step(now: facing.EnrolStep) -> None:
            self._show(
                FaceEnrolView(name=person.name, pose=now.pose, done=now.done, of=now.of, advice=now.advice)
            )
            emit(faces.FaceStep(now.pose, now.done, now.of, now.advice))

        job, future = self._in.jobs.ask(
            lambda job: facing.Enrol(job=job, person_id=person.person_id, timeout_s=command.timeout_s), step
        )
        self._open = job
        try:
            enrolled = self._answer(job, future, command.timeout_s + SLACK_S)
        finally:
            self._open = None
            self._show(None)
        return self._keep(person, enrolled, facing.POSES, replace=True, alike=command.alike)

    def picture(self, command: faces.EnrolFacePicture, person: PersonState) -> faces.FaceEnrolled:
        """One picture of a file. Raises `Refusal` and `DeviceError`."""
        if not command.first and len(self._mine(person)) >= MOST_TEMPLATES:
            refuse("conflict", f"{person.name} has {MOST_TEMPLATES} pictures", "these are enough")
        job, future = self._in.jobs.ask(
            lambda job: facing.EnrolPicture(job=job, person_id=person.person_id, jpeg=command.jpeg)
        )
        enrolled = self._answer(job, future, PICTURE_S)
        return self._keep(person, enrolled, ("picture",), replace=command.first, alike=command.alike)

    def cancel(self) -> None:
        """Whoever is enrolled before the camera is so no longer."""
        if self._open is not None:
            self._in.jobs.cancel(self._open)

    def remove(self, person: PersonState) -> int:
        """Delete every face template of a person; how many there were. Raises `Refusal`."""
        gone = self._drop(person, "removed", but=())
        if not gone:
            refuse("not_found", f"{person.name} has no face enrolled", "kioskctl people list")
        return gone

    def _answer(self, job: int, future: Future[Answer], patience_s: float) -> facing.Enrolled:
        end_s, was_raised = time.monotonic() + patience_s, self._in.hub.view.raised is not None
        while not wait([future], LOOK_S).done:
            lowered = was_raised and self._in.hub.view.raised is None
            if lowered or time.monotonic() > end_s:
                self._in.jobs.cancel(job)
                self._in.jobs.forget(job)
                _refuse("cancelled" if lowered else "timeout")
        answer = future.result()
        if isinstance(answer, facing.JobFailed):
            _refuse(answer.reason)
        assert isinstance(answer, facing.Enrolled)
        return answer

    def _keep(
        self, person: PersonState, made: facing.Enrolled, parts: Sequence[str], *, replace: bool, alike: bool
    ) -> faces.FaceEnrolled:
        others = self._alike(person, made.look_alikes)
        if others and not alike:
            refuse(
                "conflict", f"this face is enrolled already, for {others[0].name} ({others[0].number})",
                "one face is never two people's; if they are two who look alike: --alike",
            )  # fmt: skip
        kept = self._write(person, made.templates, parts)
        if replace:
            self._drop(person, "replaced", but=kept)
        if self._in.keep_pictures:
            ledger_id = self._in.store.head.ledger_id
            self._in.photos.keep(Taken(made.jpeg, ledger_id, max(kept.values()), "enrolment"))
        return faces.FaceEnrolled(
            person_id=person.person_id, name=person.name, templates=len(self._mine(person)),
            seq=max(kept.values()), alike=others,
        )  # fmt: skip

    def _write(self, person: PersonState, templates: Sequence[bytes], parts: Sequence[str]) -> dict[str, int]:
        """Into the vault, then on record together; the seq of each new template's record."""
        records = []
        for number, template in enumerate(templates):
            part, family = parts[min(number, len(parts) - 1)], family_of(template)
            sealed = self._in.vault.put(person.person_id, FACE, part, family, template)
            records.append(payload.Enrolment(
                template_id=sealed.template_id, person_id=person.person_id, purpose=FACE, part=part,
                device=CAMERA, format=family, ciphertext_sha256=sealed.ciphertext_sha256,
            ))  # fmt: skip
        written = self._on_engine(lambda: self._in.journal.note(*records))
        return {made.template_id: one.seq for made, one in zip(records, written, strict=True)}

    def _drop(self, person: PersonState, reason: str, but: Collection[str]) -> int:
        old = [template for template in self._mine(person) if template.template_id not in but]
        records = [
            payload.TemplateRemoved(template_id=t.template_id, person_id=t.person_id, reason=reason)
            for t in old
        ]
        if records:
            self._on_engine(lambda: self._in.journal.note(*records))
        for template in old:
            self._in.vault.remove(template.template_id)
        return len(old)

    def _mine(self, person: PersonState) -> list[TemplateState]:
        return self._on_engine(lambda: self._in.store.templates(person.person_id, purpose=FACE))

    def _alike(self, person: PersonState, found: Sequence[facing.LookAlike]) -> tuple[faces.Alike, ...]:
        def named() -> tuple[faces.Alike, ...]:
            known = [(self._in.store.person(one.person_id), one.score_milli) for one in found]
            return tuple(
                faces.Alike(other.number, other.name, score)
                for other, score in known
                if other is not None and other.person_id != person.person_id
            )

        return self._on_engine(named)

    def _on_engine(self, task: Callable[[], T]) -> T:
        return self._in.engine.submit(task).result(ENGINE_S)


def family_of(template: bytes) -> str:
    """The engine family that a template's bytes name (`drivers.base.face.FaceTemplate`).

    Read without the class, so that kioskd needs no numpy. Raises `ValueError`.
    """
    if template[:4] != b"HFT1" or len(template) < 6 + template[4]:
        raise ValueError("kiosk-face sent what is no template")
    return template[5 : 5 + template[4]].decode("ascii")


def _refuse(reason: str) -> NoReturn:
    code, words, hint = WHY.get(reason, ("failed", f"the face was not taken: {reason}", "try again"))
    refuse(code, words, hint)
