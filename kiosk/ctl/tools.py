"""Programs of kioskd and kiosk-face, which kioskctl runs and never imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TypeVar

import msgspec

from kiosk.ctl.errors import CtlError

T = TypeVar("T")


def kioskd_tool(
    name: str, *arguments: str, timeout_s: float | None = None, user: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `kioskd NAME ...` to its end, as `user` if one is named.

    Raises `CtlError` when there is no kioskd or it takes too long.
    """
    program = Path(sys.executable).with_name("kioskd")
    if not program.exists():
        hint = f"install hadir so that {program} exists"
        raise CtlError("failed", "kioskd is not installed beside kioskctl", hint)
    command = (str(program), name, *arguments)
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=timeout_s,
            user=user, group=user, extra_groups=[] if user else None,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise CtlError("timeout", f"kioskd {name} took more than {timeout_s:g} s", "try again") from error


class _Failed(msgspec.Struct, frozen=True):
    error: str


def face_tool(name: str, *arguments: str, answer: type[T], timeout_s: float) -> T:
    """The one JSON object that `kiosk.face`'s tool `name` prints; its progress goes to the terminal.

    Raises `CtlError` with its words.
    """
    command = (sys.executable, "-m", f"kiosk.face.{name}", *arguments)
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False, timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise CtlError("timeout", f"it took more than {timeout_s:g} s", "try again") from error
    try:
        if done.returncode == 0:
            return msgspec.json.decode(done.stdout, type=answer)
        words = msgspec.json.decode(done.stdout, type=_Failed).error
    except msgspec.DecodeError as error:
        raise CtlError("failed", f"{name} ended with {done.returncode}", "read what it said above") from error
    raise CtlError("failed", words, "see the technician's guide, faces and photos")
