"""Who stands before the emulated camera: clips by number or folder; a living person does what is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk.core import api
from kiosk.core.view import Card, FaceView, GuideView
from kiosk.daemon import emulation
from kiosk.daemon.control_request import Refusal
from kiosk.daemon.emulation import EmulatedDevice, Emulation, clips_of
from kiosk.daemon.hub import ViewHub
from ui.samples import VIEW

NUMBER = "199002142015032002"


@pytest.fixture
def control(tmp_path: Path) -> Path:
    """The camera's control socket, with one person's clips beside it."""
    for clip in ("stand", "print", "blink"):
        folder = tmp_path / "faces" / NUMBER / clip
        folder.mkdir(parents=True)
        (folder / "0000.jpg").write_bytes(b"\xff\xd8")
    return tmp_path / "camera.sock"


def test_clips_are_a_persons_or_a_folder(control: Path) -> None:
    mine = control.parent / "faces" / NUMBER
    assert clips_of(control, NUMBER).acts == mine
    folder = clips_of(control, str(mine / "stand"))
    assert (folder.stand, folder.print, folder.acts) == (mine / "stand", mine / "stand", None)
    for nobody in ("198501012010011001", "../faces", str(control.parent / "empty")):
        with pytest.raises(Refusal, match="no clips"):
            clips_of(control, nobody)


def test_a_living_person_does_what_is_asked_and_a_photo_does_not(
    control: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulation, "REACTION_S", 0.0)
    hub, told = ViewHub(VIEW), list[dict[str, Any]]()
    ends = Card(number=0, kind="taken", code="on_time", show_ms=1, device="camera")
    ask = msgspec.structs.replace(FaceView(1), guides=(GuideView(1, asked="blink"),))

    def camera(path: Path, order: dict[str, Any]) -> dict[str, Any]:
        told.append(order)
        if order["op"] == "play":
            hub.change(face=ask)
        if order["op"] == "act":
            hub.show(ends)
        return {"ok": True}

    monkeypatch.setattr(emulation, "_ask", camera)
    devices = [EmulatedDevice("camera", "camera", control)]
    people = Emulation(devices, hub, lambda terminal, number: number)
    assert people.run(api.Emulate(what="face", subject=NUMBER, wait_s=30)).card.kind == "taken"
    assert [order["op"] for order in told] == ["play", "act", "leave"]
    told.clear()
    hub.change(face=FaceView(1))
    assert people.run(api.Emulate(what="face", subject=NUMBER, attack=True, wait_s=0.3)).card is None
    assert [order["op"] for order in told] == ["play", "leave"]
