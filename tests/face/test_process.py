"""kiosk-face as kioskd sees it: who is recognised, who is not, and what happens when something goes away."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from cv2.typing import MatLike

from drivers.base.face import FaceTemplate
from kiosk.core import facing
from kiosk.core.config import Camera, Face
from tests.face import clips
from tests.face.conftest import Astronaut, Rig

FAMILY = "dlib-resnet-1"
LONG_S = 300.0
"""Whoever is put before the camera stays until the test has seen enough, however slow the machine is."""


@pytest.fixture(scope="module")
def standing(astronaut: Astronaut, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.standing(tmp_path_factory.mktemp("clips") / "standing", astronaut.person)


@pytest.fixture(scope="module")
def ready(rig: Rig, astronaut: Astronaut) -> Rig:
    """Greeted, set up, the camera running."""
    rig.desk.hear(facing.FaceHello, version=facing.VERSION)
    set_up(rig, astronaut, "off")
    rig.desk.hear(facing.CameraState, status="ready")
    return rig


def set_up(rig: Rig, astronaut: Astronaut, liveness: str) -> None:
    face = Face(enabled=True, liveness=liveness)  # type: ignore[arg-type]
    rig.desk.set_up(rig.settings, face, {"ast": astronaut.vectors}, FAMILY)


def visit(rig: Rig, clip: Path) -> facing.Seen:
    """Somebody comes, is seen to the end, and leaves."""
    since = len(rig.desk.said)
    rig.camera.play(clip, LONG_S)
    seen = rig.desk.hear(facing.Seen, since)
    rig.camera.leave()
    rig.desk.until(lambda: _idle_again(rig), "an idle beat")
    return seen


def _idle_again(rig: Rig) -> bool:
    last = rig.desk.said[-1]
    return isinstance(last, facing.Beat) and not last.busy


def test_a_visitor_is_recognised_guided_and_shown(ready: Rig, standing: Path) -> None:
    assert ready.desk.hear(facing.Ready, people=1).family == FAMILY
    seen = visit(ready, standing)
    assert (seen.kind, seen.person_id, seen.suspect) == ("recognised", "ast", False)
    assert seen.jpeg[:2] == b"\xff\xd8"
    assert len(seen.jpeg) <= 60_000
    guide = ready.desk.hear(facing.Guide)
    assert guide.left < guide.right <= 1000
    ready.desk.hear(facing.Gone, track=guide.track)
    assert ready.desk.preview is not None
    picture = ready.desk.preview.read()
    assert picture is not None
    assert (picture.width, picture.height) == (640, 480)


def test_a_photo_says_whether_the_face_fits(ready: Rig, astronaut: Astronaut, standing: Path) -> None:
    stranger = np.random.default_rng(3).normal(size=128).astype(np.float32)
    template = FaceTemplate(FAMILY, stranger / np.linalg.norm(stranger)).to_bytes()
    other_engine = FaceTemplate("opencv-sface-1", astronaut.vectors[0]).to_bytes()
    ready.desk.say(facing.PutPeople(people=(facing.Person("other", (template, other_engine)),)))
    ready.desk.hear(facing.Ready, people=2)
    ready.camera.play(standing, LONG_S)
    for job, person_id in enumerate(("ast", "other", "nobody"), 1):
        ready.desk.say(facing.TakePhoto(job=job, person_id=person_id))
    photos = [ready.desk.hear(facing.Photo, job=job) for job in (1, 2, 3)]
    ready.camera.leave()
    assert [photo.fits for photo in photos] == [True, False, None]
    assert all(photo.jpeg for photo in photos)
    ready.desk.say(facing.DropPerson(person_id="other"))
    ready.desk.hear(facing.Ready, len(ready.desk.said) - 1, people=1)
    assert "opencv-sface-1 is passed over" in ready.face.log


def test_a_picture_from_a_file_is_enrolled_or_told_what_is_wrong(ready: Rig, astronaut: Astronaut) -> None:
    picture = cv2.imread(str(astronaut.file))
    assert picture is not None
    pictures = {
        "two_faces": np.hstack([picture[:300, 100:400]] * 2),
        "no_face": np.full((300, 300, 3), 128, np.uint8),
        "light": np.asarray(picture * 0.1, np.uint8),
    }
    for job, sent in enumerate(pictures.values(), 10):
        ready.desk.say(facing.EnrolPicture(job=job, person_id="new", jpeg=_jpeg(sent)))
    ready.desk.say(facing.EnrolPicture(job=20, person_id="new", jpeg=b"\xff\xd8 no picture"))
    ready.desk.say(facing.EnrolPicture(job=21, person_id="new", jpeg=_jpeg(picture)))
    for job, reason in enumerate(pictures, 10):
        ready.desk.hear(facing.JobFailed, job=job, reason=reason)
    ready.desk.hear(facing.JobFailed, job=20, reason="bad_picture")
    enrolled = ready.desk.hear(facing.Enrolled, job=21)
    vector = FaceTemplate.from_bytes(enrolled.templates[0]).vector
    assert float(vector @ astronaut.vectors[0]) > 0.97
    assert [near.person_id for near in enrolled.look_alikes] == ["ast"]


def test_bad_lines_are_refused_and_said_and_the_rest_goes_on(ready: Rig) -> None:
    since = len(ready.desk.said)
    ready.desk.send(b'no json\n{"say":"dance"}\n{"say":"takephoto","job":"x"}\n')
    ready.desk.say(facing.Cancel(job=999))
    ready.desk.hear(facing.Beat, since)
    ready.desk.until(lambda: ready.face.log.count("is refused") == 3, "three refusals in the log")


def test_an_unplugged_camera_is_said_and_comes_back(ready: Rig, astronaut: Astronaut, standing: Path) -> None:
    since = len(ready.desk.said)
    ready.camera.plugged = False
    fault = ready.desk.hear(facing.CameraState, since, status="fault")
    assert fault.cause in ("unavailable", "timeout")
    assert fault.info
    ready.desk.say(facing.TakePhoto(job=30))
    ready.desk.hear(facing.JobFailed, job=30, reason="no_camera")
    ready.camera.plugged = True
    ready.desk.hear(facing.CameraState, since, status="ready")
    set_up(ready, astronaut, "flag")  # who was told a moment ago is not told again by the same pipeline
    assert visit(ready, standing).person_id == "ast"


def test_no_camera_is_no_fault(ready: Rig) -> None:
    since = len(ready.desk.said)
    ready.desk.say(facing.Setup(camera=Camera(), face=Face(enabled=True)))
    ready.desk.hear(facing.CameraState, since, status="off")
    ready.desk.say(facing.TakePhoto(job=40))
    ready.desk.hear(facing.JobFailed, job=40, reason="no_camera")


def test_without_model_files_it_says_which_are_missing(ready: Rig, tmp_path: Path) -> None:
    since = len(ready.desk.said)
    face = Face(enabled=True, engine="opencv", models_dir=str(tmp_path))
    ready.desk.say(facing.Setup(camera=ready.settings, face=face))
    fault = ready.desk.hear(facing.CameraState, since, status="fault")
    assert str(tmp_path) in fault.info


def test_a_new_kioskd_is_found_and_works_as_the_one_before(ready: Rig, astronaut: Astronaut) -> None:
    hellos = ready.desk.hellos
    ready.desk.hang_up()
    ready.desk.until(lambda: ready.desk.hellos == hellos + 1, "another hello")
    set_up(ready, astronaut, "off")
    ready.desk.hear(facing.Ready, len(ready.desk.said) - 1, people=1)


def test_killed_it_starts_clean_and_stops_in_order(ready: Rig) -> None:
    hellos = ready.desk.hellos
    ready.face.restart()
    ready.desk.until(lambda: ready.desk.hellos == hellos + 1, "another hello")
    assert ready.face.stop() == 0


def _jpeg(bgr: MatLike) -> bytes:
    return cv2.imencode(".jpg", bgr)[1].tobytes()
