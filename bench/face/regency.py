"""A gallery of a whole regency: how soon kiosk-face knows everybody, in how much memory, and who waits."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.face.desk import Desk, FaceUnderTest
from bench.face.lobby import FAMILY
from bench.face.speed import REGENCY, TEMPLATES
from bench.figure import Figure
from bench.process import descendants, most_resident_bytes
from drivers.base.face import FaceTemplate
from kiosk.core import facing, payload
from kiosk.core.config import Camera, Face
from kiosk.core.record import TimeBlock
from kiosk.daemon.face_gallery import FACE, FaceGallery
from kiosk.daemon.keys import DeviceKeys
from kiosk.daemon.store import Identity, Store
from kiosk.daemon.vault import Vault

AT = TimeBlock(1_767_225_600_000, "ntp", 50, "bench", 1_000)
MEMORY = Path("/dev/shm")
"""Where the vault's 65,000 files are written without waiting for a disk."""
PUNCH_EVERY_S, QUIET_S = 0.05, 3.0
A_COMMIT = 500
MB = 1e6


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(
        prefix="hadir-regency-", dir=MEMORY if MEMORY.is_dir() else None
    ) as name:
        folder = Path(name)
        store, vault = _filled(folder)
        desk = Desk(folder / "face.sock")
        face = FaceUnderTest(desk.path, folder / "log")
        try:
            yield from _measured(folder, store, vault, desk, face)
        finally:
            face.process.kill()
            face.process.wait()
            desk.close()
            store.close()


def _measured(folder: Path, store: Store, vault: Vault, desk: Desk, face: FaceUnderTest) -> Iterator[Figure]:
    desk.until(lambda: desk.hellos > 0, "hello")
    desk.say(facing.Setup(camera=Camera(), face=Face(enabled=True)))
    desk.hear(facing.CameraState)
    usual_ms = max(_punch(store, until_s=time.monotonic() + QUIET_S))
    sending, start_s = Sending(FaceGallery(folder, vault), desk), time.monotonic()
    worst_ms = max(_punch(store, sending))
    sent_s = time.monotonic() - start_s
    desk.hear(facing.Ready, people=REGENCY)
    known_s = time.monotonic() - start_s
    whole = f"{REGENCY} people x {TEMPLATES} templates"
    yield Figure("face", f"{whole}: opened and sent to kiosk-face", sent_s, "s")
    yield Figure("face", f"{whole}: all of them known", known_s, "s")
    yield Figure("face", "the slowest punch meanwhile", worst_ms, "ms", usual_ms, "the slowest without")
    pids = [face.process.pid, *descendants(face.process.pid)]
    memory = sum(most_resident_bytes(pid) for pid in pids) / MB
    yield Figure("face", f"memory of kiosk-face with {whole}", memory, "MB", 350.0, "limit")


class Sending(threading.Thread):
    """What kioskd's thread for kiosk-face does."""

    def __init__(self, gallery: FaceGallery, desk: Desk) -> None:
        super().__init__(name="face-writer", daemon=True)
        self._gallery, self._desk = gallery, desk
        self.start()

    def run(self) -> None:
        for line in self._gallery.whole():
            self._desk.say(line)


def _punch(store: Store, sending: Sending | None = None, until_s: float = 0.0) -> list[float]:
    """The engine's part: a punch now and then while `sending` lives, or until then; how long each took."""
    took_ms = list[float]()
    while (sending is not None and sending.is_alive()) or time.monotonic() < until_s:
        start_s = time.perf_counter()
        with store.transaction() as transaction:
            transaction.append(payload.Admin(actor="bench", action="punch"), AT)
        took_ms.append(1000 * (time.perf_counter() - start_s))
        time.sleep(PUNCH_EVERY_S)
    return took_ms


def _filled(folder: Path) -> tuple[Store, Vault]:
    store = Store.open(folder, DeviceKeys.load_or_create(folder / "keys"), Identity("b", "b", "b"), AT)
    vault, random = Vault.open(folder), np.random.default_rng(0)
    for first in range(0, REGENCY, A_COMMIT):
        with store.transaction() as transaction:
            for number in range(first, min(first + A_COMMIT, REGENCY)):
                who = f"{number:032x}"
                person = payload.Person(person_id=who, category="PNS", active=True, source="bench")
                transaction.append(person, AT, payload.PersonPrivate(number=str(number), name=f"N {number}"))
                for record in _enrolled(vault, who, random.normal(size=(TEMPLATES, 128))):
                    transaction.append(record, AT)
    return store, vault


def _enrolled(vault: Vault, who: str, vectors: np.ndarray) -> Iterator[payload.Enrolment]:
    for pose, vector in zip(facing.POSES, vectors, strict=True):
        unit = np.asarray(vector / np.linalg.norm(vector), np.float32)
        sealed = vault.put(who, FACE, pose, FAMILY, FaceTemplate(FAMILY, unit).to_bytes())
        yield payload.Enrolment(
            template_id=sealed.template_id, person_id=who, purpose=FACE, part=pose, device="camera",
            format=FAMILY, ciphertext_sha256=sealed.ciphertext_sha256,
        )  # fmt: skip
