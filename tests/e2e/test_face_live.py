"""kioskd, kiosk-face and an emulated camera: a living person, a photo of them, pulled plugs, a kill."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.core import api
from kiosk.demo.client import answers
from kiosk.demo.faces.clips import write_all
from kiosk.demo.folder import free_port
from tests.e2e.rig import BIN, Rig, rig, until

DEWI = ("199002142015032002", "Dewi Lestari Wulandari, S.Si.")
AHMAD = ("198501012010011001", "Ahmad Fauzi Nasution, S.Pd.")
PATIENCE_S = 60.0
TRIES = 20  # a machine that is busy with other things shows too few frames of an act


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    write_all(folder, DEWI[0])
    return folder


class Lobby:
    """A kiosk with a reader, a camera and kiosk-face; one person with a finger, one with a face."""

    def __init__(self, kiosk: Rig, clips: Path, liveness: str) -> None:
        self.kiosk, port = kiosk, free_port()
        shutil.copytree(clips, kiosk.root / "faces")
        settings = kiosk.folder.camera_toml(port=port) + f'liveness = "{liveness}"\n'
        with kiosk.config.open("a", encoding="utf-8") as file:
            file.write(settings)
        control = kiosk.root / "camera.sock"
        kiosk.spawn(
            "camera", sys.executable, "-m", "drivers.emulated.camera", "--port", str(port),
            "--control", str(control), str(kiosk.root / "faces" / "empty"),
        )  # fmt: skip
        until(lambda: answers(control))
        kiosk.start("reader", "kioskd")
        self.start_face()
        until(lambda: self.device("r307") == "ready")
        kiosk.enrol(*AHMAD)
        assert kiosk.ask(api.PutPeople(rows=(api.PersonRow(1, *DEWI),)))["errors"] == []
        until(lambda: self.device("camera") == "ready", PATIENCE_S)

    def start_face(self) -> None:
        self.kiosk.spawn("face", str(BIN / "kiosk-face"), "--socket", str(self.kiosk.root / "face.sock"))

    def device(self, name: str) -> str:
        return next((str(d["status"]) for d in self.kiosk.status()["devices"] if d["name"] == name), "")

    def enrol(self) -> Any:
        pictures = str(self.kiosk.root / "faces" / DEWI[0] / "enrol")
        return self.kiosk.ctl("enrol", "face", DEWI[0], "--from", pictures, "--consent")

    def look(self, *, attack: bool = False) -> Any:
        command = api.Emulate(what="face", subject=DEWI[0], attack=attack, wait_s=PATIENCE_S)
        return self.kiosk.ask(command, 2 * PATIENCE_S)["card"]

    def punches(self) -> list[Any]:
        return [r["data"] for r in self.kiosk.records("punch")]


@pytest.fixture
def lobby(request: pytest.FixtureRequest, tmp_path: Path, clips: Path) -> Iterator[Lobby]:
    with rig(tmp_path / "rig", duplicate_s=600) as kiosk:
        yield Lobby(kiosk, clips, request.param)


@pytest.mark.parametrize("lobby", ["off"], indirect=True)
def test_a_face_punches_and_the_finger_goes_on_without_camera_and_without_kiosk_face(lobby: Lobby) -> None:
    kiosk = lobby.kiosk
    assert lobby.enrol()["templates"] >= 3
    until(lambda: kiosk.ctl("face", "status")["people"] == 1)
    card = lobby.look()
    assert (card["kind"], card["name"]) == ("taken", DEWI[1])
    (punch,) = lobby.punches()
    assert (punch["method"], punch["grade"]) == ("face", "C")
    assert punch["score"] >= punch["face"]["threshold_milli"]

    kiosk.ctl("emulate", "unplug", "camera")
    until(lambda: lobby.device("camera") == "fault", PATIENCE_S)
    assert kiosk.tap(AHMAD[0])["kind"] == "taken"
    kiosk.ctl("emulate", "replug", "camera")
    until(lambda: lobby.device("camera") == "ready", PATIENCE_S)

    kiosk.kill("face")
    until(lambda: lobby.device("camera") == "fault")
    assert kiosk.tap(AHMAD[0])["kind"] == "repeat"
    lobby.start_face()
    until(lambda: lobby.device("camera") == "ready", PATIENCE_S)
    until(lambda: kiosk.ctl("face", "status")["people"] == 1, PATIENCE_S)


@pytest.mark.slow
@pytest.mark.slow_ci
@pytest.mark.timeout(900)
@pytest.mark.parametrize("lobby", ["enforce"], indirect=True)
def test_a_living_person_is_punched_once_and_a_photo_of_them_never(lobby: Lobby) -> None:
    kiosk = lobby.kiosk
    lobby.enrol()
    for _ in range(2):
        refused = next(card for card in (lobby.look(attack=True) for _ in range(TRIES)) if card)
        assert refused["code"] in ("attack", "unproven"), kiosk.records("punch")
    assert lobby.punches() == []
    attack = next(r for r in kiosk.records("refusal") if r["data"]["cause"] in ("attack", "unproven"))
    until(lambda: any(e["data"]["punch_seq"] == attack["seq"] for e in kiosk.records("evidence")))
    picture = kiosk.root / "attack.jpg"
    kiosk.ctl("photo", str(attack["seq"]), "--out", str(picture))
    assert picture.read_bytes().startswith(b"\xff\xd8")

    taken = next((c for c in (lobby.look() for _ in range(TRIES)) if c and c["kind"] == "taken"), None)
    assert taken, kiosk.log("face")[-2000:]
    (punch,) = lobby.punches()
    assert punch["grade"] == "B"
    assert any("done" in word for word in punch["face"]["liveness"])
    until(lambda: any(e["data"]["punch_seq"] == taken["seq"] for e in kiosk.records("evidence")))
