"""The log of a ZKTeco terminal, decoded in one pass: records of 8, 16 or 40 bytes.

| bytes | layout |
|---|---|
| 8 | uid u16, verify u8, time u32, state u8: names the terminal's internal number, not the person |
| 16 | user id u32, time u32, verify u8, state u8, reserved u16, work code u32 |
| 40 | uid u16, user id 24 bytes of text, verify u8, time u32, state u8, reserved 8 bytes |

Little-endian, unaligned. A record that names no person or no moment becomes a `BadRow`; the others are
delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import compress
from struct import Struct

from drivers.base.errors import NotSupported, ProtocolError
from drivers.base.terminal import BadRow, LogRow
from drivers.zk.text import text_of
from drivers.zk.timecode import DAY_S, Dates, time_of

_LAYOUT_8 = Struct("<HBIB")
_LAYOUT_16 = Struct("<IIBB2xI")
_LAYOUT_40 = Struct("<H24sBIB8x")
_TIME_ONLY = {8: Struct("<3xIx"), 16: Struct("<4xI8x"), 40: Struct("<27xI9x")}

Field = tuple[str, int, int, int]
"""user id ('' when it names nobody), time code, verify, state."""


def record_size(total_bytes: int, declared: int) -> int:
    """How long a record is in a log of `total_bytes` when the terminal counted `declared` of them.

    Punches taken between the count and the reading make the division come out uneven: the size that comes
    nearest to the count wins. Raises `NotSupported` when none fits.
    """
    fitting = [size for size in _TIME_ONLY if total_bytes % size == 0]
    if not fitting:
        raise NotSupported(f"log of {total_bytes} bytes for {declared} records: unknown record layout")
    return min(fitting, key=lambda size: (abs(total_bytes // size - declared), -size))


def decode(
    data: bytes, size: int, user_ids: Mapping[int, str] | None = None, first: int = 0
) -> tuple[tuple[LogRow, ...], tuple[BadRow, ...]]:
    """The records of `data`, each `size` bytes, from place `first` on.

    Those before it only count for the ordinals. `user_ids` tells whose internal number is whose; 8-byte
    records need it. Raises `ProtocolError` when `data` is no whole number of records.
    """
    if size not in _TIME_ONLY:
        raise NotSupported(f"log records of {size} bytes")
    if len(data) % size:
        raise ProtocolError(f"log of {len(data)} bytes is no whole number of {size}-byte records")
    ordinals = _Ordinals()
    new = data[first * size :]
    for user_id, code, _verify, state in _fields(
        _same_seconds(data[: first * size], new, size), size, user_ids
    ):
        ordinals.of(code << 8 | state, user_id)
    return _rows(new, size, _fields(new, size, user_ids), ordinals, first)


def _rows(
    data: bytes, size: int, fields: Iterable[Field], ordinals: _Ordinals, first: int
) -> tuple[tuple[LogRow, ...], tuple[BadRow, ...]]:
    rows: list[LogRow] = []
    bad: list[BadRow] = []
    dates, at = Dates(), 0
    add, new, seen = rows.append, tuple.__new__, ordinals.seen
    for user_id, code, verify, state in fields:
        raw = data[at : at + size]
        at += size
        date = dates[code // DAY_S]
        if date is None or not user_id:
            bad.append(BadRow(raw, _why(date, size), first + at // size - 1))
            continue
        moment = code << 8 | state
        ordinal = 0
        if moment in seen:
            ordinal = ordinals.of(moment, user_id)
        else:
            seen[moment] = user_id
        add(new(LogRow, (user_id, date + time_of(code % DAY_S), state, verify, ordinal, raw)))
    return tuple(rows), tuple(bad)


class _Ordinals:
    """Counts rows of the same user, second and state.

    Most seconds have one punch: they cost one integer key. A tuple key for each of 100,000 rows would give
    the garbage collector as many objects again to look at.
    """

    def __init__(self) -> None:
        self.seen: dict[int, str] = {}
        self._more: dict[tuple[int, str], int] = {}

    def of(self, moment: int, user_id: str) -> int:
        """The ordinal of one more row of `user_id` at `moment` (time code and state)."""
        first = self.seen.setdefault(moment, "")
        if not first:
            self.seen[moment] = user_id
            return 0
        count = self._more.get((moment, user_id), int(first == user_id))
        self._more[moment, user_id] = count + 1
        return count


def _same_seconds(known: bytes, new: bytes, size: int) -> bytes:
    """The known records that share their second with a new one: only they matter to its ordinal."""
    if not known:
        return b""
    layout = _TIME_ONLY[size]
    fresh = {code for (code,) in layout.iter_unpack(new)}
    shared = (code in fresh for (code,) in layout.iter_unpack(known))
    return b"".join(known[at : at + size] for at in compress(range(0, len(known), size), shared))


def _why(date: str | None, size: int) -> str:
    if date is None:
        return "impossible date"
    return "internal number of no known user" if size == 8 else "no readable user id"


def _fields(data: bytes, size: int, user_ids: Mapping[int, str] | None) -> Iterator[Field]:
    if size == 8:
        return _fields_8(data, user_ids or {})
    return _fields_16(data) if size == 16 else _fields_40(data)


def _fields_8(data: bytes, user_ids: Mapping[int, str]) -> Iterator[Field]:
    for uid, verify, code, state in _LAYOUT_8.iter_unpack(data):
        yield user_ids.get(uid, ""), code, verify, state


def _fields_16(data: bytes) -> Iterator[Field]:
    for user, code, verify, state, _work_code in _LAYOUT_16.iter_unpack(data):
        yield str(user), code, verify, state


class _Texts(dict[bytes, str]):
    """`text_of`, remembered: a log names the same people again and again."""

    def __missing__(self, field: bytes) -> str:
        return self.setdefault(field, text_of(field))


def _fields_40(data: bytes) -> Iterator[Field]:
    texts = _Texts()
    for _uid, user, verify, code, state in _LAYOUT_40.iter_unpack(data):
        yield texts[user], code, verify, state
