"""The one small tree of device errors.

A class says what the caller can do: wait and reopen (`Unavailable`, `Timeout`,
`ProtocolError`), tell the person (`Rejected`), free room (`Full`) or choose another
way (`NotSupported`). Drivers raise nothing else from a public method.
"""

from __future__ import annotations


class DeviceError(Exception):
    """A device did not do what was asked.

    `hint` tells the technician what to do about it, in one English sentence.
    """

    hint = "look at `kioskctl status`"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class Unavailable(DeviceError, ConnectionError):
    """The device is not there: unplugged, no permission, port busy, wrong address."""

    hint = "check the cable and the power of the device"


class Timeout(DeviceError, TimeoutError):
    """The device is there but did not answer within its deadline."""

    hint = "the device is silent: check its power, then its cable"


class ProtocolError(DeviceError, ValueError):
    """The device answered something that its protocol does not allow."""

    hint = "the line is noisy or another device answers: check the cable and the port"


class Rejected(DeviceError):
    """The device understood and refused, for a reason a person can act on.

    `reason` is a stable word that the screen translates, e.g. `too_dry`, `wrong_password`.
    """

    def __init__(self, reason: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class Full(DeviceError):
    """No room left in the device."""

    hint = "delete people who have left, or use a device with more room"


class NotSupported(DeviceError, NotImplementedError):
    """This model cannot do that."""

    hint = "use a model that has this function"
