"""A ZKTeco terminal on the network."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from drivers.base.deadline import Deadline
from drivers.base.errors import (
    DeviceError,
    Full,
    ProtocolError,
    Rejected,
    Unavailable,
)
from drivers.base.terminal import (
    BadRow,
    ClockReading,
    LiveEvent,
    Log,
    LogMark,
    Terminal,
    TerminalInfo,
    TerminalTemplate,
    TerminalUser,
)
from drivers.zk import events, people, timecode
from drivers.zk.line import Line, Patience, TcpLine, UdpLine
from drivers.zk.log import read_log
from drivers.zk.session import (
    ACK_UNAUTH,
    DATA,
    GET_TEMPLATE,
    PREPARE_DATA,
    TEMPLATES,
    USERS,
    VENDOR_ERRORS,
    Session,
    Sizes,
    translate,
)
from drivers.zk.transfer import Transfer, collect

LOGGER = logging.getLogger(__name__)


class ZkTerminal(Terminal):
    """A ZKTeco terminal at `host`, over TCP (`tcp`) or UDP; see `drivers.base.terminal`.

    `local_now` gives our own local time without a zone, to compare the terminal's clock with. `serial`,
    when known, guards against another terminal answering at this address. `simulated` only marks what
    `open` returns.
    """

    vendor_errors = VENDOR_ERRORS

    def __init__(
        self,
        host: str,
        port: int = 4370,
        *,
        local_now: Callable[[], datetime],
        comm_key: int = 0,
        tcp: bool = True,
        serial: str | None = None,
        simulated: bool = False,
        patience: Patience | None = None,
    ) -> None:
        self._address = (host, port)
        self._local_now = local_now
        self._comm_key = comm_key
        self._tcp = tcp
        self._expected_serial = serial
        self._simulated = simulated
        self._patience = patience or Patience()
        self._line: Line | None = None
        self._session_now: Session | None = None
        self._info: TerminalInfo | None = None
        self._live_now = False

    @property
    def name(self) -> str:
        """Serial number once known, and address."""
        serial = self._info.serial if self._info is not None else self._expected_serial
        where = f"{self._address[0]}:{self._address[1]}"
        return f"terminal {serial} at {where}" if serial else f"terminal at {where}"

    def _open(self, deadline: Deadline) -> TerminalInfo:
        self._live_now = False
        self._line = (TcpLine if self._tcp else UdpLine)(self._address, self._patience)
        self._line.deadline = deadline
        session = self._session_now = Session(self._line, self._address, self._comm_key)
        session.login()
        serial = session.serial()
        if self._expected_serial not in {None, serial}:
            raise Rejected(
                "wrong_terminal",
                f"terminal {serial} answers at {self._address[0]}, not {self._expected_serial}",
                hint="addresses have changed: search by serial number or correct the configuration",
            )
        model, firmware, platform = session.names()
        blank = TerminalInfo(serial, model, firmware, platform, 0, 0, 0, 0, None, self._simulated)
        where = f"{self._address[0]}:{self._address[1]}"
        self._info = replace(blank, address=where, user_id_width=session.user_id_width())
        return self._filled(session)

    def _close(self) -> None:
        line, self._line, self._session_now = self._line, None, None
        if line is not None:
            line.close()

    def logout(self) -> None:
        """Say goodbye, then close: a terminal that serves one client is free at once for the next."""
        with self._call("log out", "clock") as deadline:
            self._session(deadline).logout()
        self.close()

    def _session(self, deadline: Deadline) -> Session:
        session = self._session_now
        if session is None:
            raise Unavailable("the connection was closed on our side")
        session.line.deadline = deadline
        return session

    def _known(self) -> TerminalInfo:
        if self._info is None:
            raise Unavailable("the terminal was never open")
        return self._info

    def _filled(self, session: Session) -> TerminalInfo:
        sizes = session.sizes()
        self._info = replace(
            self._known(),
            users=sizes.users,
            records=sizes.records,
            record_capacity=sizes.record_capacity,
            user_capacity=sizes.user_capacity,
            templates=sizes.templates,
            template_capacity=sizes.template_capacity,
            clock_offset_ms=self._clock(session).offset_ms,
        )
        return self._info

    def _status(self, deadline: Deadline) -> TerminalInfo:
        return self._filled(self._session(deadline))

    def _log(self, deadline: Deadline, mark: LogMark | None) -> Log:
        session = self._session(deadline)
        return read_log(session, self._known().serial, mark, lambda: self._user_table(session)[0])

    def _live(self, deadline: Deadline, timeout_s: float) -> list[LiveEvent | BadRow]:
        session = self._session(deadline)
        if not self._live_now:
            session.register_events()
            self._live_now = True
        line = session.line
        line.wait_for_event(timeout_s)
        line.deadline = Deadline.after(self._patience.answer_s)
        punches: list[LiveEvent | BadRow] = []
        while line.events:
            punches += events.decode(line.events.popleft().data)
            session.acknowledge()
        return punches

    def _users(self, deadline: Deadline) -> tuple[TerminalUser, ...]:
        return self._user_table(self._session(deadline))[0]

    def _user_table(self, session: Session) -> tuple[tuple[TerminalUser, ...], int, Sizes]:
        """Everybody, the size of a user record, and how full the terminal is."""
        sizes = session.sizes()
        if not sizes.users:
            return (), 72 if self._tcp else 28, sizes
        with Transfer(session, USERS) as transfer:
            data = _body(transfer.read(), "user table")
        size = people.user_size(len(data), sizes.users)
        if len(data) // size < sizes.users:
            raise ProtocolError(f"user table of {len(data) // size} users, the terminal counts {sizes.users}")
        return people.decode_users(data, size), size, sizes

    def _put_user(self, deadline: Deadline, user: TerminalUser) -> TerminalUser:
        session = self._session(deadline)
        there, size, sizes = self._user_table(session)
        user = people.checked(user, size, self._known().user_id_width)
        same = next((other for other in there if other.user_id == user.user_id), None)
        if same is None and sizes.users >= sizes.user_capacity > 0:
            raise Full(f"the terminal holds {sizes.users} users and has room for no more")
        taken = {other.uid for other in there}
        uid = same.uid if same is not None else user.uid or _free(taken)
        if same is None and uid in taken:
            raise Rejected("uid_taken", f"number {uid} belongs to another user of the terminal")
        user = replace(user, uid=uid)
        session.put_user(user, size)
        return user

    def _delete_user(self, deadline: Deadline, user_id: str) -> bool:
        session = self._session(deadline)
        uid = next((user.uid for user in self._user_table(session)[0] if user.user_id == user_id), None)
        if uid is not None:
            session.delete_user(uid)
        return uid is not None

    def _templates(self, deadline: Deadline) -> tuple[TerminalTemplate, ...]:
        session = self._session(deadline)
        sizes = session.sizes()
        if not sizes.templates:
            return ()
        with Transfer(session, TEMPLATES) as transfer:
            found = people.decode_templates(_body(transfer.read(), "template table"))
        if len(found) < sizes.templates:
            raise ProtocolError(f"{len(found)} templates, the terminal counts {sizes.templates}")
        return found

    def _get_template(self, deadline: Deadline, uid: int, finger: int) -> TerminalTemplate | None:
        session = self._session(deadline)
        code, _ = session.command(GET_TEMPLATE, uid.to_bytes(2, "little") + bytes([finger]), 1032)
        if code not in {PREPARE_DATA, DATA}:
            return None
        data = collect(session.line, None).usable
        if len(data) < 2:
            raise ProtocolError(f"template of {len(data)} bytes")
        return TerminalTemplate(uid, finger, data[-1], data[:-1])

    def _put_template(self, deadline: Deadline, user: TerminalUser, template: TerminalTemplate) -> None:
        session = self._session(deadline)
        there, size, _ = self._user_table(session)
        if user.uid not in {other.uid for other in there if other.user_id == user.user_id}:
            raise Rejected("refused", f"user {user.user_id} is not number {user.uid} on this terminal")
        session.put_template(people.checked(user, size, self._known().user_id_width), template, size)

    def _clock(self, session: Session) -> ClockReading:
        before = self._local_now()
        wall = timecode.wall_of(session.time_code())
        if wall is None:
            return ClockReading(None, None)
        ours = before + (self._local_now() - before) / 2
        return ClockReading(wall, round((datetime.fromisoformat(wall) - ours).total_seconds() * 1000))

    def _read_clock(self, deadline: Deadline) -> ClockReading:
        return self._clock(self._session(deadline))

    def _set_clock(self, deadline: Deadline, wall: str) -> None:
        try:
            code = timecode.code_of(wall)
        except ValueError as error:
            raise Rejected("bad_time", str(error)) from error
        self._session(deadline).set_time_code(code)

    def _clear_log(self, deadline: Deadline, committed: int) -> None:
        session = self._session(deadline)
        session.disable()
        try:
            records = session.sizes().records
            if records != committed:
                raise Rejected("log_has_grown", f"the log holds {records} records, {committed} are committed")
            session.clear_log()
        finally:
            session.enable()
        LOGGER.warning("terminal %s: log of %d records cleared", self._known().serial, committed)

    def _translate(self, doing: str, error: Exception) -> DeviceError:
        last = self._line.last if self._line is not None else None
        if self._open_now and last is not None and last.command == ACK_UNAUTH:
            return Unavailable(f"{doing}: the terminal no longer knows this login")
        return translate(doing, error)


def _body(data: bytes, what: str) -> bytes:
    """A table without the length that precedes it."""
    declared = int.from_bytes(data[:4], "little")
    if len(data) < 4 or len(data) - 4 < declared:
        raise ProtocolError(f"{what} of {len(data) - 4} bytes, the terminal announces {declared}")
    return data[4 : 4 + declared]


def _free(taken: set[int]) -> int:
    return next(uid for uid in range(1, 0x10000) if uid not in taken)
