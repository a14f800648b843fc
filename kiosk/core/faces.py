"""The control socket's commands about faces and the camera, and their answers. Pictures are base64 JPEG."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk.core.command import Command
from kiosk.core.facing import Milli, Pose

DETECTOR, RECOGNISER = "face_detection_yunet.onnx", "face_recognition_sface.onnx"
MODEL_FILES = (DETECTOR, RECOGNISER)
"""What `kioskctl models add` calls the two files of OpenCV's engine."""
Number = Annotated[str, msgspec.Meta(max_length=64)]
Picture = Annotated[bytes, msgspec.Meta(max_length=3_000_000)]


class EnrolFace(Command, frozen=True, tag="enrol_face"):
    """Enrol a face before the camera; events are `FaceStep`, answered by `FaceEnrolled`.

    `consent` as for a finger. `alike`: somebody who looks like them is enrolled, and they are two people.
    """

    number: Number
    timeout_s: Annotated[float, msgspec.Meta(ge=5, le=300)] = 90.0
    consent: str = ""
    alike: bool = False


class EnrolFacePicture(Command, frozen=True, tag="enrol_face_picture"):
    """Enrol from one picture of a file; answered by `FaceEnrolled`. `first`: what was there before goes."""

    number: Number
    jpeg: Picture
    first: bool = True
    consent: str = ""
    alike: bool = False


class RemoveFace(Command, frozen=True, tag="remove_face"):
    """Delete a person's face templates; answered by `Done`."""

    number: Number


class PunchDigits(Command, frozen=True, tag="punch_digits"):
    """Two people look too alike: the last four digits of the NIP say which. Answered by `Done`."""

    digits: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}$")]


class GetFaceStatus(Command, frozen=True, tag="face_status"):
    """Camera, engine and gallery; answered by `FaceStatus`."""


PUBLIC = (PunchDigits,)
RAISED = (EnrolFace, RemoveFace)
AnyFace = EnrolFace | EnrolFacePicture | RemoveFace | PunchDigits | GetFaceStatus


class FaceStep(msgspec.Struct, frozen=True):
    """What the person should do now; `advice` on how, `done` of `of` poses are taken."""

    pose: Pose
    done: int
    of: int
    advice: str = ""


class Alike(msgspec.Struct, frozen=True):
    """Somebody closer than the operating point."""

    number: str
    name: str
    score_milli: int


class FaceEnrolled(msgspec.Struct, frozen=True, kw_only=True):
    """A face was enrolled; `templates` is how many the person has now."""

    person_id: str
    name: str
    templates: int
    seq: int
    alike: tuple[Alike, ...] = ()


class FaceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How recognition stands; `threshold_milli` and `provenance` are the operating point in force.

    `people` are those kiosk-face can recognise; `models_dir` is where model files belong.

    `seen` counts what kiosk-face has told since kioskd started, by kind.
    """

    enabled: bool
    running: bool
    camera: Literal["off", "starting", "ready", "fault"]
    info: str
    liveness: str
    engine: str
    people: int
    templates: int
    threshold_milli: Milli
    provenance: str
    seen: dict[str, int]
    models_dir: str
