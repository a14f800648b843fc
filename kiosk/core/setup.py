"""Commands of the first run and of mending it: the first administrator, a lost PIN, the clock set by hand."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk.core.command import Command

Number = Annotated[str, msgspec.Meta(max_length=64)]
Pin = Annotated[str, msgspec.Meta(max_length=12)]
Digits = Annotated[str, msgspec.Meta(max_length=16)]


class MakeCode(Command, frozen=True, tag="admin_code"):
    """Make the one-time code by which somebody becomes administrator at the screen; answered by `Code`.

    It takes the place of the one before. Only through the admin socket.
    """


class ClaimAdmin(Command, frozen=True, tag="claim_admin"):
    """Become administrator by the one-time code, which is used up; answered by `Done`.

    Somebody whom the kiosk does not know needs a `name`. The screen is raised for them, so that they can
    enrol the finger that raises it from then on.
    """

    code: Digits
    number: Number
    pin: Pin
    name: Annotated[str, msgspec.Meta(max_length=120)] = ""
    role: Literal["operator", "technician", "head"] = "operator"


class AskReset(Command, frozen=True, tag="ask_reset"):
    """Somebody with a role has lost their PIN: the challenge to be answered. Answered by `ResetAsked`."""

    number: Number


class ResetPin(Command, frozen=True, tag="reset_pin"):
    """The answer to the challenge, and the new PIN; answered by `Done`."""

    number: Number
    answer: Digits
    pin: Pin


class SetClock(Command, frozen=True, tag="set_clock"):
    """The local time is `local`, an operator says, within a minute; answered by `Done`."""

    local: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d \d\d:\d\d$")]


PUBLIC = (ClaimAdmin, AskReset, ResetPin)
RAISED = (SetClock,)
AnySetup = MakeCode | ClaimAdmin | AskReset | ResetPin | SetClock


class Code(msgspec.Struct, frozen=True):
    """The one-time code, shown once."""

    code: str


class ResetAsked(msgspec.Struct, frozen=True):
    """`digits` are read out; `text` is the QR code's (`kiosk.core.codes.Challenge`)."""

    name: str
    digits: str
    text: str
