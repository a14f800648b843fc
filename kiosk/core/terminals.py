"""The control socket's commands about terminals, and their answers."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kiosk.core.command import Command

Name = Annotated[str, msgspec.Meta(max_length=120)]
UserId = Annotated[str, msgspec.Meta(min_length=1, max_length=24)]


class GetTerminals(Command, frozen=True, tag="terminals"):
    """Every terminal, and what became of its log; answered by `Terminals`."""


class GetTerminalUsers(Command, frozen=True, tag="terminal_users"):
    """The users of a terminal, read from it now, and who they are; answered by `TerminalUsers`."""

    terminal: Name = ""


class GetTerminalRows(Command, frozen=True, tag="terminal_rows"):
    """Rows of terminals' logs that made no punch, newest first; answered by `TerminalRows`."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=5000)] = 50


class SyncTerminal(Command, frozen=True, tag="terminal_sync"):
    """Read a terminal's whole log again now; answered by `Synced`."""

    terminal: Name = ""


class MapTerminalUser(Command, frozen=True, tag="terminal_map"):
    """A terminal's user is the person with this number; rows that waited become punches.

    Answered by `Mapped`.
    """

    user_id: UserId
    number: Annotated[str, msgspec.Meta(max_length=40)]
    terminal: Name = ""


class PullTerminal(Command, frozen=True, tag="terminal_pull"):
    """Take fingers enrolled on a terminal into the vault, give it those it lacks. Answered by `Pulled`."""

    terminal: Name = ""


AnyTerminal = (
    GetTerminals | GetTerminalUsers | GetTerminalRows | SyncTerminal | MapTerminalUser | PullTerminal
)


class Synced(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the rows that were read: `known` before, new `punches`, `kept` repeats and refusals.

    `waiting` are of users nobody knows, `bad` could not be understood and are quarantined.
    """

    known: int = 0
    punches: int = 0
    kept: int = 0
    waiting: int = 0
    bad: int = 0


class TerminalOut(msgspec.Struct, frozen=True, kw_only=True):
    """One terminal. `synced` sums up since kioskd started, `synced_local` is when the log was read last.

    `clock_offset_ms` is its clock minus ours, None when either is not to be believed.
    """

    name: str
    status: Literal["starting", "ready", "fault"]
    simulated: bool
    info: str = ""
    serial: str = ""
    model: str = ""
    address: str = ""
    users: int = 0
    records: int = 0
    record_capacity: int = 0
    clock_offset_ms: int | None = None
    synced_local: str = ""
    synced: Synced = Synced()


class Terminals(msgspec.Struct, frozen=True):
    """In the order of the configuration; `waiting` rows are of users nobody knows."""

    terminals: tuple[TerminalOut, ...]
    waiting: int


class TerminalUserOut(msgspec.Struct, frozen=True, kw_only=True):
    """One user: the id and name there, and who they are here (empty: nobody knows)."""

    user_id: str
    terminal_name: str
    number: str
    name: str


class TerminalUsers(msgspec.Struct, frozen=True):
    """Those whom nobody knows come first."""

    terminal: str
    users: tuple[TerminalUserOut, ...]


class TerminalRowOut(msgspec.Struct, frozen=True, kw_only=True):
    """One row: `wall` is the terminal's own time, `raw` its bytes in hex."""

    terminal: str
    serial: str
    why: str
    user_id: str
    wall: str
    raw: str


class TerminalRows(msgspec.Struct, frozen=True):
    """Newest first."""

    rows: tuple[TerminalRowOut, ...]


class Mapped(msgspec.Struct, frozen=True):
    """`settled` rows that had waited are punches now, or known to be repeats."""

    name: str
    settled: int


class Pulled(msgspec.Struct, frozen=True):
    """Fingers taken into the vault, fingers given to the terminal.

    Fingers of `unknown` users and of people who have `not_agreed` to it were left.
    """

    pulled: int
    given: int
    unknown: int
    not_agreed: int = 0
