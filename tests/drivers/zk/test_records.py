"""Logs, decoded: golden bytes of each layout, impossible dates, identical seconds."""

from __future__ import annotations

import pytest

from drivers.base.errors import NotSupported, ProtocolError
from drivers.zk.records import decode, record_size
from drivers.zk.timecode import code_of, date_of, wall_of, wall_of_six

NOON = code_of("2026-11-22T12:00:00")
# Laid out by hand after the protocol's description: uid 5, user id "1140064", fingerprint, state 1.
GOLDEN_40 = bytes.fromhex(
    "0500 31313430303634 0000000000000000000000000000000000 01 b3a9a024 01 00000000ff000000"
)
GOLDEN_16 = bytes.fromhex("f1944900 b3a9a024 01 00 0000 00000000")
GOLDEN_8 = bytes.fromhex("0500 01 b3a9a024 01")
GOLDEN_CODE = 0x24A0A9B3


def row_40(user_id: str = "7", code: int = NOON, state: int = 0, verify: int = 1) -> bytes:
    user = user_id.encode().ljust(24, b"\0")
    return b"\x01\x00" + user + bytes([verify]) + code.to_bytes(4, "little") + bytes([state]) + bytes(8)


@pytest.mark.parametrize(
    ("raw", "user_ids", "user_id", "state"),
    [
        (GOLDEN_40, None, "1140064", 1),
        (GOLDEN_16, None, "4822257", 0),
        (GOLDEN_8, {5: "A-17"}, "A-17", 1),
    ],
)
def test_golden_bytes_of_each_layout(
    raw: bytes, user_ids: dict[int, str] | None, user_id: str, state: int
) -> None:
    (row,), bad = decode(raw, len(raw), user_ids)
    assert (row.user_id, row.verify, row.state, row.ordinal) == (user_id, 1, state, 0)
    assert row.wall == wall_of(GOLDEN_CODE) == "2019-02-14T08:56:19"
    assert row.raw == raw
    assert bad == ()


def test_recorded_rows_of_a_terminal() -> None:
    """Two rows of 16 bytes as a terminal with firmware 6.60 sent them."""
    raw = bytes.fromhex("15000000ec154f2300000000000000001000000095164f230000000000000000")
    rows, bad = decode(raw, 16)
    assert [(row.user_id, row.wall) for row in rows] == [
        ("21", "2018-06-06T07:31:56"),
        ("16", "2018-06-06T07:34:45"),
    ]
    assert bad == ()


def test_30_february_is_quarantined_and_the_others_delivered() -> None:
    day = code_of("2026-02-28T06:50:00") + 2 * 86400
    rows, bad = decode(row_40("1") + row_40("2", day) + row_40("3"), 40)
    assert [row.user_id for row in rows] == ["1", "3"]
    assert [(one.index, one.why) for one in bad] == [(1, "impossible date")]
    assert bad[0].raw == row_40("2", day)


def test_an_internal_number_that_nobody_has_names_nobody() -> None:
    """User 5 was deleted; the user whose id happens to be "5" did not punch."""
    rows, bad = decode(GOLDEN_8, 8, {9: "5"})
    assert rows == ()
    assert bad[0].why == "internal number of no known user"


@pytest.mark.parametrize("user", [b"", b"\xff\xfe", b"\x07\x08"])
def test_a_user_id_that_is_no_text_names_nobody(user: bytes) -> None:
    rows, bad = decode(row_40("1").replace(b"1".ljust(24, b"\0"), user.ljust(24, b"\0"), 1), 40)
    assert rows == ()
    assert bad[0].why == "no readable user id"


def test_identical_seconds_are_told_apart_by_their_ordinal() -> None:
    log = row_40("1") + row_40("2") + row_40("1") + row_40("1", state=1) + row_40("1") + row_40("2")
    rows, _ = decode(log, 40)
    assert [(row.user_id, row.state, row.ordinal) for row in rows] == [
        ("1", 0, 0), ("2", 0, 0), ("1", 0, 1), ("1", 1, 0), ("1", 0, 2), ("2", 0, 1),
    ]  # fmt: skip
    assert len({row.key for row in rows}) == 6


def test_the_end_of_a_log_has_the_ordinals_of_the_whole() -> None:
    log = b"".join(row_40(str(n % 3), NOON + n % 5, n % 2) for n in range(200))
    whole, _ = decode(log, 40)
    for first in (0, 1, 57, 199, 200):
        rows, _ = decode(log, 40, first=first)
        assert rows == whole[first:]


def test_a_bad_row_tells_its_place_in_the_whole_log() -> None:
    _, bad = decode(row_40("1") * 3 + row_40(""), 40, first=2)
    assert bad[0].index == 3


@pytest.mark.parametrize(
    ("total", "declared", "size"),
    [(8 * 70, 70, 8), (16 * 70, 70, 16), (40 * 70, 70, 40), (40 * 71, 70, 40), (16 * 73, 70, 16)],
)
def test_record_size_bears_punches_taken_meanwhile(total: int, declared: int, size: int) -> None:
    assert record_size(total, declared) == size


def test_unknown_layouts_are_said_so() -> None:
    with pytest.raises(NotSupported):
        record_size(49 * 3, 3)
    with pytest.raises(NotSupported):
        decode(bytes(49), 49)
    with pytest.raises(ProtocolError):
        decode(bytes(41), 40)


def test_time_codes() -> None:
    assert wall_of(0) == "2000-01-01T00:00:00"
    assert wall_of(code_of("2024-02-29T23:59:59")) == "2024-02-29T23:59:59"
    assert wall_of(code_of("2024-02-29T23:59:59") + 86400) is None
    assert date_of(372 * 83) == "2083-01-01T"
    assert wall_of(0xFFFFFFFF) == "2133-08-18T06:28:15"
    assert wall_of_six(bytes((18, 12, 7, 19, 9, 6))) == "2018-12-07T19:09:06"
    for wrong in ((18, 13, 1, 0, 0, 0), (18, 2, 30, 0, 0, 0), (18, 1, 1, 24, 0, 0), (18, 1, 0, 0, 0, 0)):
        assert wall_of_six(bytes(wrong)) is None
    with pytest.raises(ValueError, match="2026-02-30"):
        code_of("2026-02-30T00:00:00")
