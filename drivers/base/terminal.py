"""What a terminal is: a device with its own users and its own log of punches.

Live events are a hint, the log is the truth. A row of the log is known by serial number, user, device time,
punch state and ordinal, so that reading the log again neither doubles nor merges punches.

One thread calls a terminal; only `close` may be called from any thread, and frees a blocked call. Public
methods own the deadline, the check that the terminal is open and the translation of errors; a driver must
fill the hooks whose names start with an underscore and may override nothing else. After `Unavailable`,
`Timeout` or `ProtocolError` the connection is closed: `open` again, with backoff. After `Rejected`, `Full`
and `NotSupported` it is still open.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from drivers.base.deadline import Deadline
from drivers.base.errors import DeviceError, ProtocolError, Timeout, Unavailable

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TerminalInfo:
    """What a terminal says of itself.

    `clock_offset_ms` is the device's clock minus ours (resolution one second), None when its date is
    impossible.
    """

    serial: str
    model: str
    firmware: str
    platform: str
    users: int
    records: int
    record_capacity: int
    user_capacity: int
    clock_offset_ms: int | None
    simulated: bool
    address: str = ""
    user_id_width: int = 0
    templates: int = 0
    template_capacity: int = 0


class LogRow(NamedTuple):
    """One punch in a terminal's log; a named tuple because a log holds 100,000 of them.

    `wall` is the device's own local time as `YYYY-MM-DDTHH:MM:SS` without a zone: it sorts by time, and
    anyone can read it in the ledger. `ordinal` counts rows with the same user, second and state, from 0.
    `raw` is the record.
    """

    user_id: str
    wall: str
    state: int
    verify: int
    ordinal: int
    raw: bytes

    @property
    def key(self) -> tuple[str, str, int, int]:
        """What tells this row from all others of the same terminal: user, time, state, ordinal."""
        return self.user_id, self.wall, self.state, self.ordinal


@dataclass(frozen=True, slots=True)
class BadRow:
    """A record that names no punch, kept as it came: `index` is its place in the terminal's log."""

    raw: bytes
    why: str
    index: int


@dataclass(frozen=True, slots=True)
class LogMark:
    """How far a log has been read; hand it back to `log_since`. Lives in memory, never on disk."""

    serial: str
    record_size: int
    data: bytes = field(repr=False)

    @property
    def records(self) -> int:
        """How many records had been read."""
        return len(self.data) // self.record_size if self.record_size else 0


@dataclass(frozen=True, slots=True)
class Log:
    """Rows read from a terminal's log, oldest first.

    `declared` is how many records the terminal says it holds, `first` the place of the first one read: 0
    when the whole log was read.
    """

    rows: tuple[LogRow, ...]
    bad: tuple[BadRow, ...]
    declared: int
    first: int
    mark: LogMark


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """A punch announced by the terminal as it happened. A hint: read the log before believing it."""

    user_id: str
    wall: str
    state: int
    verify: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class TerminalUser:
    """A person as the terminal knows them. `uid` is the terminal's own number, 0 to let it be chosen."""

    uid: int
    user_id: str
    name: str = ""
    privilege: int = 0
    card: int = 0
    group: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TerminalTemplate:
    """One finger of one user, in the terminal's own format. `valid` is 1, or 3 for a duress finger."""

    uid: int
    finger: int
    valid: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The terminal's clock; `wall` and `offset_ms` (device minus ours) are None for an impossible date."""

    wall: str | None
    offset_ms: int | None


class Terminal(ABC):
    """A terminal; see the module for the rules."""

    limits_s: ClassVar[Mapping[str, float]] = {
        "open": 15.0,
        "status": 10.0,
        "log": 300.0,
        "users": 120.0,
        "write": 20.0,
        "clock": 6.0,
    }
    """How long each kind of call may last at most, in seconds; silence ends it sooner."""

    vendor_errors: ClassVar[tuple[type[Exception], ...]] = ()
    """What the vendor's library raises; never leaves a public method."""

    _open_now = False
    _down_since_s: float | None = None

    @property
    @abstractmethod
    def name(self) -> str:
        """What the technician knows this terminal by, for the log."""

    @property
    def is_open(self) -> bool:
        """Whether calls other than `open` make sense."""
        return self._open_now

    def open(self) -> TerminalInfo:
        """Connect, log in and read what the terminal is.

        Raises `Unavailable`, `Timeout`, `ProtocolError`, or `Rejected` with reason `wrong_password` or
        `wrong_terminal`.
        """
        self.close()
        with self._call("connect", "open", opening=True) as deadline:
            info = self._open(deadline)
            self._open_now = True
        self._is_back()
        return info

    def close(self) -> None:
        """Hang up. May be called from any thread and more than once; frees a call that is waiting."""
        self._open_now = False
        self._close()

    def status(self) -> TerminalInfo:
        """Ask again what the terminal is and how full; also the proof that it is still there."""
        with self._call("read status", "status") as deadline:
            return self._status(deadline)

    def log(self) -> Log:
        """The whole log, complete by the terminal's own count, or an error."""
        with self._call("read log", "log") as deadline:
            return self._log(deadline, None)

    def log_since(self, mark: LogMark) -> Log:
        """What the log gained since `mark`; all of it (`first` = 0) when it was cleared or overwritten."""
        with self._call("read log", "log") as deadline:
            return self._log(deadline, mark)

    def live(self, timeout_s: float) -> list[LiveEvent | BadRow]:
        """Wait up to `timeout_s` for punches as they happen; empty when there was none."""
        with self._call("wait for punches", "status") as deadline:
            return self._live(deadline, timeout_s)

    def users(self) -> tuple[TerminalUser, ...]:
        """Everybody the terminal knows."""
        with self._call("read users", "users") as deadline:
            return self._users(deadline)

    def put_user(self, user: TerminalUser) -> TerminalUser:
        """Add a person, or replace who has the same `user_id`; returns them with the `uid` they have.

        Raises `Full`, or `Rejected` with reason `bad_user_id`, `bad_name`, `bad_password`, `uid_taken`,
        `refused`.
        """
        with self._call("write user", "users") as deadline:
            return self._put_user(deadline, user)

    def delete_user(self, user_id: str) -> bool:
        """Remove a person and their templates; False when the terminal did not know them."""
        with self._call("delete user", "users") as deadline:
            return self._delete_user(deadline, user_id)

    def templates(self) -> tuple[TerminalTemplate, ...]:
        """Every finger enrolled on the terminal."""
        with self._call("read templates", "users") as deadline:
            return self._templates(deadline)

    def get_template(self, uid: int, finger: int) -> TerminalTemplate | None:
        """One finger (0 to 9) of the user with this `uid`, or None."""
        with self._call("read template", "write") as deadline:
            return self._get_template(deadline, uid, finger)

    def put_template(self, user: TerminalUser, template: TerminalTemplate) -> None:
        """Store a finger for a user that is on the terminal (`user.uid` is not 0)."""
        with self._call("write template", "write") as deadline:
            self._put_template(deadline, user, template)

    def read_clock(self) -> ClockReading:
        """The terminal's clock, and how far it is from ours."""
        with self._call("read clock", "clock") as deadline:
            return self._read_clock(deadline)

    def set_clock(self, wall: str) -> None:
        """Set the terminal's clock to the local time `wall`, as `YYYY-MM-DDTHH:MM:SS`."""
        with self._call("set clock", "clock") as deadline:
            self._set_clock(deadline, wall)

    def clear_log(self, committed: int) -> None:
        """Empty the terminal's log, all `committed` records of it being committed elsewhere.

        Raises `Rejected` with reason `log_has_grown` when it holds another number of records.
        """
        with self._call("clear log", "write") as deadline:
            self._clear_log(deadline, committed)

    @contextmanager
    def _call(self, doing: str, limit: str, *, opening: bool = False) -> Iterator[Deadline]:
        if not (opening or self._open_now):
            raise Unavailable(f"{doing}: the terminal is not connected")
        try:
            yield Deadline.after(self.limits_s[limit])
        except DeviceError as error:
            self._after(error, opening=opening)
            raise
        except self.vendor_errors as error:
            translated = self._translate(doing, error)
            self._after(translated, opening=opening)
            raise translated from error

    def _after(self, error: DeviceError, *, opening: bool) -> None:
        if opening or isinstance(error, (Unavailable, Timeout, ProtocolError)):
            hung_up_ourselves = not (opening or self._open_now)
            self.close()
            if not hung_up_ourselves:
                self._is_down(error)

    def _is_down(self, error: DeviceError) -> None:
        first = self._down_since_s is None
        self._down_since_s = time.monotonic() if self._down_since_s is None else self._down_since_s
        LOGGER.log(logging.WARNING if first else logging.DEBUG, "%s: %s (%s)", self.name, error, error.hint)

    def _is_back(self) -> None:
        if self._down_since_s is not None:
            LOGGER.info("%s: back after %.1f s", self.name, time.monotonic() - self._down_since_s)
            self._down_since_s = None

    @abstractmethod
    def _translate(self, doing: str, error: Exception) -> DeviceError:
        """The typed error for one of `vendor_errors`."""

    @abstractmethod
    def _open(self, deadline: Deadline) -> TerminalInfo: ...

    @abstractmethod
    def _close(self) -> None:
        """Free the connection; called from any thread, also when nothing is open."""

    @abstractmethod
    def _status(self, deadline: Deadline) -> TerminalInfo: ...

    @abstractmethod
    def _log(self, deadline: Deadline, mark: LogMark | None) -> Log: ...

    @abstractmethod
    def _live(self, deadline: Deadline, timeout_s: float) -> list[LiveEvent | BadRow]: ...

    @abstractmethod
    def _users(self, deadline: Deadline) -> tuple[TerminalUser, ...]: ...

    @abstractmethod
    def _put_user(self, deadline: Deadline, user: TerminalUser) -> TerminalUser: ...

    @abstractmethod
    def _delete_user(self, deadline: Deadline, user_id: str) -> bool: ...

    @abstractmethod
    def _templates(self, deadline: Deadline) -> tuple[TerminalTemplate, ...]: ...

    @abstractmethod
    def _get_template(self, deadline: Deadline, uid: int, finger: int) -> TerminalTemplate | None: ...

    @abstractmethod
    def _put_template(self, deadline: Deadline, user: TerminalUser, template: TerminalTemplate) -> None: ...

    @abstractmethod
    def _read_clock(self, deadline: Deadline) -> ClockReading: ...

    @abstractmethod
    def _set_clock(self, deadline: Deadline, wall: str) -> None: ...

    @abstractmethod
    def _clear_log(self, deadline: Deadline, committed: int) -> None: ...
