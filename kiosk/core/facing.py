"""What kioskd and kiosk-face say to each other: one JSON object a line over a Unix socket, typed both ways.

kiosk-face connects and says `FaceHello`, the descriptor of its preview (a memfd) beside it; kioskd answers
`Setup` and the gallery. All settings come this way: kiosk-face reads no file of the kiosk's.
Pictures are JPEG, templates the bytes of `drivers.base.face.FaceTemplate`; msgspec writes both as base64.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk.core.config import Camera, Face

VERSION = 1
MAX_LINE_BYTES = 8 * 1024 * 1024
PEOPLE_A_LINE = 200
LOADING_S = 180.0
"""How long kiosk-face may take to read its models, on the slowest card and board; nothing turns meanwhile."""

Pose = Literal["front", "left", "right", "up", "down"]
POSES: tuple[Pose, ...] = ("front", "left", "right", "up", "down")
Asked = Literal["blink", "left", "right", "closer"]
ResultKind = Literal["recognised", "ambiguous", "unknown", "attack", "unproven"]
Milli = Annotated[int, msgspec.Meta(ge=-2_000, le=2_000)]


class Line(msgspec.Struct, frozen=True, tag_field="say", tag=str.lower, kw_only=True):
    """Base of all messages; `say` names the kind."""


# from kioskd


class Setup(Line, frozen=True):
    """How to work from now on; sent first, and again after a change.

    `calibration` is the text of `face.calibration_file`, empty for the one that comes with the engine;
    `face.models_dir` is an absolute path here. After a change of the engine the gallery is to be sent anew.
    """

    camera: Camera
    face: Face
    calibration: str = ""


class Person(msgspec.Struct, frozen=True):
    """Somebody to be recognised and all their templates."""

    person_id: str
    templates: tuple[bytes, ...]


class PutPeople(Line, frozen=True):
    """At most `PEOPLE_A_LINE` people of the gallery: `whole` begins a new one, `done` puts it in force."""

    people: tuple[Person, ...]
    whole: bool = False
    done: bool = True


class DropPerson(Line, frozen=True):
    """Forget somebody at once."""

    person_id: str


class TakePhoto(Line, frozen=True):
    """The next frame for punch `job`; of `person_id`'s face, if it is known. Answered by `Photo`."""

    job: int
    person_id: str = ""


class Enrol(Line, frozen=True):
    """Guide a person through `POSES`; `EnrolStep`s, then `Enrolled` or `JobFailed`."""

    job: int
    person_id: str
    timeout_s: float = 90.0


class EnrolPicture(Line, frozen=True):
    """A picture from a file, not the camera; answered by `Enrolled` with one template or `JobFailed`."""

    job: int
    person_id: str
    jpeg: bytes


class Cancel(Line, frozen=True):
    """Give up a job; answered by `JobFailed` with reason `cancelled`."""

    job: int


FromDaemon = Setup | PutPeople | DropPerson | TakePhoto | Enrol | EnrolPicture | Cancel


# from kiosk-face


class FaceHello(Line, frozen=True):
    """Who speaks. The memfd that comes with this line holds the preview, see `kiosk.core.preview`."""

    version: int
    pid: int


class CameraState(Line, frozen=True):
    """The camera, at each change; `cause` is an error class's name in lower case, `info` says more."""

    status: Literal["off", "starting", "ready", "fault"]
    cause: str = ""
    info: str = ""


class Ready(Line, frozen=True):
    """The gallery of `people` is in force, at this operating point of this engine `family`."""

    family: str
    people: int
    threshold_milli: Milli
    provenance: str


class Guide(Line, frozen=True):
    """What to tell a face in view: `advice` (a word of `drivers.face.quality.Advice`) or what is `asked`.

    Sent when the face is first near enough to be spoken to, and at each change, until `Gone` or `Seen`.
    The box is in thousandths of the preview's width and height; where it is now stands in the preview itself.
    """

    track: int
    left: int
    top: int
    right: int
    bottom: int
    advice: str = ""
    asked: Asked | None = None


class Gone(Line, frozen=True):
    """That face has left, or there is nothing more to say to it (it has just been recognised)."""

    track: int


class Seen(Line, frozen=True):
    """How one visit ended; scores are thousandths of a cosine.

    `age_ms` is how long ago it was, `took_ms` how long it lasted from the first sight to the decision,
    `evidence` the words of the liveness check in their order. Somebody unknown who stays is looked at several
    times: `attempt` counts from 1, `again` says that there is another.
    """

    kind: ResultKind
    track: int
    person_id: str = ""
    second_id: str = ""
    score_milli: Milli = 0
    second_milli: Milli = 0
    threshold_milli: Milli = 0
    provenance: str = ""
    frames: int = 0
    suspect: bool = False
    evidence: tuple[str, ...] = ()
    age_ms: int = 0
    took_ms: int = 0
    attempt: int = 1
    again: bool = False
    jpeg: bytes = b""


class Photo(Line, frozen=True):
    """A picture for `job`; `fit_milli` is how alike the face on it is to the person's.

    None when no face is seen, or the person is not enrolled by face.
    """

    job: int
    jpeg: bytes
    fit_milli: Milli | None = None
    fits: bool | None = None


class EnrolStep(Line, frozen=True):
    """What the person should do now: `pose`, and `advice` on how; `done` of `of` poses are taken.

    Left and right are the person's own. `advice` is a word as in `Guide`, or `nobody` (no face in view),
    `alone` (others should step aside), `less` (the head is turned, raised or lowered too far).
    """

    job: int
    pose: Pose
    done: int
    of: int
    advice: str = ""


class LookAlike(msgspec.Struct, frozen=True):
    """Somebody enrolled who is closer than the operating point."""

    person_id: str
    score_milli: Milli


class Enrolled(Line, frozen=True):
    """The templates of a job and one picture of it."""

    job: int
    templates: tuple[bytes, ...]
    look_alikes: tuple[LookAlike, ...] = ()
    jpeg: bytes = b""


class JobFailed(Line, frozen=True):
    """Why a job came to nothing.

    `no_camera`, `busy`, `timeout`, `cancelled`, `no_face`, `two_faces`, `bad_picture`, or an advice.
    """

    job: int
    reason: str


class Beat(Line, frozen=True):
    """Every second, however busy: kioskd ends a kiosk-face that is silent for long.

    `patience_s` is how long that is on a machine as slow as this one has turned out to be.
    """

    frames: int
    busy: bool
    patience_s: float = 0.0


FromFace = (
    FaceHello | CameraState | Ready | Guide | Gone | Seen | Photo | EnrolStep | Enrolled | JobFailed | Beat
)
