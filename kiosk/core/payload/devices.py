"""Devices: their state, terminals with logs of their own, sticks."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from kiosk.core.payload.base import Payload


class DeviceState(Payload, frozen=True):
    """A device failed or came back."""

    TYPE: ClassVar[str] = "device"
    device: str
    state: Literal["ready", "fault"]
    cause: str
    info: str = ""


class TerminalRow(Payload, frozen=True):
    """A row of a terminal's log that became no punch; the private part holds `TerminalRowPrivate`.

    `why`: `unknown_user` (then `user_key` is set, and it becomes a punch once the user is mapped), a
    verdict's code such as `duplicate`, or what is wrong with the row. `source_key` is the row's keyed hash.
    """

    TYPE: ClassVar[str] = "terminal_row"
    device: str
    serial: str
    source_key: str
    why: str
    person_id: str | None = None
    user_key: str | None = None
    simulated: bool = False


class TerminalRowPrivate(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The row as it came: `raw` is hex, `wall` the terminal's own local time, empty when unreadable."""

    raw: str
    user_id: str = ""
    wall: str = ""


class TerminalUser(Payload, frozen=True):
    """A user of the terminal `serial` is this person.

    `user_key` is the user id's keyed hash; the id itself is in the private part, `TerminalUserPrivate`.
    """

    TYPE: ClassVar[str] = "terminal_user"
    person_id: str
    serial: str
    user_key: str
    actor: str


class TerminalUserPrivate(msgspec.Struct, frozen=True, kw_only=True):
    """The user id; often a NIP, or a part of one."""

    user_id: str


class TerminalClock(Payload, frozen=True):
    """A terminal's clock jumped, was set, or shows no date: how far ahead of ours before and after."""

    TYPE: ClassVar[str] = "terminal_clock"
    device: str
    serial: str
    what: Literal["jump", "set", "impossible"]
    before_ms: int | None
    after_ms: int | None


class StickVisit(Payload, frozen=True):
    """A USB stick was written to, read, paired or refused; `stick` is its id, `code` why it was refused.

    What was exported is a hint: only a receipt moves the cursor.
    """

    TYPE: ClassVar[str] = "stick"
    what: Literal["paired", "exported", "receipt", "refused"]
    stick: str
    code: str = ""
    export: str = ""
    records: int = 0
    photos: int = 0
    size_bytes: int = 0
