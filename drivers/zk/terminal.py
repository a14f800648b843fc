"""A ZKTeco terminal on the network."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from drivers.base.deadline import Deadline
from drivers.base.errors import DeviceError, Rejected, Unavailable
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
from drivers.zk import events, timecode
from drivers.zk.directory import Directory
from drivers.zk.line import Line, Patience
from drivers.zk.log import read_log
from drivers.zk.session import ACK_UNAUTH, VENDOR_ERRORS, Session, translate
from drivers.zk.tcp import TcpLine
from drivers.zk.udp import UdpLine

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
        return read_log(session, self._known().serial, mark, self._directory(session).users)

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
        return self._directory(self._session(deadline)).users()

    def _put_user(self, deadline: Deadline, user: TerminalUser) -> TerminalUser:
        return self._directory(self._session(deadline)).put_user(user)

    def _delete_user(self, deadline: Deadline, user_id: str) -> bool:
        return self._directory(self._session(deadline)).delete_user(user_id)

    def _templates(self, deadline: Deadline) -> tuple[TerminalTemplate, ...]:
        return self._directory(self._session(deadline)).templates()

    def _get_template(self, deadline: Deadline, uid: int, finger: int) -> TerminalTemplate | None:
        return self._directory(self._session(deadline)).get_template(uid, finger)

    def _put_template(self, deadline: Deadline, user: TerminalUser, template: TerminalTemplate) -> None:
        self._directory(self._session(deadline)).put_template(user, template)

    def _directory(self, session: Session) -> Directory:
        info = self._known()
        return Directory(session, info.user_id_width, new_firmware=self._tcp or "TFT" in info.platform)

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
