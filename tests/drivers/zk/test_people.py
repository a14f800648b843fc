"""Users and templates, decoded: a recorded table, both layouts, what must not be cut."""

from __future__ import annotations

import struct

import pytest

from drivers.base.errors import NotSupported, ProtocolError, Rejected
from drivers.base.terminal import TerminalTemplate, TerminalUser
from drivers.emulated.zk_wire import Person
from drivers.zk.people import checked, decode_templates, decode_users, user_size

# Two users of a K20, as it sent them.
RECORDED = (
    "01000000000000000000006366756c616e6f000000000000000000000000000000000000000000000000000000000000"
    "3130303030316c7000000000000000000000000000000000"
    "0200000000000000000000726d656e67616e6f0000000000000000000000000000000000000000000000000000000000"
    "323232323232636200000000000000000000000000000000"
)


def test_recorded_users() -> None:
    assert decode_users(bytes.fromhex(RECORDED), 72) == (
        TerminalUser(1, "100001lp", "cfulano"),
        TerminalUser(2, "222222cb", "rmengano"),
    )


@pytest.mark.parametrize("size", [28, 72])
def test_both_layouts(size: int) -> None:
    data = Person(513, "40123", "Siti", 14, "123", 987654, "2").record(size)
    assert decode_users(data, size) == (TerminalUser(513, "40123", "Siti", 14, 987654, "2", "123"),)


def test_a_user_id_that_cannot_be_read_is_empty() -> None:
    data = Person(1, "\x01").record(72) + Person(2, "8").record(72)
    assert [(user.uid, user.user_id) for user in decode_users(data, 72)] == [(1, ""), (2, "8")]


@pytest.mark.parametrize(("total", "users", "size"), [(56, 2, 28), (144, 2, 72), (504, 7, 72), (504, 18, 28)])
def test_user_size(total: int, users: int, size: int) -> None:
    assert user_size(total, users) == size


def test_odd_tables() -> None:
    with pytest.raises(NotSupported):
        user_size(100, 1)
    with pytest.raises(ProtocolError):
        decode_users(bytes(71), 72)


def test_templates() -> None:
    table = struct.pack("<HHBB", 11, 7, 3, 1) + b"abcde" + struct.pack("<HHBB", 8, 7, 4, 3) + b"fg"
    assert decode_templates(table) == (TerminalTemplate(7, 3, 1, b"abcde"), TerminalTemplate(7, 4, 3, b"fg"))
    empty = [struct.pack("<HHBB", size, 1, 1, 1) for size in (0, 5, 6)]
    for wrong in (table[:-1], table + b"\x01", *empty):
        with pytest.raises(ProtocolError):
            decode_templates(wrong)


@pytest.mark.parametrize(
    ("user", "size", "reason"),
    [
        (TerminalUser(1, "12345678901234567890"), 72, "bad_user_id"),
        (TerminalUser(1, "A1"), 28, "bad_user_id"),
        (TerminalUser(1, "007"), 28, "bad_user_id"),
        (TerminalUser(1, "99999999999"), 28, "bad_user_id"),
        (TerminalUser(1, "1", password="123456"), 28, "bad_password"),
        (TerminalUser(1, "1", password="123456789"), 72, "bad_password"),
        (TerminalUser(1, "1", privilege=3), 72, "refused"),
        (TerminalUser(1, "1", card=1 << 32), 72, "refused"),
        (TerminalUser(1 << 16, "1"), 72, "refused"),
        (TerminalUser(1, "1", group="300"), 28, "refused"),
        (TerminalUser(1, "1", group="12345678"), 72, "refused"),
    ],
)
def test_what_does_not_fit_is_refused(user: TerminalUser, size: int, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        checked(user, size, 9)
    assert refused.value.reason == reason


def test_names_are_cut_to_whole_characters() -> None:
    assert checked(TerminalUser(1, "1", "Andr\u00e9 Nugroho"), 28, 9).name == "Andr\u00e9"
    assert len(checked(TerminalUser(1, "1", "\u00e9" * 24), 72, 9).name.encode()) == 22
