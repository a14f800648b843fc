"""Reading a terminal's log: complete by the terminal's own count, and only its end where that is enough."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from drivers.base.errors import ProtocolError
from drivers.base.terminal import BadRow, Log, LogMark, LogRow, TerminalUser
from drivers.zk import records
from drivers.zk.session import ATTLOG, Session, Sizes
from drivers.zk.transfer import Transfer

LOGGER = logging.getLogger(__name__)
_LENGTH_BYTES = 4
_OVERLAP_RECORDS = 16
_TRIES = 3

Users = Callable[[], Iterable[TerminalUser]]


def read_log(session: Session, serial: str, mark: LogMark | None, users: Users) -> Log:
    """The log, or what it gained since `mark`; read again when it is shorter than the terminal says.

    `users` is asked only when the records name internal numbers instead of people.
    """
    if mark is not None and mark.serial != serial:
        mark = None
    counts = ""
    for _ in range(_TRIES):
        sizes = session.sizes()
        if mark is not None and _unchanged(mark, sizes):
            return Log((), (), sizes.records, mark.records, mark)
        data, size, first = _fetch(session, sizes, mark)
        if len(data) >= sizes.records * size:
            rows, bad = _decode(data, size, first, users)
            return Log(rows, bad, sizes.records, first, LogMark(serial, size, data))
        counts = f"{len(data) // size} of {sizes.records} records"
        LOGGER.debug("log came with %s: reading again", counts)
        mark = None
    raise ProtocolError(f"the log came with {counts}, {_TRIES} times")


def _unchanged(mark: LogMark, sizes: Sizes) -> bool:
    """A full log may change without growing: it overwrites its oldest records."""
    return mark.records == sizes.records and not sizes.records >= sizes.record_capacity > 0


def _fetch(session: Session, sizes: Sizes, mark: LogMark | None) -> tuple[bytes, int, int]:
    """All records, their size, and the place of the first one that `mark` does not have."""
    if not sizes.records:
        return b"", 40, 0
    with Transfer(session, ATTLOG) as transfer:
        total = transfer.size - _LENGTH_BYTES
        size = records.record_size(total, sizes.records)
        known = mark.records if mark is not None and mark.record_size == size else 0
        if mark is not None and 0 < known <= total // size:
            start = max(0, known - _OVERLAP_RECORDS) * size
            tail = transfer.read(_LENGTH_BYTES + start)
            if tail.startswith(mark.data[start:]):
                return mark.data[:start] + tail, size, known
        data = transfer.read()
    declared = int.from_bytes(data[:_LENGTH_BYTES], "little")
    if declared != len(data) - _LENGTH_BYTES:
        raise ProtocolError(f"log of {len(data) - _LENGTH_BYTES} bytes, the terminal announces {declared}")
    return data[_LENGTH_BYTES:], size, 0


def _decode(
    data: bytes, size: int, first: int, users: Users
) -> tuple[tuple[LogRow, ...], tuple[BadRow, ...]]:
    if not data:
        return (), ()
    people = {user.uid: user.user_id for user in users()} if size == 8 else None
    return records.decode(data, size, people, first)
