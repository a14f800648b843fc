"""`kioskd demo --dir DIR [--headless]`: a kiosk and its centre, emulated devices, one folder."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from kiosk.core.api import EnrolFinger, GetPeople, GetStatus, PutPeople
from kiosk.core.consent import VERSION as CONSENT
from kiosk.core.terminals import GetTerminalUsers
from kiosk.demo.client import DemoError, answers, ask, tell
from kiosk.demo.folder import DEVICE, DemoFolder, free_port, mosquitto
from kiosk.demo.people import FACE, PEOPLE
from kiosk.demo.portrait import Portrait
from kiosk.demo.supervisor import Part, PartFailedError, Supervisor

TEND_S = 0.1
FINGER = "right-index"
APPROVAL_S = 20.0
NONE = "none"


def main(argv: list[str]) -> int:
    """Run until Ctrl-C. Exit 0 after an ordered stop, 1 when something did not come up."""
    arguments = _parser().parse_args(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        folder = DemoFolder.prepare(Path(arguments.dir))
    except OSError as error:
        return _failed(f"cannot use {arguments.dir}: {error}")
    supervisor = Supervisor(folder.root / "log")
    portrait = None if arguments.camera else Portrait(folder, FACE)
    try:
        _start(folder, supervisor, portrait, arguments)
        _say(folder, emulated=portrait is not None)
        while not stop.wait(TEND_S):
            for name in supervisor.tend():
                _print(f"{name} had died and was started again")
    except (PartFailedError, DemoError, OSError) as error:
        return _failed(str(error))
    finally:
        if portrait:
            portrait.stop()
        supervisor.stop()
    _print("stopped; everything is still in the folder for next time")
    return 0


def _start(
    folder: DemoFolder, supervisor: Supervisor, portrait: Portrait | None, arguments: argparse.Namespace
) -> None:
    if answers(folder.control):
        raise PartFailedError(f"a demo already runs in {folder.root}")
    headless = _headless(arguments.headless)
    if portrait:
        portrait.draw()
    supervisor.start(_broker(folder))
    centre_toml = _make_centre(folder)
    centre_key = _centre(centre_toml, "key").strip()
    supervisor.start(Part("centre", (_program("hadir-centre"), "--config", str(centre_toml), "run")))
    supervisor.start(_reader(folder))
    port = free_port()
    supervisor.start(_terminal(folder, port))
    more = "sync_s = 2.0\npush_people = true\n"
    devices = folder.terminal_toml("zk", port, folder.terminal, more) + _camera(folder, supervisor, arguments)
    config = folder.write_kiosk(centre_key, devices)
    kioskd = Part(
        "kioskd", (_program("kioskd"), "--config", str(config)), ready=lambda: _takes_punches(folder)
    )
    supervisor.start(kioskd)
    if arguments.camera != NONE:
        face = (_program("kiosk-face"), "--socket", str(folder.root / "face.sock"))
        supervisor.start(Part("kiosk-face", face))
    _enrol_everybody(folder)
    if portrait:
        portrait.enrol_soon(_print)
    _put_on_terminal(folder)
    _approve(centre_toml)
    if not headless:
        supervisor.start(Part("kiosk-ui", (_program("kiosk-ui"), "--socket", str(folder.root / "ui.sock"))))


def _takes_punches(folder: DemoFolder) -> bool:
    if not answers(folder.control):
        return False
    devices = ask(folder.control, GetStatus())["devices"]
    return all(device["status"] == "ready" for device in devices if device["kind"] != "camera")


def _broker(folder: DemoFolder) -> Part:
    program = mosquitto()
    if program:
        command: tuple[str, ...] = (program, "-c", str(folder.write_mosquitto()))
    else:
        command = (sys.executable, "-m", "kiosk.demo.broker", "--port", str(folder.port))
    return Part("broker", command, ready=lambda: _listens(folder.port))


def _reader(folder: DemoFolder) -> Part:
    command = (
        sys.executable, "-m", "drivers.emulated.r307", "--link", str(folder.reader_link),
        "--control", str(folder.emulator), "--state", str(folder.root / "r307.state"),
    )  # fmt: skip
    return Part("r307", command, ready=lambda: answers(folder.emulator))


def _terminal(folder: DemoFolder, port: int) -> Part:
    command = (
        sys.executable, "-m", "drivers.emulated.zk", "--port", str(port), "--serial", "EMULATED-ZK",
        "--control", str(folder.terminal), "--state", str(folder.root / "zk.state"),
    )  # fmt: skip
    return Part("zk", command, ready=lambda: answers(folder.terminal))


def _camera(folder: DemoFolder, supervisor: Supervisor, arguments: argparse.Namespace) -> str:
    """Start the emulated camera, unless a real one is named; its part of kiosk.toml."""
    if arguments.camera:
        return "" if arguments.camera == NONE else folder.camera_toml(arguments.camera)
    port = free_port()
    command = (
        sys.executable, "-m", "drivers.emulated.camera", "--port", str(port), "--control", str(folder.camera),
        str(folder.faces / "empty"),
    )  # fmt: skip
    supervisor.start(Part("camera", command, ready=lambda: answers(folder.camera)))
    return folder.camera_toml(port=port)


def _put_on_terminal(folder: DemoFolder) -> None:
    """Wait until the kiosk has put its people on the terminal."""
    end = time.monotonic() + APPROVAL_S
    while time.monotonic() < end:
        users = ask(folder.control, GetTerminalUsers())["users"]
        if len([user for user in users if user["number"]]) >= len(PEOPLE):
            return
        time.sleep(TEND_S)
    raise PartFailedError("the people did not reach the emulated terminal")


def _enrol_everybody(folder: DemoFolder) -> None:
    """The people of the demo, through the real enrolment, on a sensor that answers at once."""
    if ask(folder.control, GetPeople(limit=1))["total"]:
        return
    _print(f"first start: {len(PEOPLE)} people, a finger each ...")
    ask(folder.control, PutPeople(rows=PEOPLE, source="demo"))
    tell(folder.emulator, {"op": "speed", "factor": 0})
    for person in PEOPLE:
        label = f"{person.number}/{FINGER}"
        ask(
            folder.control,
            EnrolFinger(number=person.number, finger=FINGER, consent=CONSENT),
            on_event=partial(_place, folder, label),
        )
    tell(folder.emulator, {"op": "speed", "factor": 1})


def _place(folder: DemoFolder, label: str, event: dict[str, Any]) -> None:
    if event["step"] in ("place", "again"):
        tell(folder.emulator, {"op": "finger", "label": label})


def _make_centre(folder: DemoFolder) -> Path:
    if not (folder.root / "centre" / "centre.key").exists():
        _centre(folder.root / "centre" / "centre.toml", "init", str(folder.root / "centre"))
    return folder.write_centre()


def _approve(centre_toml: Path) -> None:
    """The operator's part at the centre: let the new kiosk in, as soon as it has said hello."""
    end = time.monotonic() + APPROVAL_S
    while time.monotonic() < end:
        known = [
            row for row in json.loads(_centre(centre_toml, "devices", "--json")) if row["device"] == DEVICE
        ]
        if any(row["state"] == "approved" for row in known):
            return
        if known:
            _centre(centre_toml, "approve", DEVICE)
        time.sleep(0.2)
    raise PartFailedError(f"{DEVICE} did not reach the centre within {APPROVAL_S:g} s")


def _centre(config: Path, *command: str) -> str:
    arguments = (_program("hadir-centre"), "--config", str(config), *command)
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise PartFailedError(f"hadir-centre {command[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _headless(asked: bool) -> bool:
    if asked:
        return True
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or Path("/dev/dri/card0").exists():
        return False
    _print("no display here (no DISPLAY, WAYLAND_DISPLAY or /dev/dri): going on headless")
    return True


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _say(folder: DemoFolder, *, emulated: bool) -> None:
    ctl = f"{_shown(Path(_program('kioskctl')))} --socket {_shown(folder.control)}"
    first, second, face = PEOPLE[0], PEOPLE[1], next(p for p in PEOPLE if p.number == FACE)
    faces = f"""
  {ctl} emulate face {FACE}      # {face.name} looks into the camera
  {ctl} emulate face {FACE} --attack photo   # a photo of her: refused
  {ctl} emulate unplug camera                # fingers go on; `replug` puts it back"""
    _print(f"""
Hadir is running in {folder.root}, with EMULATED devices. In another terminal try:

  {ctl} emulate finger {first.number}    # {first.name} puts a finger on the reader
  {ctl} emulate finger {second.number}    # {second.name}
  {ctl} emulate finger nobody                # a finger nobody enrolled
  {ctl} emulate zk {second.number}        # the same person at the ZKTeco terminal
  {ctl} terminals list{faces if emulated else ""}
  {ctl} punches                              # stored -> accepted: the centre's word
  {ctl} status
  {ctl} emulate unplug r307                  # pull the reader's plug; `replug` puts it back
  {ctl} ledger verify

Ctrl-C stops everything.""")


def _shown(path: Path) -> str:
    """As somebody in this folder would type it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _print(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _failed(words: str) -> int:
    sys.stderr.write(f"kioskd demo: {words}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kioskd demo", description="A kiosk and its centre, emulated.")
    parser.add_argument("--dir", required=True, help="the folder everything goes into")
    parser.add_argument("--headless", action="store_true", help="no window")
    parser.add_argument("--camera", default="", help="a camera of this machine: /dev/video0; or none")
    return parser
