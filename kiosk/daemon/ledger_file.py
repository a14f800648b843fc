"""A file with ledgers in it, whichever kind: a database, an export, or one hash that somebody kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from kiosk.core.export import Header, Line, row_of
from kiosk.core.payload import Genesis, LedgerPoint, from_data
from kiosk.core.proof import Anchor, Kept, SignedHead
from kiosk.core.record import BadRecordError, Row, decode_body
from kiosk.daemon.store.sections import Database, NotADatabaseError, UnreadableError

__all__ = ["LedgerFile", "Section", "UnreadableError", "kept_in", "open_ledgers"]
_HEADER = msgspec.json.Decoder(Header)
_LINE = msgspec.json.Decoder(Line)
_HEAD = msgspec.json.Decoder(SignedHead)
_POINT = re.compile(r"([0-9a-f]{32})\W+(\d{1,15})\W+([0-9a-f]{64})")
_MAX_KEPT_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Section:
    """One ledger in a file. `rows` may be asked for again; `head` is there after the rows were read."""

    ledger_id: str
    previous: LedgerPoint | None
    rows: Callable[[], Iterator[Row]]
    anchors: tuple[Anchor, ...]
    head: Callable[[], SignedHead | None]
    must_have_head: bool
    privates: bool


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """The ledgers in a file, oldest first."""

    sections: tuple[Section, ...]
    close: Callable[[], None]


def open_ledgers(path: Path) -> LedgerFile:
    """The ledgers in a database or an export. Raises `UnreadableError`, `OSError`."""
    if path.is_dir():
        raise IsADirectoryError(f"{path}: a folder; name the kiosk.db or the export in it")
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    try:
        database = Database(
            path
        )  # first: closing a plain file would drop SQLite's locks on a database of ours
    except NotADatabaseError:
        with path.open("rb") as file:
            if not file.read(16).startswith(b'{"hadir_export"'):
                raise UnreadableError(f"{path}: neither a kiosk's database nor an export") from None
        return LedgerFile(tuple(_exported(path)), lambda: None)
    return LedgerFile(tuple(_of_table(database, table) for table in database.tables()), database.close)


def kept_in(path: Path) -> list[Kept]:
    """The one hash in a small file: a receipt, a seal, an acknowledgement, the text of a QR code.

    Raises `UnreadableError`, `OSError`.
    """
    with path.open("rb") as file:
        text = file.read(_MAX_KEPT_BYTES).decode(errors="replace")
    found = [_kept_json(line, path.name) for line in text.splitlines() if line.lstrip().startswith("{")]
    kept = [point for point in found if point is not None]
    kept += [Kept(m[1], int(m[2]), m[3], path.name) for m in _POINT.finditer(text)] if not kept else []
    if not kept:
        raise UnreadableError(f"{path}: no ledger id, record number and hash in it")
    return kept


def _kept_json(line: str, source: str) -> Kept | None:
    try:
        tree: dict[str, Any] = msgspec.json.decode(line, type=dict[str, Any])
        inside = tree.get("data")
        fields = {**tree, **(inside if tree.get("type") == "seal" and isinstance(inside, dict) else {})}
        seq = fields.get("last", fields.get("upto", fields.get("seq")))
        hash_ = fields.get("head", fields.get("hash"))
        point = {"ledger_id": fields["ledger_id"], "seq": seq, "hash": hash_, "source": source}
        return msgspec.convert(point, Kept)
    except (msgspec.DecodeError, KeyError):
        return None


def _of_table(database: Database, table: str) -> Section:
    ledger_id, previous = "", None
    for row in database.rows(table):
        ledger_id, previous = _opening_of(row)
        break
    return Section(
        ledger_id, previous, partial(database.rows, table), tuple(database.anchors(ledger_id)), lambda: None,
        must_have_head=False, privates=True,
    )  # fmt: skip


def _opening_of(row: Row) -> tuple[str, LedgerPoint | None]:
    try:
        record = decode_body(row.body)
        genesis = from_data(record.type, record.data)
    except (BadRecordError, msgspec.ValidationError):
        return "", None
    return record.ledger_id, genesis.previous if isinstance(genesis, Genesis) else None


def _exported(path: Path) -> Iterator[Section]:
    for offset, header in _headers(path):
        part = _Exported(path, offset)
        yield Section(
            header.ledger_id, header.previous, part.rows, (), lambda part=part: part.head,  # type: ignore[misc]
            must_have_head=True, privates=header.privates,
        )  # fmt: skip


def _headers(path: Path) -> Iterator[tuple[int, Header]]:
    with path.open("rb") as file:
        offset = 0
        for line in file:
            offset += len(line)
            if line.startswith(b'{"hadir_export"'):
                try:
                    yield offset, _HEADER.decode(line)
                except msgspec.DecodeError as error:
                    raise UnreadableError(f"{path}: a header that is none: {error}") from error


class _Exported:
    """One ledger's lines in an export."""

    def __init__(self, path: Path, offset: int) -> None:
        self._path, self._offset = path, offset
        self.head: SignedHead | None = None

    def rows(self) -> Iterator[Row]:
        """The records up to the signed head."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if line.startswith(b'{"hadir_export"'):
                    return
                try:
                    if b'"body"' not in line and b'"sig"' in line:
                        self.head = _HEAD.decode(line)
                        return
                    yield row_of(_LINE.decode(line))
                except (msgspec.DecodeError, ValueError) as error:
                    raise UnreadableError(f"a line that is no record: {error}") from error
