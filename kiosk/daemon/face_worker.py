"""Everything of faces in kioskd: who kiosk-face is told of, what it tells, and the commands about it.

kiosk-face may be away, hang or die: the board says so, and everything else goes on.
"""

from __future__ import annotations

import collections
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from kiosk.core import api, faces, facing, payload
from kiosk.core.config import CAMERA, KioskConfig
from kiosk.core.view import DeviceStatus, DeviceView, FaceEnrolView, FaceView, GuideView
from kiosk.daemon.core_state import CoreState
from kiosk.daemon.devices import DeviceBoard
from kiosk.daemon.engine import Engine
from kiosk.daemon.evidence import EvidenceStore
from kiosk.daemon.face_enrolment import FaceEnrolments, FaceStores
from kiosk.daemon.face_gallery import FaceGallery
from kiosk.daemon.face_jobs import HINT, FaceJobs
from kiosk.daemon.face_punching import FacePunching
from kiosk.daemon.face_setup import models_dir, setup_of
from kiosk.daemon.face_socket import FacePorts, FaceSocket
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.photos import Photos
from kiosk.daemon.refusal import refuse
from kiosk.daemon.store import PersonState
from kiosk.daemon.vault import Vault

log = logging.getLogger(__name__)
ENGINE_S = 10.0
Emit = Callable[[object], None]
COMES_S = 30.0
_GONE = {
    "absent": "kiosk-face does not come",
    "closed": "kiosk-face ended",
    "silent": "kiosk-face hangs",
    "replaced": "kiosk-face hung",
}


@dataclass(frozen=True, slots=True)
class FaceParts:
    """What faces are handled with; `person` finds somebody by number or refuses."""

    config: KioskConfig
    engine: Engine
    core: CoreState
    hub: ViewHub
    board: DeviceBoard
    vault: Vault
    evidence: EvidenceStore


class Faces:
    """Started only where recognition is on; `commands` always answer."""

    def __init__(self, parts: FaceParts) -> None:
        self._parts, self._config = parts, parts.config
        ports = FacePorts(self._came, self._said, self._went, self._alone)
        path = Path(parts.config.state_dir) / parts.config.face.socket
        self._socket = FaceSocket(path, parts.config.face.group, ports)
        self.jobs = FaceJobs(self._socket.send)
        face = parts.config.face
        self.photos = Photos(
            parts.engine, parts.core, parts.evidence, self.jobs, on=face.enabled and face.photos
        )
        self._gallery = FaceGallery(Path(parts.config.state_dir), parts.vault)
        self._punching = FacePunching(parts.config, parts.core, self.photos)
        self._enrolments = FaceEnrolments(
            FaceStores(
                parts.engine, parts.core.store, parts.core.journal, parts.vault, parts.hub, self.jobs,
                self.photos, parts.config.face.keep_enrolment_pictures,
            ),
            self._show_enrolment,
        )  # fmt: skip
        self._camera = facing.CameraState(status="off")
        self._ready: facing.Ready | None = None
        self._guides: dict[int, GuideView] = {}
        self._lost_s: float | None = None
        self._since_s = time.monotonic()
        self._seen: collections.Counter[str] = collections.Counter()

    @property
    def enabled(self) -> bool:
        """Whether this kiosk is to recognise faces."""
        return self._config.face.enabled

    def start(self) -> None:
        """Listen for kiosk-face. Raises `SocketInUseError` and `OSError`."""
        if not self.enabled:
            return
        self._parts.core.journal.watch = self._changed
        if self.photos.on:
            self._parts.core.punching.took = self.photos.punched
        self.photos.start()
        self._socket.start()
        self._report("starting")

    def stop(self, timeout_s: float) -> bool:
        """Hang up and write what waits; whether that was done in time."""
        return self._socket.stop(timeout_s) & self.photos.stop(timeout_s)

    def take(self, config: KioskConfig) -> None:
        """Go on with these settings of camera and recognition; any thread."""
        if (config.camera, config.face) == (self._config.camera, self._config.face):
            return
        self._config = config
        self._parts.engine.post(lambda: self._punching.take(config))
        self._set_up()

    def preview(self) -> tuple[int, int] | None:
        """For the control server: the number and the descriptor of the preview, while there is one."""
        return self._socket.preview()

    def commands(self, person: Callable[[str], PersonState]) -> dict[type, Callable[[Any, Emit], object]]:
        """What of the API is answered here; `person` finds somebody by number or refuses."""
        return {
            faces.EnrolFace: lambda command, emit: self._enrol(command, person, emit),
            faces.EnrolFacePicture: lambda command, emit: self._picture(command, person),
            faces.RemoveFace: lambda command, emit: self._remove(person(command.number)),
            faces.PunchDigits: lambda command, emit: self._digits(command),
            faces.GetFaceStatus: lambda command, emit: self.status(),
        }

    def cancel(self) -> None:
        """Give up the enrolment that is under way."""
        self._enrolments.cancel()

    def problems(self) -> list[str]:
        """What a technician should know; from any thread."""
        ready = self._ready
        other = sum(n for family, n in self._gallery.formats().items() if ready and family != ready.family)
        if not ready or not other:
            return []
        return [f"faces: {other} templates were made by another engine than {ready.family}; enrol them again"]

    def status(self) -> faces.FaceStatus:
        """How recognition stands; any thread."""
        ready, config = self._ready, self._config.face
        return faces.FaceStatus(
            enabled=config.enabled,
            running=self._parts.hub.view.face is not None,
            camera=self._camera.status,
            info=self._parts.board.info(CAMERA),
            liveness=config.liveness,
            engine=ready.family if ready else config.engine,
            people=ready.people if ready else 0,
            templates=sum(self._gallery.formats().values()),
            threshold_milli=ready.threshold_milli if ready else 0,
            provenance=ready.provenance if ready else "",
            seen=dict(self._seen),
            models_dir=str(models_dir(self._config)),
        )

    def _came(self, hello: facing.FaceHello) -> None:
        self._set_up()
        self._show_faces(FaceView(preview=self._socket.number))
        lost_s, self._lost_s = self._lost_s, None
        if lost_s is not None:
            log.info("%s: kiosk-face is back after %.1f s", CAMERA, time.monotonic() - lost_s)

    def _set_up(self) -> None:
        """Settings and everybody: whatever was wrong before, kiosk-face begins with all of it."""
        self._socket.send(lambda: (setup_of(self._config),))
        self._socket.send(self._gallery.whole)

    def _said(self, message: facing.FromFace) -> None:
        match message:
            case facing.Seen():
                self._guide(facing.Gone(track=message.track))
                self._took(message)
            case facing.CameraState():
                self._camera = message
                status: DeviceStatus = "starting" if message.status == "off" else message.status
                self._report(status, message.cause, message.info)
            case facing.Guide() | facing.Gone():
                self._guide(message)
            case facing.EnrolStep():
                self.jobs.step(message)
            case facing.Photo() | facing.Enrolled() | facing.JobFailed():
                self.jobs.answered(message)
            case facing.Ready():
                self._ready = message
                log.info(
                    "faces: %d people, %s, threshold %.3f", message.people, message.family,
                    message.threshold_milli / 1000,
                )  # fmt: skip

    def _alone(self) -> None:
        """It has not come at all since the start."""
        never = self._socket.number == 0 and self._lost_s is None
        if never and time.monotonic() - self._since_s > COMES_S:
            self._went("absent")

    def _went(self, why: str) -> None:
        words = _GONE.get(why, f"kiosk-face was sent away: {why}")
        self._ready, self._guides = None, {}
        self._camera = facing.CameraState(status="off")
        self.jobs.lost()
        self._show_faces(None)
        if why == "stopped":
            return
        if self._lost_s is None:
            self._lost_s = time.monotonic()
            log.warning("%s: %s; fingers go on", CAMERA, words)
        self._report(
            "fault", "timeout" if why in ("silent", "replaced") else "unavailable", f"{words}; {HINT}"
        )

    def _took(self, seen: facing.Seen) -> None:
        if seen.kind != "unknown" or seen.attempt == 1:
            self._seen[seen.kind] += 1
        now = self._parts.board.now()
        age_ms = max(0, min(seen.age_ms, 10_000))
        at = msgspec.structs.replace(now, wall_ms=now.wall_ms - age_ms, boot_ms=max(0, now.boot_ms - age_ms))
        self._parts.engine.post(lambda: self._punching.seen(seen, at))

    def _guide(self, message: facing.Guide | facing.Gone) -> None:
        if isinstance(message, facing.Gone):
            self._guides.pop(message.track, None)
        else:
            self._guides[message.track] = GuideView(message.track, message.advice, message.asked or "")
        view = self._parts.hub.view.face
        if view is not None:
            guides = tuple(self._guides.values())
            self._show_faces(msgspec.structs.replace(view, guides=guides))

    def _show_enrolment(self, enrolling: FaceEnrolView | None) -> None:
        view = self._parts.hub.view.face
        if view is not None:
            self._show_faces(msgspec.structs.replace(view, enrol=enrolling))

    def _show_faces(self, view: FaceView | None) -> None:
        self._parts.hub.change(face=view)

    def _report(self, status: DeviceStatus, cause: str = "", info: str = "") -> None:
        view = DeviceView(CAMERA, "camera", status, self._config.camera.simulated, cause)
        self._parts.board.report(view, info)

    def _changed(self, record: payload.Payload) -> None:
        """On the engine's thread, after a commit."""
        order = self._gallery.changed(record, self._parts.core.store)
        if order is not None:
            self._socket.send(order)

    def _enrol(
        self, command: faces.EnrolFace, person: Callable[[str], PersonState], emit: Emit
    ) -> faces.FaceEnrolled:
        self._need_camera()
        return self._enrolments.enrol(command, _active(person(command.number)), emit)

    def _picture(
        self, command: faces.EnrolFacePicture, person: Callable[[str], PersonState]
    ) -> faces.FaceEnrolled:
        self._need_camera()
        return self._enrolments.picture(command, _active(person(command.number)))

    def _remove(self, person: PersonState) -> api.Done:
        return api.Done(f"{self._enrolments.remove(person)} face templates of {person.name} removed")

    def _digits(self, command: faces.PunchDigits) -> api.Done:
        found = self._parts.engine.submit(lambda: self._punching.digits(command.digits))
        return api.Done(found.result(ENGINE_S).name)

    def _need_camera(self) -> None:
        if not self.enabled:
            refuse(
                "conflict",
                "this kiosk does not recognise faces",
                "kioskctl config set FILE face.enabled true",
            )


def _active(person: PersonState) -> PersonState:
    if not person.active:
        refuse("conflict", f"{person.name} is not active", "first: kioskctl people activate NIP")
    return person
