"""What a ZKTeco terminal puts on the wire, written from the protocol's description.

Shares no code with the driver, so that the two cannot share a mistake.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass

CONNECT, EXIT, ENABLE, DISABLE, RESTART, POWEROFF = 1000, 1001, 1002, 1003, 1004, 1005
REFRESH_DATA, REFRESH_OPTION, TEST_VOICE, GET_VERSION, AUTH = 1013, 1014, 1017, 1100, 1102
DB_RRQ, USER_WRQ, USERTEMP_RRQ, OPTIONS_RRQ, OPTIONS_WRQ, ATTLOG_RRQ = 7, 8, 9, 11, 12, 13
CLEAR_DATA, CLEAR_ATTLOG, DELETE_USER, DELETE_USERTEMP, GET_FREE_SIZES = 14, 15, 18, 19, 50
START_VERIFY, CANCEL_CAPTURE, GET_PINWIDTH, GET_TEMPLATE, SAVE_TEMPLATES = 60, 62, 69, 88, 110
GET_TIME, SET_TIME, REG_EVENT = 201, 202, 500
PREPARE_DATA, DATA, FREE_DATA, PREPARE_BUFFER, READ_BUFFER = 1500, 1501, 1502, 1503, 1504
ACK_OK, ACK_ERROR, ACK_UNAUTH, ACK_UNKNOWN = 2000, 2001, 2005, 0xFFFF
EF_ATTLOG = 1
MAGIC = b"\x50\x50\x82\x7d"
EVENT_BYTES = (10, 12, 14, 32, 36, 37, 52)


@dataclass(frozen=True, slots=True)
class Packet:
    """One command or answer, without the TCP top."""

    command: int
    session: int
    reply: int
    data: bytes = b""

    def to_bytes(self) -> bytes:
        """The packet with its checksum."""
        blank = struct.pack("<4H", self.command, 0, self.session, self.reply) + self.data
        return blank[:2] + struct.pack("<H", checksum(blank)) + blank[4:]


def checksum(blank: bytes) -> int:
    """One's complement of the one's-complement sum of the 16-bit words, the checksum field being zero."""
    words = array("H", blank + b"\0" * (len(blank) % 2))
    if struct.pack("=H", 1) != b"\x01\x00":
        words.byteswap()
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def parse(raw: bytes) -> Packet | None:
    """A packet from the host; None when it is too short or its checksum is wrong."""
    if len(raw) < 8:
        return None
    command, claimed, session, reply = struct.unpack_from("<4H", raw)
    right = checksum(raw[:2] + b"\0\0" + raw[4:])
    same = claimed == right or {claimed, right} == {0, 0xFFFF}
    return Packet(command, session, reply, raw[8:]) if same else None


def over_tcp(packet: bytes) -> bytes:
    """A packet with the eight bytes that precede it in a TCP stream."""
    return MAGIC + struct.pack("<I", len(packet)) + packet


def scrambled_key(comm_key: int, session: int, ticks: int) -> bytes:
    """The comm key as it is sent: bits reversed, session added, mixed with the maker's initials."""
    mirrored = int(f"{comm_key & 0xFFFFFFFF:032b}"[::-1], 2)
    mixed = bytes(
        byte ^ letter
        for byte, letter in zip(struct.pack("<I", (mirrored + session) & 0xFFFFFFFF), b"ZKSO", strict=True)
    )
    first, second, _, fourth = mixed[2:] + mixed[:2]
    return bytes((first ^ ticks, second ^ ticks, ticks, fourth ^ ticks))


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and time as a terminal holds it; 30 February is possible."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int

    @classmethod
    def from_text(cls, wall: str) -> Moment:
        """From `YYYY-MM-DDTHH:MM:SS`."""
        date, time = wall.split("T")
        return cls(*(int(part) for part in (*date.split("-"), *time.split(":"))))

    @classmethod
    def from_code(cls, code: int) -> Moment:
        """From the number of seconds in months of 31 days since 2000."""
        days, seconds = divmod(code, 86400)
        return cls(
            2000 + days // 372,
            days // 31 % 12 + 1,
            days % 31 + 1,
            seconds // 3600,
            seconds // 60 % 60,
            seconds % 60,
        )

    @property
    def code(self) -> int:
        """The number of seconds in months of 31 days since 2000."""
        days = ((self.year % 100) * 12 + self.month - 1) * 31 + self.day - 1
        return (days * 24 + self.hour) * 3600 + self.minute * 60 + self.second

    @property
    def six(self) -> bytes:
        """The six bytes of a live event."""
        return bytes((self.year % 100, self.month, self.day, self.hour, self.minute, self.second))

    @property
    def text(self) -> str:
        """As `YYYY-MM-DDTHH:MM:SS`."""
        date = f"{self.year}-{self.month:02d}-{self.day:02d}"
        return f"{date}T{self.hour:02d}:{self.minute:02d}:{self.second:02d}"


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the terminal."""

    uid: int
    user_id: str
    name: str = ""
    privilege: int = 0
    password: str = ""
    card: int = 0
    group: str = ""

    def record(self, size: int) -> bytes:
        """The user's entry in a table of 28- or 72-byte records."""
        if size == 28:
            head = struct.pack(
                "<HB5s8sI", self.uid, self.privilege, self.password.encode(), _text(self.name, 8), self.card
            )
            return head + struct.pack("<xBHI", int(self.group or 0), 0, int(self.user_id))
        head = struct.pack(
            "<HB8s24sI", self.uid, self.privilege, self.password.encode(), _text(self.name, 24), self.card
        )
        return head + struct.pack("<B7sx24s", 1, self.group.encode(), self.user_id.encode())

    @classmethod
    def from_record(cls, record: bytes) -> Person:
        """From an entry of 28 or 72 bytes; raises `ValueError` for another size."""
        if len(record) == 28:
            uid, privilege, password, name, card, group, user = struct.unpack("<HB5s8sIxBxxI", record)
            return cls(
                uid, str(user), _string(name), privilege, _string(password), card, str(group) if group else ""
            )
        if len(record) == 72:
            uid, privilege, password, name, card, group, user_id = struct.unpack("<HB8s24sIx7sx24s", record)
            return cls(
                uid, _string(user_id), _string(name), privilege, _string(password), card, _string(group)
            )
        raise ValueError(f"user of {len(record)} bytes")


def log_record(size: int, person: Person, code: int, verify: int, state: int) -> bytes:
    """A punch in a log of 8-, 16- or 40-byte records."""
    if size == 8:
        return struct.pack("<HBIB", person.uid, verify, code, state)
    if size == 16:
        return struct.pack("<IIBBHI", int(person.user_id), code, verify, state, 0, 0)
    head = struct.pack("<H24sBIB", person.uid, person.user_id.encode(), verify, code, state)
    return head + b"\0\0\0\0\xff\0\0\0"


def event(size: int, user_id: str, verify: int, state: int, six: bytes) -> bytes:
    """A live event of `size` bytes, one of `EVENT_BYTES`."""
    width = {10: 2, 12: 4, 14: 2}.get(size, 24)
    user = user_id.encode().ljust(24, b"\0") if width == 24 else int(user_id).to_bytes(width, "little")
    return (user + bytes((verify, state)) + six).ljust(size, b"\0")


def _text(text: str, width: int) -> bytes:
    return text.encode()[:width]


def _string(field: bytes) -> str:
    return field.split(b"\0")[0].decode(errors="replace")
