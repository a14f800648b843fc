"""From a client's line to a typed command it may give, or to the reason why not."""

from __future__ import annotations

import difflib
import typing

import msgspec

from kiosk.core import api, courier, desk, faces
from kiosk.core.request import AnyCommand, Request
from kiosk.daemon.control_connection import Authority

UI_COMMANDS = (api.GetStatus, api.Watch, api.GetPreview, api.Intent, *desk.PUBLIC, *faces.PUBLIC)
RAISED_COMMANDS = (
    api.GetPeople, api.PutPeople, api.GetPunches, api.GetLedger, api.EnrolFinger, api.RemoveFinger,
    *desk.RAISED, *courier.RAISED, *faces.RAISED,
)  # fmt: skip
"""Through the screen's socket only while it is raised; the service looks."""


class Refusal(Exception):
    """A request is refused; `error` goes to the client as it is."""

    def __init__(self, error: api.ApiError) -> None:
        super().__init__(error.message)
        self.error = error


class BadLineError(Refusal):
    """A line that is no request; `id` is the request's where it could be read, else 0."""

    def __init__(self, id_: int, error: api.ApiError) -> None:
        super().__init__(error)
        self.id = id_


class _Envelope(msgspec.Struct):
    id: int
    do: msgspec.Raw


class _Named(msgspec.Struct):
    cmd: str


_envelope = msgspec.json.Decoder(_Envelope)
_command = msgspec.json.Decoder(AnyCommand)


def read_request(line: bytes) -> Request:
    """The request in `line`. Raises `BadLineError`."""
    try:
        envelope = _envelope.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        hint = 'a request is one line: {"id": 1, "do": {"cmd": "status"}}'
        raise BadLineError(0, api.ApiError("bad_request", f"not a request: {error}", hint)) from error
    try:
        return Request(envelope.id, _command.decode(envelope.do))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadLineError(envelope.id, _why_no_command(bytes(envelope.do), str(error))) from error


def check_authority(command: api.Command, authority: Authority) -> None:
    """Raises `Refusal` when a client with this authority may not give `command`."""
    if authority == "admin" or isinstance(command, (*UI_COMMANDS, *RAISED_COMMANDS)):
        return
    name = type(command).__struct_config__.tag
    raise Refusal(
        api.ApiError(
            "not_allowed", f"{name}: not through the screen's socket", "use the admin socket: kioskctl"
        )
    )


def _why_no_command(do: bytes, why: str) -> api.ApiError:
    known = [str(cls.__struct_config__.tag) for cls in typing.get_args(AnyCommand)]
    try:
        name = msgspec.json.decode(do, type=_Named).cmd
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        name = ""
    if not name or name in known:
        return api.ApiError("bad_request", why, "the commands and their fields are in kiosk/core/api.py")
    near = difflib.get_close_matches(name[:40], known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
    return api.ApiError("bad_request", f"no command {name[:40]!r}", hint)
