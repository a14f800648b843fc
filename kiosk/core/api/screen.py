"""What only the screen asks for, and what stands in for people before emulated devices."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from kiosk.core.api.base import Seconds
from kiosk.core.command import Command


class Watch(Command, frozen=True, tag="watch"):
    """Stream `View` events until the connection closes."""


class GetPreview(Command, frozen=True, tag="preview"):
    """The camera's preview, answered by `Preview` with its descriptor beside the line (SCM_RIGHTS)."""


class Intent(Command, frozen=True, tag="intent"):
    """What somebody touched on the screen; answered by `Done`."""

    name: Literal["language"]
    value: str


class Emulate(Command, frozen=True, tag="emulate"):
    """Put somebody in front of an emulated device; refused on real ones. Answered by `Emulated`.

    `what` is finger, face, zk, unplug or replug; `subject` the person's number or the device's name. A
    face may also be a folder of JPEG files; with `attack` it is a photo of the person.
    """

    what: str
    subject: str
    finger: str = "right-index"
    device: str = ""
    quality: str = "good"
    attack: bool = False
    wait_s: Seconds = 8.0


class Preview(msgspec.Struct, frozen=True):
    """The descriptor that comes with this line is laid out as `kiosk.core.preview` says."""

    number: int


class Emulated(msgspec.Struct, frozen=True):
    """What the kiosk made of it; `card` is a `kiosk.core.view.Card` or null."""

    device: str
    card: Any = None
