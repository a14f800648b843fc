"""What the centre can have a kiosk do: one struct a command, the body of `down/command`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from sync.documents import MAX_COMMAND_BYTES, Number, Text
from sync.topics import DeviceName
from sync.wire import Name, Seq, WireError, decode


class Command(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, tag_field="do"):
    """The body of `down/command`: `counter` grows with each command of a device, `expires_ms` is UTC."""

    counter: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    expires_ms: Seq


class CallPresence(Command, frozen=True, tag="presence"):
    """Ask everybody (of `unit`) to confirm now that they are here, within `window_s`."""

    window_s: Annotated[int, msgspec.Meta(ge=5, le=7_200)] = 600
    unit: Text = ""


class Resend(Command, frozen=True, tag="resend"):
    """Deliver the records of one ledger again, from `from_seq` on."""

    ledger_id: Name
    from_seq: Annotated[int, msgspec.Meta(ge=1)]


class UnlockAdmin(Command, frozen=True, tag="unlock_admin"):
    """Give a person a new PIN; `sealed` (hex) holds it, for this device alone, bound to `pin_context`."""

    number: Number
    sealed: Annotated[str, msgspec.Meta(max_length=400)]


class ShowMessage(Command, frozen=True, tag="show_message"):
    """Show words on the screen for `minutes`; without words, take the last ones away."""

    text: Annotated[str, msgspec.Meta(max_length=120)]
    text_en: Annotated[str, msgspec.Meta(max_length=120)] = ""
    minutes: Annotated[int, msgspec.Meta(ge=1, le=10_080)] = 60


class Restart(Command, frozen=True, tag="restart"):
    """Stop in order; the service manager starts kioskd again."""


class RotateKey(Command, frozen=True, tag="rotate_key"):
    """Make a new signing key, name it in the reply, and go on with it in a new, linked ledger."""


class Revoke(Command, frozen=True, tag="revoke"):
    """Take no more punches and delete every template: the device was stolen or is given away."""

    reason: Text = ""


class RunDoctor(Command, frozen=True, tag="doctor"):
    """Run `kioskctl doctor`; the reply's `text` is its JSON."""


class SupportBundle(Command, frozen=True, tag="support_bundle"):
    """Make a support bundle; it comes up in chunks as the reply's `blob`."""


AnyCommand = (
    CallPresence | Resend | UnlockAdmin | ShowMessage | Restart | RotateKey | Revoke | RunDoctor
    | SupportBundle
)  # fmt: skip


def read_command(body: str) -> AnyCommand:
    """The command in a verified body. Raises `WireError`, reason unknown_command among others."""
    head = decode(body, _Head, MAX_COMMAND_BYTES)
    if head.do not in _KNOWN:
        raise WireError("unknown_command", head.do[:40])
    return decode(body, AnyCommand, MAX_COMMAND_BYTES)  # type: ignore[arg-type]


def pin_context(name: DeviceName, number: str, counter: int) -> bytes:
    """What a sealed PIN is bound to."""
    return f"hadir-pin-v1\n{name}\n{number}\n{counter}\n".encode()


class _Head(msgspec.Struct, frozen=True):
    do: str
    counter: Seq
    expires_ms: Seq


_KNOWN = frozenset(
    str(kind.__struct_config__.tag)
    for kind in (
        CallPresence, Resend, UnlockAdmin, ShowMessage, Restart, RotateKey, Revoke, RunDoctor, SupportBundle
    )
)  # fmt: skip
