"""The real program in a real window: what is on the glass, what a touch does, how it stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk.core.api import Done, Intent, Reply
from kiosk.core.desk import SetDirection
from kiosk.core.view import FaceView, GuideView, View
from tests.ui.xdisplay import XDisplay, available, eventually, xvfb
from ui.main import main
from ui.metrics import Metrics
from ui.samples import MORNING, SAMPLES, VIEW
from ui.screens import compose
from ui.stage import Director
from ui.theme import LIGHT, NIGHT

SIZE = (800, 480)
COLOURED = (12, 240)
PICTURE = (600, 300)
RED, GREEN = (200, 30, 30), (30, 200, 30)
ENGLISH_KEY = (754, 36)
needs_x = pytest.mark.skipif(not available(), reason="needs Xvfb and xdotool (apt-get install xvfb xdotool)")


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XDisplay]:
    with xvfb(tmp_path_factory.mktemp("xvfb"), SIZE) as made:
        yield made


def start(socket: Path, environment: dict[str, str], *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ui.main", "--socket", str(socket), "--theme", "light", *more]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)


def stop(program: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> float:
    """Stop it; how long that took, in seconds."""
    began_s = time.monotonic()
    program.send_signal(number)
    try:
        assert program.wait(10) == 0, program.stderr and program.stderr.read().decode()
    finally:
        program.kill()
        if program.stderr:
            program.stderr.close()
    return time.monotonic() - began_s


def numbered(state: str, number: int, **more: Any) -> View:
    view = SAMPLES[state]
    assert view
    assert view.card
    return msgspec.structs.replace(view, card=msgspec.structs.replace(view.card, number=number, **more))


@needs_x
def test_the_camera_is_on_the_glass_while_somebody_is_before_it(
    display: XDisplay, peer: Any, memory: Any
) -> None:
    program = start(peer.path, display.environment())
    peer.accept()
    peer.show(msgspec.structs.replace(VIEW, face=FaceView(1, (GuideView(1, asked="left"),))))
    peer.give(peer.request().id, memory.descriptor)
    memory.show(RED)
    eventually(lambda: display.pixel(*PICTURE) == RED, "the camera's picture is shown")
    memory.show(GREEN)
    eventually(lambda: display.pixel(*PICTURE) == GREEN, "so is the next")
    assert display.pixel(*COLOURED) == LIGHT.late.fill
    peer.show(msgspec.structs.replace(VIEW, face=FaceView(1)))
    eventually(lambda: display.pixel(*COLOURED) == LIGHT.ground, "nobody is there: it is idle")
    stop(program)


@needs_x
def test_from_start_to_stop_on_the_glass(display: XDisplay, peer: Any) -> None:
    peer.vanish()
    program = start(peer.path, display.environment())
    eventually(lambda: display.pixel(*COLOURED) == LIGHT.note.fill, "the screen says the daemon is away")

    peer.listen()
    peer.accept()
    peer.show(VIEW)
    eventually(lambda: display.pixel(*COLOURED) == LIGHT.ground, "it is idle")

    peer.show(numbered("late", 1, show_ms=60_000))
    eventually(lambda: display.pixel(*COLOURED) == LIGHT.late.fill, "the verdict's colour fills its half")

    peer.show(numbered("unknown", 2, show_ms=700))
    eventually(lambda: display.pixel(*COLOURED) == LIGHT.help.fill, "the next card takes its place")
    eventually(lambda: display.pixel(*COLOURED) == LIGHT.ground, "it is idle again")

    peer.raw(b"what is this\n")
    display.touch(*ENGLISH_KEY)
    assert peer.request().do == Intent(name="language", value="en")
    eventually(lambda: display.pixel(ENGLISH_KEY[0] - 14, ENGLISH_KEY[1] - 12) == LIGHT.accent, "EN is lit")

    peer.vanish()
    eventually(lambda: display.pixel(*COLOURED) == LIGHT.note.fill, "it says the daemon is away again")
    peer.listen()
    peer.accept()
    peer.show(VIEW)
    eventually(lambda: display.pixel(*COLOURED) == LIGHT.ground, "it came back by itself")
    assert stop(program) < 1


def key_of(view: View, name: str, value: str) -> tuple[int, int]:
    """Where a key is while `view` is shown."""
    director = Director("id", "light")
    director.receive(msgspec.structs.replace(view, card=None), 0, MORNING)
    director.receive(view, 0, MORNING)
    page = compose(director.stage(1, MORNING), Metrics(*SIZE))
    (box,) = [t.box for t in page.targets if (t.name, t.value) == (name, value)]
    return box.centre


@needs_x
def test_a_punch_turned_at_the_screen_and_hands_that_never_rest(display: XDisplay, peer: Any) -> None:
    program = start(peer.path, display.environment())
    peer.accept()
    peer.show(VIEW)
    eventually(lambda: display.pixel(*COLOURED) == LIGHT.ground, "it is idle")
    punch = numbered("late", 1, show_ms=60_000, seq=77)
    peer.show(punch)
    eventually(lambda: display.pixel(*COLOURED) == LIGHT.late.fill, "the verdict")
    display.touch(*key_of(punch, "turn", "out:77"))
    asked = peer.request()
    assert asked.do == SetDirection(seq=77, direction="out")
    peer.raw(msgspec.json.encode(Reply(asked.id, result=Done())) + b"\n")
    eventually(lambda: display.pixel(*COLOURED) == LIGHT.out.fill, "it is recorded as out")
    display.touch(*key_of(VIEW, "start", "pin"))  # as fast as fifty a second, and then a hand that stays
    display.do("click", "--repeat", "60", "--delay", "20", "1")
    display.do("mousedown", "1")
    peer.show(numbered("unknown", 2, show_ms=60_000))
    eventually(lambda: display.pixel(*COLOURED) == LIGHT.help.fill, "the next card is shown all the same")
    display.do("mouseup", "1")
    assert stop(program) < 1


@needs_x
def test_the_night_theme_in_full_screen(display: XDisplay, peer: Any) -> None:
    program = start(peer.path, display.environment(), "--theme", "night", "--fullscreen")
    peer.accept()
    peer.show(VIEW)
    eventually(lambda: display.pixel(*COLOURED) == NIGHT.ground, "it is idle, in dark colours")
    assert stop(program, signal.SIGINT) < 1


def test_without_any_display_it_stops_at_once_too(peer: Any) -> None:
    program = start(peer.path, os.environ | {"SDL_VIDEODRIVER": "dummy"})
    peer.accept()
    peer.show(numbered("late", 1))
    assert stop(program) < 1


@pytest.mark.parametrize("driver", [{"SDL_VIDEODRIVER": "no_such_driver"}, {}])
def test_a_display_that_cannot_be_opened_is_said(peer: Any, driver: dict[str, str]) -> None:
    if not driver and any(Path("/dev/dri").glob("card*")):
        pytest.skip("this machine has a screen of its own, which would be used")
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "XDG_RUNTIME_DIR"}
    program = start(peer.path, {k: v for k, v in os.environ.items() if k not in hidden} | driver)
    _, said = program.communicate(timeout=20)
    assert program.returncode == 3
    assert b"no display" in said
    assert b"Traceback" not in said


@pytest.mark.parametrize("wrong", [["--size", "wide"], [], ["--for", "nothing", "--screenshot", "x.png"]])
def test_a_wrong_command_line_is_said(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(wrong)
    assert left.value.code == 2
    assert "usage: kiosk-ui" in capsys.readouterr().err


def test_a_screenshot_is_a_picture_of_its_state(tmp_path: Path) -> None:
    file = tmp_path / "late.png"
    arguments = ["--screenshot", str(file), "--for", "late", "--size", "600x1024", "--language", "en"]
    subprocess.run([sys.executable, "-m", "ui.main", *arguments], timeout=30, check=True)
    width_height = file.read_bytes()[16:24]
    assert (int.from_bytes(width_height[:4], "big"), int.from_bytes(width_height[4:], "big")) == (600, 1024)
