"""pyzk's session with a terminal: login, numbering and commands. The one file that imports pyzk.

pyzk keeps its socket private; it is replaced by a `Line`, as are the two places where pyzk would open a
connection of its own. See docs/decisions/015-pyzk-over-our-own-socket.md.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from zk import ZK, const
from zk.base import ZK_helper
from zk.exception import ZKError
from zk.finger import Finger
from zk.user import User

from drivers.base.errors import DeviceError, NotSupported, ProtocolError, Rejected, Unavailable
from drivers.base.terminal import TerminalTemplate, TerminalUser
from drivers.zk.line import Line

VENDOR_ERRORS: tuple[type[Exception], ...] = (
    ZKError,
    OSError,
    struct.error,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    UnboundLocalError,
)
"""What pyzk raises when an answer is not what it expects."""

ATTLOG, USERS, TEMPLATES = (const.CMD_ATTLOG_RRQ, 0), (const.CMD_USERTEMP_RRQ, 5), (const.CMD_DB_RRQ, 2)
"""The large answers: command and kind."""
PREPARE_DATA, DATA = const.CMD_PREPARE_DATA, const.CMD_DATA
ACK_OK, ACK_UNAUTH = const.CMD_ACK_OK, const.CMD_ACK_UNAUTH
PREPARE_BUFFER, READ_BUFFER, GET_TEMPLATE = 1503, 1504, 88


class _NoConnectionOfItsOwn(ZK_helper):  # type: ignore[misc]
    """pyzk opens and closes a TCP connection before the real one, only to see whether it can."""

    def test_tcp(self) -> int:
        return 0


class _BoundedZK(ZK):  # type: ignore[misc]
    """pyzk whose socket is a `Line`; `_ZK__x` is how its private `__x` is reached."""

    def __init__(self, line: Line, address: tuple[str, int], comm_key: int) -> None:
        super().__init__(*address, password=comm_key, force_udp=not line.tcp, ommit_ping=True)
        getattr(self, "_ZK__sock").close()  # noqa: B009
        self._ZK__sock = line
        self.helper = _NoConnectionOfItsOwn(*address)

    def _ZK__create_socket(self) -> None:  # noqa: N802
        """Keep the line."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How full a terminal is, and how much it can hold."""

    users: int
    templates: int
    records: int
    template_capacity: int
    user_capacity: int
    record_capacity: int


class Session:
    """A login on a terminal; every method raises `DeviceError`s or `VENDOR_ERRORS`."""

    def __init__(self, line: Line, address: tuple[str, int], comm_key: int) -> None:
        self.line = line
        self._zk = _BoundedZK(line, address, comm_key)

    def login(self) -> None:
        """Connect and give the comm key."""
        self._zk.connect()

    def logout(self) -> None:
        """Say goodbye, so that the terminal is free for the next client at once."""
        self._zk.disconnect()

    def command(self, command: int, payload: bytes = b"", answer_bytes: int = 1024) -> tuple[int, bytes]:
        """Send one command; returns the code and the data of its answer."""
        try:
            self._zk._ZK__send_command(command, payload, answer_bytes)
        except ZKError as error:
            raise translate(f"command {command}", error) from error
        if self._zk._ZK__response == ACK_UNAUTH:
            raise Unavailable("the terminal no longer knows this login")
        return self._zk._ZK__response, self._zk._ZK__data

    def serial(self) -> str:
        """The serial number; raises `NotSupported` when the terminal has none to tell."""
        serial = str(self._zk.get_serialnumber()).strip()
        if not serial:
            raise NotSupported("the terminal tells no serial number: its log cannot be told from another's")
        return serial

    def names(self) -> tuple[str, str, str]:
        """Model, firmware, platform; empty where the terminal does not say."""
        asked = (self._zk.get_device_name, self._zk.get_firmware_version, self._zk.get_platform)
        return (self._optional(asked[0]), self._optional(asked[1]), self._optional(asked[2]))

    def user_id_width(self) -> int:
        """How many digits a user id may have; 0 when the terminal does not say."""
        code, data = self.command(const.CMD_OPTIONS_RRQ, b"~PIN2Width\0")
        digits = data.split(b"=", 1)[-1].split(b"\0")[0]
        return int(digits) if code == ACK_OK and digits.isdigit() else 0

    def sizes(self) -> Sizes:
        """How full the terminal is."""
        code, data = self.command(const.CMD_GET_FREE_SIZES)
        if code != ACK_OK or len(data) < 80:
            raise ProtocolError(f"the terminal does not tell its sizes (code {code}, {len(data)} bytes)")
        numbers = struct.unpack_from("<20i", data)
        return Sizes(numbers[4], numbers[6], numbers[8], numbers[14], numbers[15], numbers[16])

    def time_code(self) -> int:
        """The clock, as a time code (it may be no possible date, which pyzk's `get_time` cannot bear)."""
        code, data = self.command(const.CMD_GET_TIME)
        if code != ACK_OK or len(data) < 4:
            raise ProtocolError("the terminal does not tell its time")
        return int.from_bytes(data[:4], "little")

    def set_time_code(self, time_code: int) -> None:
        """Set the clock."""
        with self._work():
            self._done(const.CMD_SET_TIME, struct.pack("<I", time_code))

    def register_events(self) -> None:
        """Have every punch announced on this connection."""
        self._zk.reg_event(const.EF_ATTLOG)

    def acknowledge(self) -> None:
        """Tell the terminal that an event has arrived."""
        self.line.acknowledge(self._zk._ZK__session_id)

    def free(self) -> None:
        """Let the terminal forget the large answer it prepared."""
        self._zk.free_data()

    def put_user(self, user: TerminalUser, record_bytes: int) -> None:
        """Write one user in records of 28 or 72 bytes."""
        self._zk.user_packet_size = record_bytes
        with self._work():
            self._zk.set_user(
                user.uid, user.name, user.privilege, user.password, user.group, user.user_id, user.card
            )

    def delete_user(self, uid: int) -> None:
        """Remove the user with this internal number."""
        with self._work():
            self._done(const.CMD_DELETE_USER, struct.pack("<H", uid))
            self._done(const.CMD_REFRESHDATA)

    def put_template(self, user: TerminalUser, template: TerminalTemplate, record_bytes: int) -> None:
        """Write a user together with one finger."""
        self._zk.user_packet_size = record_bytes
        person = User(user.uid, user.name, user.privilege, user.password, user.group, user.user_id, user.card)
        with self._work():
            self._zk.save_user_template(
                person, [Finger(user.uid, template.finger, template.valid, template.data)]
            )

    def disable(self) -> None:
        """Lock the terminal's keys and sensor."""
        self._zk.disable_device()

    def enable(self) -> None:
        """Unlock them."""
        self._zk.enable_device()

    def clear_log(self) -> None:
        """Empty the log."""
        with self._work():
            self._zk.clear_attendance()

    def _work(self) -> AbstractContextManager[None]:
        """For what takes the terminal a while: writing flash."""
        return self.line.waiting(self.line.patience.work_s)

    def _done(self, command: int, payload: bytes = b"") -> None:
        code, _data = self.command(command, payload)
        if code != ACK_OK:
            raise Rejected("refused", f"the terminal refused command {command} (code {code})")

    @staticmethod
    def _optional(ask: Callable[[], str]) -> str:
        try:
            return str(ask()).strip()
        except (ZKError, UnicodeDecodeError) as error:
            if isinstance(error.__context__, DeviceError):
                raise
            return ""


def translate(doing: str, error: Exception) -> DeviceError:
    """The typed error for one of `VENDOR_ERRORS`.

    pyzk turns whatever its socket raises into a `ZKNetworkError` of its text; the `Line`'s own error is its
    context.
    """
    cause = error.__context__
    if isinstance(cause, DeviceError):
        return cause
    if isinstance(error, ZKError) and str(error) == "Unauthenticated":
        return Rejected(
            "wrong_password",
            "the terminal refuses the comm key",
            hint="set `comm_key` to the value in the terminal's menu (Comm. > PC connection)",
        )
    if isinstance(error, ZKError):
        return Rejected("refused", f"{doing}: the terminal refused ({error})")
    return ProtocolError(f"{doing}: an answer pyzk cannot read ({type(error).__name__}: {error})")
