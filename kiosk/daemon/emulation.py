"""Putting people in front of emulated devices, and pulling their plugs; real devices refuse.

Speaks to an emulator's own control socket: one JSON object a line each way.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.address import address_of
from kiosk.core import api
from kiosk.core.config import CAMERA, Camera, KioskConfig, Reader, Terminal
from kiosk.daemon.hub import ViewHub
from kiosk.daemon.refusal import refuse

ANSWER_S = 5.0
LOOK_S = 0.03
REACTION_S = 0.35  # people do; whoever is faster is not believed to be one
MAX_ANSWER_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class EmulatedDevice:
    """An emulator this kiosk was told of in its configuration."""

    name: str
    kind: str
    control: Path


def emulated_devices(config: KioskConfig) -> list[EmulatedDevice]:
    """Those among the configured devices that have an emulator's control socket."""
    folder = Path(config.state_dir)
    devices: list[tuple[str, str, Reader | Terminal | Camera]] = [
        *(("reader", one.name, one) for one in config.readers),
        *(("terminal", one.name, one) for one in config.terminals),
        ("camera", CAMERA, config.camera),
    ]
    return [
        EmulatedDevice(name, kind, folder / one.emulator_control)
        for kind, name, one in devices
        if one.simulated and one.emulator_control
    ]


@dataclass(frozen=True, slots=True)
class Clips:
    """Folders of pictures: the living person, a photo of them, and folders of what they do when asked."""

    stand: Path
    print: Path
    acts: Path | None


def clips_of(control: Path, subject: str) -> Clips:
    """Of the person with this number, beside the camera's control socket; or a folder, as it is.

    Raises `Refusal`.
    """
    known, folder = control.parent / "faces", Path(subject)
    mine = known / subject
    if "/" not in subject and (mine / "stand").is_dir():
        return Clips(mine / "stand", mine / "print", mine)
    if not folder.is_absolute() or not any(folder.glob("*.jpg")):
        people = ", ".join(sorted(path.parent.name for path in known.glob("*/stand")))
        refuse("not_found", f"no clips of {subject!r}", f"known: {people or 'nobody yet'}; or a folder")
    return Clips(folder, folder, None)


class Emulation:
    """Carries out `kioskctl emulate`; any thread."""

    def __init__(
        self, devices: Sequence[EmulatedDevice], hub: ViewHub, user_id: Callable[[str, str], str]
    ) -> None:
        """`user_id(terminal, number)` is what a person is known by on a terminal."""
        self._devices, self._hub, self._user_id = devices, hub, user_id

    def run(self, command: api.Emulate) -> api.Emulated:
        """Do it and wait for what the kiosk makes of it. Raises `Refusal`."""
        if command.what in ("unplug", "replug"):
            device = self._named(command.subject)
            self._tell(device, {"op": command.what})
            return api.Emulated(device.name)
        if command.what == "face":
            return self._face(command)
        if command.what == "zk":
            device = self._of_kind("terminal", command)
            order = {"op": "punch", "user_id": self._user_id(device.name, command.subject)}
        else:
            device = self._of_kind("reader", command)
            label = f"{command.subject}/{command.finger}"
            order = {"op": "finger", "label": label, "quality": command.quality}
        waiter = self._hub.expect(device.name)
        try:
            self._tell(device, order)
            return api.Emulated(device.name, waiter.wait(command.wait_s))
        finally:
            self._hub.forget(waiter)

    def _face(self, command: api.Emulate) -> api.Emulated:
        """Somebody stands before the camera until the kiosk has made up its mind, doing what it asks."""
        device = self._of_kind("camera", command)
        clips = clips_of(device.control, command.subject)
        waiter, end_s = self._hub.expect(device.name), time.monotonic() + command.wait_s
        asked: dict[int, str] = {}
        try:
            shown = clips.print if command.attack else clips.stand
            self._tell(device, {"op": "play", "clip": str(shown), "seconds": command.wait_s})
            card = None
            while card is None and time.monotonic() < end_s:
                card = waiter.wait(LOOK_S)
                if not command.attack:
                    self._obey(device, clips, asked)
            return api.Emulated(device.name, card)
        finally:
            self._hub.forget(waiter)
            self._tell(device, {"op": "leave"})

    def _obey(self, device: EmulatedDevice, clips: Clips, asked: dict[int, str]) -> None:
        """A living person does, a moment later, what the screen newly asks; a picture cannot."""
        view = self._hub.view.face
        now = {guide.track: guide.asked for guide in view.guides} if view else {}
        new = [act for track, act in now.items() if act and asked.get(track) != act]
        asked.clear()
        asked.update(now)
        if new and clips.acts is not None and (clips.acts / new[0]).is_dir():
            time.sleep(REACTION_S)
            self._tell(device, {"op": "act", "clip": str(clips.acts / new[0])})

    def _of_kind(self, kind: str, command: api.Emulate) -> EmulatedDevice:
        found = [d for d in self._devices if d.kind == kind and command.device in ("", d.name)]
        if not found:
            refuse("not_allowed", f"no emulated {kind} here: real devices take real people",
                   "the demo has emulated devices: kioskd demo --dir DIR")  # fmt: skip
        return found[0]

    def _named(self, name: str) -> EmulatedDevice:
        found = [d for d in self._devices if name in (d.name, d.kind)]
        if not found:
            known = ", ".join(d.name for d in self._devices) or "none"
            refuse("not_found", f"no emulated device {name!r}", f"emulated devices here: {known}")
        return found[0]

    @staticmethod
    def _tell(device: EmulatedDevice, order: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = _ask(device.control, order)
        except (OSError, ValueError) as error:
            refuse("device", f"the emulator of {device.name} does not answer: {error}", "is it running?")
        if not answer.get("ok", True) or "error" in answer:
            refuse("bad_request", f"the emulator refused: {answer.get('error', answer)}")
        return answer


def _ask(path: Path, order: dict[str, Any]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(ANSWER_S)
        with address_of(path) as address:
            line.connect(address)
        line.sendall(json.dumps(order).encode() + b"\n")
        with line.makefile("rb") as answers:
            raw = answers.readline(MAX_ANSWER_BYTES)
    answer: dict[str, Any] = json.loads(raw)
    return answer
