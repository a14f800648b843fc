"""`kioskd time SEQ --state DIR`: what a record's time rests on. Read only, whether kioskd runs or not."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kiosk.core.payload import ClockChange, Correction, from_data
from kiosk.core.record import Record, TimeBlock, decode_body
from kiosk.daemon.store import StoreError, StoreReader

PAGE = 2_000
_TOLD = (b'"type":"clock"', b'"type":"correction"')


class Change(msgspec.Struct, frozen=True):
    """The clock changed in that boot: record, moment, by how much, from and to which source, why."""

    seq: int
    boot_ms: int
    by_ms: int
    before: str
    after: str
    reason: str


class Word(msgspec.Struct, frozen=True):
    """What a correction says of the record: `source` is `none` when it only gives bounds."""

    seq: int
    offset_ms: int
    source: str
    uncertainty_ms: int


class Explained(msgspec.Struct, frozen=True):
    """A record's time: as written, as corrected later, and between which moments (UTC ms) it happened."""

    ledger_id: str
    seq: int
    type: str
    at: TimeBlock
    changes: tuple[Change, ...]
    corrections: tuple[Word, ...]
    earliest_ms: int | None
    latest_ms: int | None


def explain(state_dir: Path, seq: int, ledger_id: str = "") -> Explained:
    """Explain one record. Raises `LookupError` when there is none, `StoreError`."""
    with StoreReader.open(state_dir) as reader:
        ledger_id = ledger_id or reader.ledgers()[-1].ledger_id
        rows = reader.records(ledger_id, seq - 1, 1, 1)
        if not rows or rows[0].seq != seq:
            raise LookupError(f"ledger {ledger_id} has no record {seq}")
        record = decode_body(rows[0].body)
        changes, words = [], []
        for told in _told(reader, ledger_id):
            payload = from_data(told.type, told.data)
            if isinstance(payload, ClockChange) and told.at.boot_id == record.at.boot_id:
                changes.append(_change(told, payload))
            elif isinstance(payload, Correction) and _about(payload, record):
                words.append(Word(told.seq, payload.offset_ms, payload.source, payload.uncertainty_ms))
    earliest, latest = _between(record.at, words)
    return Explained(ledger_id, seq, record.type, record.at, tuple(changes), tuple(words), earliest, latest)


def _told(reader: StoreReader, ledger_id: str) -> Iterator[Record]:
    """Every clock change and correction of a ledger."""
    after = 0
    while rows := reader.records(ledger_id, after, 1 << 24, PAGE):
        after = rows[-1].seq
        yield from (decode_body(row.body) for row in rows if any(word in row.body for word in _TOLD))


def _about(correction: Correction, record: Record) -> bool:
    return (
        correction.boot_id == record.at.boot_id and correction.from_seq <= record.seq <= correction.upto_seq
    )


def _change(record: Record, change: ClockChange) -> Change:
    by_ms = change.after_wall_ms - change.before_wall_ms
    return Change(
        record.seq, record.at.boot_ms, by_ms, change.before_source, change.after_source, change.reason
    )


def _between(at: TimeBlock, words: list[Word]) -> tuple[int | None, int | None]:
    offset, bound = (words[-1].offset_ms, words[-1].uncertainty_ms) if words else (0, at.uncertainty_ms)
    return (None, None) if bound is None else (at.wall_ms + offset - bound, at.wall_ms + offset + bound)


def in_words(found: Explained) -> Iterator[str]:
    """The same for a person."""
    at = found.at
    yield f"record {found.seq} ({found.type}) of ledger {found.ledger_id}"
    yield f"  written   {_utc(at.wall_ms)}, by {_source(at.source)}, {_within(at.uncertainty_ms)}"
    yield f"  boot      {at.boot_id}, {at.boot_ms / 1000:,.1f} s after it began"
    for change in found.changes:
        when = "before" if change.seq < found.seq else "after"
        yield (
            f"  clock     record {change.seq}, {when} it: {change.before} -> {change.after}, "
            f"{change.by_ms / 1000:+,.1f} s ({change.reason})"
        )
    for word in found.corrections:
        kind = "bounds only" if word.source == "none" else f"by {word.source}"
        yield (
            f"  corrected record {word.seq}: {word.offset_ms / 1000:+,.1f} s, {kind}, "
            f"{_within(word.uncertainty_ms)}"
        )
    if found.earliest_ms is None or found.latest_ms is None:
        yield "  so        the true time is not known yet: nothing trustworthy told it in this boot"
    else:
        yield f"  so        it happened between {_utc(found.earliest_ms)} and {_utc(found.latest_ms)}"


def _utc(wall_ms: int) -> str:
    return f"{datetime.fromtimestamp(wall_ms / 1000, UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC"


def _source(source: str) -> str:
    return "a clock nobody vouches for" if source == "none" else source


def _within(bound_ms: int | None) -> str:
    return "how far off is unknown" if bound_ms is None else f"within {bound_ms / 1000:,.3f} s"


def main(argv: list[str]) -> int:
    """Print it; 1 when there is no such record, 2 when the database cannot be read."""
    parser = argparse.ArgumentParser(prog="kioskd time", description="What a record's time rests on.")
    parser.add_argument("seq", type=int)
    parser.add_argument("--state", required=True, type=Path)
    parser.add_argument("--ledger", default="")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    try:
        found = explain(arguments.state, arguments.seq, arguments.ledger)
    except LookupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except StoreError as error:
        sys.stderr.write(f"{error}; {error.hint}\n")
        return 2
    text = msgspec.json.encode(found).decode() if arguments.json else "\n".join(in_words(found))
    sys.stdout.write(text + "\n")
    return 0
