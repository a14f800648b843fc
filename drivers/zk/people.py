"""Users and templates of a ZKTeco terminal, decoded: users of 28 or 72 bytes.

| bytes | layout |
|---|---|
| 28 | uid u16, privilege u8, password 5, name 8, card u32, pad, group u8, zone u16, user id u32 |
| 72 | uid u16, privilege u8, password 8, name 24, card u32, pad, group 7, pad, user id 24 |

A template is size u16 (with these six bytes), uid u16, finger u8, valid u8, then the template itself.
"""

from __future__ import annotations

from struct import Struct

from drivers.base.errors import NotSupported, ProtocolError, Rejected
from drivers.base.terminal import TerminalTemplate, TerminalUser
from drivers.zk.text import fit, text_of

_USER_28 = Struct("<HB5s8sIxBhI")
_USER_72 = Struct("<HB8s24sIx7sx24s")
_TEMPLATE = Struct("<HHBB")
USER_SIZES = (28, 72)
_NAME_BYTES = {28: 8, 72: 24}
_PASSWORD_BYTES = {28: 5, 72: 8}
_ID_BYTES = 24
_HIGHEST_NUMBER = 0xFFFFFFFF
_PRIVILEGES = (0, 14)


def user_size(total_bytes: int, users: int) -> int:
    """How long a user record is; raises `NotSupported` when neither layout fits."""
    fitting = [size for size in USER_SIZES if total_bytes % size == 0]
    if not fitting:
        raise NotSupported(f"user table of {total_bytes} bytes for {users} users: unknown record layout")
    return min(fitting, key=lambda size: (abs(total_bytes // size - users), -size))


def decode_users(data: bytes, size: int) -> tuple[TerminalUser, ...]:
    """Everybody in a user table without its length; an id that cannot be read is empty."""
    if len(data) % size:
        raise ProtocolError(f"user table of {len(data)} bytes is no whole number of {size}-byte records")
    return tuple(_users_28(data) if size == 28 else _users_72(data))


def _users_28(data: bytes) -> list[TerminalUser]:
    return [
        TerminalUser(
            uid, str(user), text_of(name), privilege, card, str(group) if group else "", text_of(password)
        )
        for uid, privilege, password, name, card, group, _zone, user in _USER_28.iter_unpack(data)
    ]


def _users_72(data: bytes) -> list[TerminalUser]:
    return [
        TerminalUser(uid, text_of(user), text_of(name), privilege, card, text_of(group), text_of(password))
        for uid, privilege, password, name, card, group, user in _USER_72.iter_unpack(data)
    ]


def decode_templates(data: bytes) -> tuple[TerminalTemplate, ...]:
    """Every template of a template table without its length."""
    found, at = [], 0
    while at < len(data):
        if at + _TEMPLATE.size > len(data):
            raise ProtocolError(f"template table ends in the middle of an entry, at byte {at}")
        size, uid, finger, valid = _TEMPLATE.unpack_from(data, at)
        if size <= _TEMPLATE.size or at + size > len(data):
            raise ProtocolError(f"template of {size} bytes at byte {at} of {len(data)}")
        found.append(TerminalTemplate(uid, finger, valid, data[at + _TEMPLATE.size : at + size]))
        at += size
    return tuple(found)


def checked(user: TerminalUser, size: int, id_width: int) -> TerminalUser:
    """`user` as a record of `size` bytes can hold it: the name cut to whole characters.

    Raises `Rejected` for what must not be cut: a user id (at most `id_width` characters) or a password.
    """
    user_id = user.user_id
    numeric = user_id.isascii() and user_id.isdigit()
    width = min(id_width or _ID_BYTES, _ID_BYTES)
    if not user_id or len(user_id.encode()) > width or text_of(user_id.encode()) != user_id:
        raise Rejected("bad_user_id", f"user id {user_id!r}: this terminal takes 1 to {width} characters")
    if size == 28 and not (numeric and int(user_id) <= _HIGHEST_NUMBER and str(int(user_id)) == user_id):
        raise Rejected(
            "bad_user_id", f"user id {user_id!r}: this terminal takes numbers up to {_HIGHEST_NUMBER} only"
        )
    if len(user.password.encode()) > _PASSWORD_BYTES[size]:
        raise Rejected("bad_password", f"this terminal takes passwords of {_PASSWORD_BYTES[size]} characters")
    if (
        user.privilege not in _PRIVILEGES
        or not 0 <= user.card <= _HIGHEST_NUMBER
        or not 0 <= user.uid <= 0xFFFF
    ):
        raise Rejected(
            "refused", f"privilege {user.privilege}, card {user.card} or uid {user.uid} is out of range"
        )
    if size == 28 and user.group and not (user.group.isdigit() and int(user.group) <= 0xFF):
        raise Rejected("refused", f"group {user.group!r}: this terminal takes 0 to 255")
    if len(user.group.encode()) > 7:
        raise Rejected("refused", f"group {user.group!r}: this terminal takes 7 characters")
    name = fit(user.name, _NAME_BYTES[size]).decode().rstrip()
    return TerminalUser(user.uid, user_id, name, user.privilege, user.card, user.group, user.password)
