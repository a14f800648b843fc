"""The photo beside each punch: asked for after the commit, encrypted and put on record off the engine.

A punch never waits for it. One whose photo shows somebody else is flagged for people to look at.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal

from drivers.base.errors import Unavailable
from kiosk.core import facing, payload
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.engine import Engine
from kiosk.daemon.evidence import EvidenceStore
from kiosk.daemon.face_jobs import Answer, FaceJobs

log = logging.getLogger(__name__)
Kind = Literal["person", "attack", "enrolment"]
MOST_WAITING = 32
BESIDE = ("finger", "finger+face", "special")
"""The ways to punch before this kiosk's camera; with a PIN the photo is taken before the punch."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture and the record `seq` of `ledger_id` that it lies beside; `person_id` if it is a punch."""

    jpeg: bytes
    ledger_id: str
    seq: int
    kind: Kind
    person_id: str = ""
    fit_milli: int | None = None
    fits: bool | None = None


def is_there(photo: Future[Answer]) -> bool:
    """Whether a picture has come by now."""
    if not photo.done() or photo.cancelled() or photo.exception() is not None:
        return False
    answer = photo.result()
    return isinstance(answer, facing.Photo) and bool(answer.jpeg)


class Photos:
    """`punched` belongs to the engine; files are written on a thread of its own."""

    def __init__(
        self, engine: Engine, core: CoreState, evidence: EvidenceStore, jobs: FaceJobs, *, on: bool
    ) -> None:
        """`on`: photos are taken."""
        self._engine, self._core, self._evidence, self._jobs = engine, core, evidence, jobs
        self.on = on
        self.flagged: Callable[[], None] = lambda: None
        """Called on the engine's thread after a punch was flagged."""
        self._queue: queue.Queue[Taken | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="photos", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Write what waits; whether that was done in time."""
        if self._thread.ident is None:
            return True
        try:
            self._queue.put(None, timeout=timeout_s)
        except queue.Full:
            return False
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def punched(self, seq: int, person_id: str, method: payload.Method) -> None:
        """A punch was just committed: have its photo taken."""
        if method in BESIDE:
            self.beside(self.take(person_id), seq, person_id)

    def beside(self, photo: Future[Answer], seq: int, person_id: str) -> None:
        """Keep a photo beside the punch `seq` as soon as it is there; any thread."""
        ledger_id = self._core.store.head.ledger_id

        def came(future: Future[Answer]) -> None:
            if future.exception() is None and isinstance(answer := future.result(), facing.Photo):
                self.keep(Taken(
                    answer.jpeg, ledger_id, seq, "person", person_id, answer.fit_milli, answer.fits
                ))  # fmt: skip

        photo.add_done_callback(came)

    def take(self, person_id: str = "") -> Future[Answer]:
        """The next picture, of this person's face if it is known; any thread."""
        if not self.on:
            off = Future[Answer]()
            off.set_exception(Unavailable("photos are off"))
            return off
        _, future = self._jobs.ask(lambda job: facing.TakePhoto(job=job, person_id=person_id))
        return future

    def keep(self, taken: Taken) -> None:
        """Have a picture written and put on record; any thread, never blocks."""
        if not taken.jpeg or self._core.store.room.tight:
            return
        try:
            self._queue.put_nowait(taken)
        except queue.Full:
            log.warning("the photo of record %d is lost: the disk does not keep up", taken.seq)

    def _run(self) -> None:
        while (taken := self._queue.get()) is not None:
            try:
                self._write(taken)
            except OSError as error:
                log.warning("the photo of record %d could not be kept: %s", taken.seq, error)
            except Exception:
                log.exception("the photo of record %d could not be kept", taken.seq)

    def _write(self, taken: Taken) -> None:
        kept = self._evidence.put(taken.jpeg, taken.ledger_id, taken.seq, taken.kind)
        record = payload.Evidence(
            punch_seq=taken.seq, kind=taken.kind, ciphertext_sha256=kept.ciphertext_sha256,
            size_bytes=kept.size_bytes, fit_milli=taken.fit_milli,
        )  # fmt: skip
        self._engine.post(lambda: self._record(record, taken))

    def _record(self, record: payload.Evidence, taken: Taken) -> None:
        if self._core.store.head.ledger_id != taken.ledger_id:
            self._evidence.remove([record.ciphertext_sha256])
            return
        if taken.fits is not False or taken.kind != "person":
            self._core.journal.note(record)
            return
        self._core.journal.note(record, payload.Flag(
            punch_seq=taken.seq, person_id=taken.person_id, why="face_differs", fit_milli=taken.fit_milli
        ))  # fmt: skip
        self.flagged()
