"""Faces in a real kioskd: what kiosk-face tells becomes punches, refusals, photos; the process may go."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kiosk.core import api, desk, faces, facing
from kiosk.core.consent import VERSION as CONSENT
from kiosk.demo.client import DemoError
from kiosk.demo.client import ask as ask_at
from tests.e2e.face_client import JPEG, TEMPLATE, FaceClient
from tests.e2e.rig import PEOPLE, Rig, rig, until

FACE_TOML = '\n[camera]\ndriver = "opencv"\nsimulated = true\n[face]\nenabled = true\n'
AHMAD, DEWI, AYU = (number for number, _ in PEOPLE)


class World:
    """A kiosk with a reader and kiosk-face played by the test."""

    def __init__(self, kiosk: Rig) -> None:
        self.kiosk = kiosk
        self.fits: bool | None = True
        self.alike: tuple[facing.LookAlike, ...] = ()
        self.poor = ""
        self.face = self.connect()
        self.ids = {p["number"]: p["person_id"] for p in kiosk.ask(api.GetPeople())["people"]}

    def connect(self) -> FaceClient:
        path = self.kiosk.root / "face.sock"
        until(path.exists)
        self.face = FaceClient(path, self.answer)
        self.face.ready()
        until(lambda: self.camera() == "ready")
        return self.face

    def answer(self, line: facing.FromDaemon) -> list[facing.FromFace]:
        if isinstance(line, facing.TakePhoto):
            fit = None if self.fits is None else 970 if self.fits else 600
            return [facing.Photo(job=line.job, jpeg=JPEG, fit_milli=fit, fits=self.fits)]
        if isinstance(line, facing.EnrolPicture):
            if self.poor:
                return [facing.JobFailed(job=line.job, reason=self.poor)]
            return [facing.Enrolled(job=line.job, templates=(TEMPLATE,), look_alikes=self.alike, jpeg=JPEG)]
        if isinstance(line, facing.Enrol):
            steps = [facing.EnrolStep(job=line.job, pose=p, done=n, of=5) for n, p in enumerate(facing.POSES)]
            return [*steps, facing.Enrolled(job=line.job, templates=(TEMPLATE,) * 5, look_alikes=self.alike)]
        return []

    def camera(self) -> str:
        devices = {d["name"]: d["status"] for d in self.kiosk.status()["devices"]}
        return str(devices["camera"])

    def seen(self, number: str = "", kind: str = "recognised", **more: Any) -> None:
        person = self.ids.get(number, "")
        self.face.say(facing.Seen(
            kind=kind, track=1, person_id=person, score_milli=981, second_milli=700, threshold_milli=960,  # type: ignore[arg-type]
            provenance="a test", frames=3, evidence=("blink", "left"), took_ms=900, jpeg=JPEG, **more,
        ))  # fmt: skip

    def card(self) -> Any:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.kiosk.root / "ui.sock"))
            line.sendall(b'{"id":1,"do":{"cmd":"watch"}}\n')
            with line.makefile("rb") as views:
                return json.loads(views.readline())["event"]["card"] or {"kind": "", "code": "", "number": 0}

    def shows(self, kind: str, code: str = "", after: int = 0) -> Any:
        def look() -> Any:
            card = self.card()
            return (
                card
                if card["kind"] == kind and code in ("", card["code"]) and card["number"] > after
                else None
            )

        return until(look)

    def beside(self, seq: int) -> list[Any]:
        return [r["data"] for r in self.kiosk.records("evidence") if r["data"]["punch_seq"] == seq]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with rig(tmp_path_factory.mktemp("faces") / "rig", duplicate_s=600) as kiosk:
        with kiosk.config.open("a", encoding="utf-8") as file:
            file.write(FACE_TOML)
        kiosk.start("reader", "kioskd")
        until(lambda: any(d["name"] == "r307" and d["status"] == "ready" for d in kiosk.status()["devices"]))
        for number, name in PEOPLE:
            kiosk.enrol(number, name)
        yield World(kiosk)


def with_faces(world: World) -> None:
    """Ahmad and Dewi enrolled by face, whichever tests ran before on this worker."""
    if world.ids[AHMAD] not in world.face.gallery():
        world.kiosk.ask(faces.EnrolFace(number=AHMAD, consent=CONSENT))
    if world.ids[DEWI] not in world.face.gallery():
        world.kiosk.ask(faces.EnrolFacePicture(number=DEWI, jpeg=JPEG, alike=True, consent=CONSENT))
    until(lambda: world.face.gallery() == {world.ids[AHMAD]: 5, world.ids[DEWI]: 1})


def refused(kiosk: Rig, command: api.Command) -> str:
    with pytest.raises(DemoError) as caught:
        kiosk.ask(command)
    return str(caught.value)


def test_a_face_is_enrolled_with_consent_and_given_to_kiosk_face(world: World) -> None:
    kiosk, done = world.kiosk, []
    command = faces.EnrolFace(number=AHMAD, consent=CONSENT)
    made = ask_at(kiosk.folder.control, command, on_event=lambda event: done.append(event["pose"]))
    assert (made["templates"], done) == (5, list(facing.POSES))
    until(lambda: world.face.gallery() == {world.ids[AHMAD]: 5})
    world.alike = (facing.LookAlike(world.ids[AHMAD], 985),)
    picture = faces.EnrolFacePicture(number=DEWI, jpeg=JPEG)
    assert "enrolled already, for Ahmad" in refused(kiosk, picture)
    again = faces.EnrolFacePicture(number=DEWI, jpeg=JPEG, alike=True)
    assert [other["number"] for other in kiosk.ask(again)["alike"]] == [AHMAD]
    world.alike, world.poor = (), "light"
    assert "too dark" in refused(kiosk, faces.EnrolFacePicture(number=DEWI, jpeg=JPEG, first=False))
    world.poor = ""
    until(lambda: world.face.gallery() == {world.ids[AHMAD]: 5, world.ids[DEWI]: 1})


def test_a_recognised_face_is_a_punch_once_with_its_proof_and_its_photo(world: World) -> None:
    kiosk = world.kiosk
    world.seen(AHMAD)
    taken = world.shows("taken")
    (punch,) = [r["data"] for r in kiosk.records("punch")]
    assert (punch["method"], punch["grade"], punch["score"]) == ("face", "B", 981)
    assert punch["face"]["liveness"] == ["blink", "left"]
    assert punch["face"]["provenance"] == "a test"
    (photo,) = until(lambda: world.beside(taken["seq"]))
    assert photo["fit_milli"] == 981
    world.seen(AHMAD)
    again = world.shows("repeat", after=taken["number"])
    world.seen(AHMAD)
    world.seen(kind="unknown")
    assert world.shows("unknown", after=again["number"])["number"] == again["number"] + 1
    assert len(kiosk.records("repeat")) == 1


def test_a_picture_of_a_face_is_refused_on_record_with_its_photo(world: World) -> None:
    world.seen(AHMAD, kind="attack")
    world.shows("refused", "attack")
    (attack,) = [r for r in world.kiosk.records("refusal") if r["data"]["cause"] == "attack"]
    assert attack["data"]["person_id"] == world.ids[AHMAD]
    until(lambda: [e["kind"] for e in world.beside(attack["seq"])] == ["attack"])
    looks = len(world.kiosk.records("access"))
    assert world.kiosk.ctl("photo", str(attack["seq"]), "--out", "attack.jpg")["kind"] == "attack"
    assert (world.kiosk.root / "attack.jpg").read_bytes() == JPEG
    (looked,) = world.kiosk.records("access")[looks:]
    assert looked["data"]["person_id"] == world.ids[AHMAD]


def test_a_fingers_photo_of_somebody_else_is_flagged_and_the_punch_counts(world: World) -> None:
    kiosk = world.kiosk
    world.fits = False
    card = kiosk.tap(DEWI)
    assert card["kind"] == "taken"
    (row,) = until(lambda: kiosk.ask(desk.GetQueue())["rows"])
    assert (row["seq"], row["flags"], row["evidence"]) == (card["seq"], ["face_differs"], ["person"])
    world.fits = True
    kiosk.ask(desk.Validate(seq=card["seq"], accept=True, actor=AHMAD))
    assert kiosk.ask(desk.GetQueue())["rows"] == []


def test_two_who_look_alike_are_asked_and_a_finger_makes_it_two_factors(world: World) -> None:
    kiosk = world.kiosk
    world.seen(DEWI, kind="ambiguous", second_id=world.ids[AYU])
    world.shows("ambiguous")
    assert "not the last digits" in refused(kiosk, faces.PunchDigits(digits="0000"))
    card = kiosk.tap(AYU)
    assert card["kind"] == "taken"
    punch = kiosk.records("punch")[-1]["data"]
    assert (punch["method"], punch["grade"]) == ("finger+face", "A")
    assert "nobody is asked" in refused(kiosk, faces.PunchDigits(digits=AYU[-4:]))


def test_a_pin_has_its_photo_taken_while_the_witness_comes(world: World) -> None:
    kiosk, number, pin = world.kiosk, "197804122005012003", "480216"
    kiosk.ask(api.PutPeople(rows=(api.PersonRow(1, number, "Siti Rahmawati"),)))
    kiosk.ask(desk.SetPin(number=number, pin=pin))
    with ThreadPoolExecutor() as pool:
        punched = pool.submit(kiosk.ask, desk.PunchPin(number=number, pin=pin))
        until(lambda: kiosk.view_part("flow", "step") == "witness")
        until(lambda: any(isinstance(line, facing.TakePhoto) for line in world.face.heard[-1:]))
        kiosk.touch(AYU)
        done = punched.result(60)
    assert done["grade"] == "C"
    (photo,) = until(lambda: world.beside(done["seq"]))
    assert (photo["kind"], photo["fit_milli"]) == ("person", 970)


def test_a_face_that_did_not_prove_it_lives_counts_less_and_is_looked_at(world: World) -> None:
    kiosk, number = world.kiosk, "198207232008011004"
    kiosk.ask(api.PutPeople(rows=(api.PersonRow(1, number, "I Made Suardana"),)))
    world.ids |= {p["number"]: p["person_id"] for p in kiosk.ask(api.GetPeople())["people"]}
    world.seen(number, suspect=True)
    (row,) = until(lambda: kiosk.ask(desk.GetQueue())["rows"])
    assert (row["grade"], row["flags"]) == ("C", ["liveness"])
    kiosk.ask(desk.Validate(seq=row["seq"], accept=False, actor=AYU))
    assert kiosk.ask(desk.GetQueue())["rows"] == []


def test_somebody_unknown_who_stays_is_on_record_once_and_offered_another_way(world: World) -> None:
    def counted() -> tuple[int, int]:
        known = world.kiosk.ask(faces.GetFaceStatus())["seen"].get("unknown", 0)
        return world.kiosk.status()["refused"].get("unknown_face", 0), known

    (refused, seen), looks = counted(), ("unknown_face", "unknown_face", "unknown_face_last")
    for attempt, code in enumerate(looks, 1):
        before = world.card()["number"]
        world.seen(kind="unknown", attempt=attempt, again=attempt < len(looks))
        world.shows("unknown", code, after=before)
    assert counted() == (refused + 1, seen + 1)


def test_other_settings_of_camera_and_faces_count_without_a_restart(world: World) -> None:
    with_faces(world)
    config = world.kiosk.config
    before, told = config.read_text(encoding="utf-8"), len(world.face.of(facing.Setup))
    changed = before.replace('driver = "opencv"', 'driver = "opencv"\nrotation_deg = 90')
    config.write_text(
        changed.replace("enabled = true", 'enabled = true\nliveness = "off"\nphotos = false'),
        encoding="utf-8",
    )
    done = world.kiosk.ctl("config", "reload")
    assert set(done["applied"]) == {"camera.rotation_deg", "face.liveness"}
    assert done["waiting"] == ["face.photos"]
    until(lambda: len(world.face.of(facing.Setup)) == told + 1)
    setup = world.face.of(facing.Setup)[-1]
    assert (setup.camera.rotation_deg, setup.face.liveness) == (90, "off")
    until(lambda: len(world.face.heard) > world.face.heard.index(setup) + 1)
    assert world.face.gallery() == {world.ids[AHMAD]: 5, world.ids[DEWI]: 1}
    config.write_text(before, encoding="utf-8")
    world.kiosk.ctl("config", "reload")


def test_the_screen_gets_the_preview_and_what_to_tell_the_face(world: World) -> None:
    world.face.say(facing.Guide(track=9, left=1, top=2, right=3, bottom=4, asked="blink"))
    until(lambda: world.kiosk.view_part("face", "guides") == [{"track": 9, "advice": "", "asked": "blink"}])
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(world.kiosk.root / "ui.sock"))
        line.sendall(b'{"id":1,"do":{"cmd":"preview"}}\n')
        _, descriptors, _, _ = socket.recv_fds(line, 4096, 1)
    assert os.pread(descriptors[0], 4, 0) == b"HPV1"
    os.close(descriptors[0])


def test_whoever_leaves_or_withdraws_is_forgotten_at_once(world: World) -> None:
    kiosk = world.kiosk
    with_faces(world)
    kiosk.ctl("people", "deactivate", DEWI)
    until(lambda: world.ids[DEWI] not in world.face.gallery())
    kiosk.ctl("people", "activate", DEWI)
    until(lambda: world.ids[DEWI] in world.face.gallery())
    kiosk.ask(desk.PutConsent(number=DEWI, version=CONSENT, given=False))
    until(lambda: world.face.gallery() == {world.ids[AHMAD]: 5})


def test_kiosk_face_dies_and_fingers_go_on(world: World) -> None:
    kiosk = world.kiosk
    before = world.face.gallery()
    world.face.close()
    until(lambda: world.camera() == "fault")
    assert kiosk.tap(AYU)["kind"] in ("taken", "repeat")
    assert any("kiosk-face" in words for words in kiosk.status()["problems"])
    assert kiosk.ctl("face", "status")["running"] is False
    world.connect()
    until(lambda: world.face.gallery() == before)


def test_an_erasure_takes_faces_and_photos_along(world: World) -> None:
    with_faces(world)
    before = photos_of(world, AHMAD)
    world.seen(AHMAD, kind="attack")
    photos = until(lambda: photos_of(world, AHMAD) > before and photos_of(world, AHMAD))
    done = world.kiosk.ask(desk.Erase(number=AHMAD, reason="left the office"))
    assert done["templates"] == 6
    assert done["photos"] == photos
    assert "faces=5" in done["statement"]
    until(lambda: world.face.gallery() == {world.ids[DEWI]: 1})


def photos_of(world: World, number: str) -> int:
    """How many photos are beside a person's punches and refusals."""
    records = [*world.kiosk.records("punch"), *world.kiosk.records("refusal")]
    mine = [r["seq"] for r in records if r["data"].get("person_id") == world.ids[number]]
    return sum(len(world.beside(seq)) for seq in mine)


def test_a_photo_that_no_record_names_is_deleted_at_the_next_start(world: World) -> None:
    kiosk = world.kiosk
    before = photos_of(world, DEWI)
    world.seen(DEWI, kind="attack")
    until(lambda: photos_of(world, DEWI) > before)
    kept = {path.name for path in (kiosk.root / "evidence").glob("??/*")}
    stray = kiosk.root / "evidence" / "ab" / ("ab" + "0" * 62)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"what a power cut left")
    kiosk.stop("kioskd")
    kiosk.start("kioskd")
    assert {path.name for path in (kiosk.root / "evidence").glob("??/*")} == kept
