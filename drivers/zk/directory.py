"""The people and fingers on a ZKTeco terminal: read, written and removed over a session."""

from __future__ import annotations

from dataclasses import dataclass, replace

from drivers.base.errors import Full, ProtocolError, Rejected
from drivers.base.terminal import TerminalTemplate, TerminalUser
from drivers.zk import people
from drivers.zk.session import DATA, GET_TEMPLATE, PREPARE_DATA, TEMPLATES, USERS, Session, Sizes
from drivers.zk.transfer import Transfer, collect


@dataclass(frozen=True, slots=True)
class _Table:
    """Everybody, also those whose id cannot be read; the size of a record; how full the terminal is."""

    users: tuple[TerminalUser, ...]
    record_bytes: int
    sizes: Sizes


class Directory:
    """A terminal's users and templates; `new_firmware` tells the layout where no user is there to show it."""

    def __init__(self, session: Session, id_width: int, *, new_firmware: bool) -> None:
        self._session = session
        self._id_width = id_width
        self._new_firmware = new_firmware

    def users(self) -> tuple[TerminalUser, ...]:
        """Everybody whose user id can be read."""
        return tuple(user for user in self._table().users if user.user_id)

    def put_user(self, user: TerminalUser) -> TerminalUser:
        """Add or replace a user; see `Terminal.put_user`."""
        table = self._table()
        user = people.checked(user, table.record_bytes, self._id_width)
        same = next((other for other in table.users if other.user_id == user.user_id), None)
        if same is None and table.sizes.users >= table.sizes.user_capacity > 0:
            raise Full(f"the terminal holds {table.sizes.users} users and has room for no more")
        taken = {other.uid for other in table.users}
        uid = same.uid if same is not None else user.uid or _free(taken)
        if same is None and uid in taken:
            raise Rejected("uid_taken", f"number {uid} belongs to another user of the terminal")
        user = replace(user, uid=uid)
        self._session.put_user(user, table.record_bytes)
        return user

    def delete_user(self, user_id: str) -> bool:
        """Remove a user; False when the terminal does not know them."""
        uid = next((user.uid for user in self.users() if user.user_id == user_id), None)
        if uid is not None:
            self._session.delete_user(uid)
        return uid is not None

    def templates(self) -> tuple[TerminalTemplate, ...]:
        """Every finger."""
        sizes = self._session.sizes()
        if not sizes.templates:
            return ()
        with Transfer(self._session, TEMPLATES) as transfer:
            found = people.decode_templates(_body(transfer.read(), "template table"))
        if len(found) < sizes.templates:
            raise ProtocolError(f"{len(found)} templates, the terminal counts {sizes.templates}")
        return found

    def get_template(self, uid: int, finger: int) -> TerminalTemplate | None:
        """One finger; the byte after a template is its `valid`."""
        code, _ = self._session.command(GET_TEMPLATE, uid.to_bytes(2, "little") + bytes([finger]), 1032)
        if code not in {PREPARE_DATA, DATA}:
            return None
        data = collect(self._session.line, None).usable
        if len(data) < 2:
            raise ProtocolError(f"template of {len(data)} bytes")
        return TerminalTemplate(uid, finger, data[-1], data[:-1])

    def put_template(self, user: TerminalUser, template: TerminalTemplate) -> None:
        """Store a finger of a user who is there."""
        table = self._table()
        if user.uid not in {other.uid for other in table.users if other.user_id == user.user_id}:
            raise Rejected("refused", f"user {user.user_id} is not number {user.uid} on this terminal")
        checked = people.checked(user, table.record_bytes, self._id_width)
        self._session.put_template(checked, template, table.record_bytes)

    def _table(self) -> _Table:
        sizes = self._session.sizes()
        if not sizes.users:
            return _Table((), 72 if self._new_firmware else 28, sizes)
        with Transfer(self._session, USERS) as transfer:
            data = _body(transfer.read(), "user table")
        size = people.user_size(len(data), sizes.users)
        if len(data) // size < sizes.users:
            raise ProtocolError(f"user table of {len(data) // size} users, the terminal counts {sizes.users}")
        return _Table(people.decode_users(data, size), size, sizes)


def _body(data: bytes, what: str) -> bytes:
    """A table without the length that precedes it."""
    declared = int.from_bytes(data[:4], "little")
    if len(data) < 4 or len(data) - 4 < declared:
        raise ProtocolError(f"{what} of {len(data) - 4} bytes, the terminal announces {declared}")
    return data[4 : 4 + declared]


def _free(taken: set[int]) -> int:
    return next(uid for uid in range(1, 0x10000) if uid not in taken)
