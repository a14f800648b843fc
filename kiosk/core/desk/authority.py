"""Who may do what at the screen, and for how long."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kiosk.core.command import Command
from kiosk.core.desk.base import Number, Wait
from kiosk.core.payload import Role


class SetPin(Command, frozen=True, tag="set_pin"):
    """Give a person a PIN of 6 to 12 digits; answered by `Done`."""

    number: Number
    pin: Annotated[str, msgspec.Meta(max_length=12)]


class PutRole(Command, frozen=True, tag="put_role"):
    """Make a person operator, technician or head of unit (`none`: neither); answered by `Done`."""

    number: Number
    role: Role


class Raise(Command, frozen=True, tag="raise"):
    """Raise the screen for two minutes: a PIN here, then the same person's finger. Answered by `Done`."""

    number: Number
    pin: Annotated[str, msgspec.Meta(max_length=12)]
    wait_s: Wait = 30.0


class Lower(Command, frozen=True, tag="lower"):
    """End what `Raise` began; answered by `Done`."""


class Cancel(Command, frozen=True, tag="cancel"):
    """Wait no longer for the finger that a flow or an enrolment waits for; answered by `Done`.

    Whoever waits for that finger is refused with `cancelled`.
    """
