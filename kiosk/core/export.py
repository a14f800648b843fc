"""The export: ledgers as signed JSON lines, which anyone can read and `docs/verify_ledger.py` can check.

For each ledger a header line, one line a record with its body verbatim, and a last line with the head the
device signed. Hashes and signatures are hex, a private part is its salt (hex) and text.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from kiosk.core.payload import LedgerPoint
from kiosk.core.record import Private, Row

FORMAT: Literal[1] = 1


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a ledger. `privates` says whether private parts come with the records."""

    hadir_export: Literal[1] = FORMAT
    ledger_id: str
    sign_key: str
    receive_key: str
    records: int
    privates: bool
    previous: LedgerPoint | None = None


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record."""

    seq: int
    body: str
    hash: str
    private: tuple[str, str] | None = None


def line_of(row: Row, *, privates: bool) -> Line:
    """A stored row as a line; bytes that are no text are replaced, which its hash then shows."""
    beside = (row.private.salt.hex(), row.private.text) if row.private and privates else None
    return Line(row.seq, row.body.decode(errors="replace"), row.hash.hex(), beside)


def row_of(line: Line) -> Row:
    """A line as a row. Raises `ValueError` for what is no hex."""
    beside = Private(bytes.fromhex(line.private[0]), line.private[1]) if line.private else None
    return Row(line.seq, line.body.encode(errors="replace"), bytes.fromhex(line.hash), beside)
