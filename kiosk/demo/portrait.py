"""The demo's face: its clips are drawn beside the first start, then it is enrolled as any picture is."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.core.consent import VERSION as CONSENT
from kiosk.core.faces import EnrolFacePicture, GetFaceStatus
from kiosk.demo.client import DemoError, ask
from kiosk.demo.folder import DemoFolder
from kiosk.demo.supervisor import DIE_WITH_PARENT, PartFailedError

LOOK_S = 0.1
ROOM_S, READY_S = 20.0, 120.0
LAST_CLIP = "print"


class Portrait:
    """Draws in a process of its own and enrols in a thread: the demo's start waits for neither."""

    def __init__(self, folder: DemoFolder, number: str) -> None:
        self._folder, self._number = folder, number
        self._mine = folder.faces / number
        self._drawing: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()

    def draw(self) -> None:
        """Begin to draw what is not there yet; the empty room is there when this returns."""
        if (self._mine / LAST_CLIP).is_dir():
            return
        with (self._folder.root / "log" / "faces.log").open("ab") as log:
            command = (sys.executable, "-m", "kiosk.demo.faces.clips", str(self._folder.faces), self._number)
            self._drawing = subprocess.Popen(
                (*DIE_WITH_PARENT, *command), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + ROOM_S
        while not (self._folder.faces / "empty").is_dir():
            if time.monotonic() > end or self._drawing.poll() is not None:
                raise PartFailedError(f"the camera's clips cannot be drawn: see {log.name}")
            time.sleep(LOOK_S)

    def enrol_soon(self, say: Callable[[str], None]) -> None:
        """Enrol the face once kiosk-face is there, unless it is enrolled."""
        threading.Thread(target=self._enrol, args=(say,), name="portrait", daemon=True).start()

    def stop(self) -> None:
        """Leave what is not done."""
        self._stopping.set()
        if self._drawing is not None and self._drawing.poll() is None:
            self._drawing.terminate()
            self._drawing.wait()

    def _enrol(self, say: Callable[[str], None]) -> None:
        try:
            if ask(self._folder.control, GetFaceStatus())["templates"]:
                return
            if not self._wait(lambda: self._drawn("enrol") and self._works()):
                return
            for count, path in enumerate(sorted((self._mine / "enrol").glob("*.jpg"))):
                self._enrol_one(path, first=count == 0)
            if self._wait(lambda: self._drawn(LAST_CLIP)):
                say("the face is enrolled: `emulate face` works now")
        except (DemoError, OSError, ValueError) as error:
            if not self._stopping.is_set():
                say(f"the demo's face could not be enrolled: {error}")

    def _enrol_one(self, path: Path, *, first: bool) -> None:
        command = EnrolFacePicture(
            number=self._number, jpeg=path.read_bytes(), first=first, consent=CONSENT if first else ""
        )
        with contextlib.suppress(DemoError) if not first else contextlib.nullcontext():
            ask(self._folder.control, command)

    def _drawn(self, clip: str) -> bool:
        if not (self._mine / clip).is_dir() and self._drawing is not None and self._drawing.poll():
            raise DemoError("it could not be drawn, see faces.log")
        return (self._mine / clip).is_dir()

    def _works(self) -> bool:
        return bool(ask(self._folder.control, GetFaceStatus())["threshold_milli"])

    def _wait(self, what: Callable[[], bool]) -> bool:
        end = time.monotonic() + READY_S
        while not what():
            if time.monotonic() > end or self._stopping.wait(LOOK_S):
                return False
        return True
